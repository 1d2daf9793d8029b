import { isIP } from 'node:net';
import { z } from 'zod';
import { auth } from './auth.ts';
import { dnsNamePattern, label } from './common.ts';
import { componentNames } from './component-names.ts';
import { git } from './git.ts';
import { loadBalancer } from './load-balancer.ts';
import { argocd, componentSettings, istio, kubeflow, mirrors } from './platform.ts';
import { tls } from './tls.ts';

/** Longest cluster name: the longest name derived from it, `breakwater-repository-<name>`, must be a DNS label of 63 characters. */
export const longestClusterName = 63 - 'breakwater-repository-'.length;

const host = z.string().superRefine((text, context) => {
  const issue = (message: string, hint: string) => context.addIssue({ code: 'custom', message, params: { hint } });
  const example = 'For example kubeflow.example.com, 192.168.10.240, or auto.';
  if (text === 'auto' || isIP(text) !== 0) return;
  if (/^[a-z]+:\/\//i.test(text))
    return issue('must be a host, not a URL', `Write ${/^[a-z]+:\/\/([^/:]*)/i.exec(text)?.[1] ?? 'the host alone'}`);
  if (/^[^:]+:\d+$/.test(text)) return issue('must not contain a port', 'Give ports under loadBalancer.nodePort.');
  if (text.includes('/')) return issue('must not contain a path', example);
  if (text.includes('*')) return issue('must not be a wildcard', 'One host serves the whole platform.');
  if (text !== text.toLowerCase()) return issue('must be in lower case', `Write ${text.toLowerCase()}`);
  if (/^[\d.]+$/.test(text)) return issue('is not an IP address', example);
  if (!dnsNamePattern.test(text))
    return issue('is neither a DNS name with a dot, nor an IP address, nor auto', example);
});

/** clusters/<name>/cluster.yaml, whole. */
export const clusterFile = z
  .strictObject({
    name: label
      .max(
        longestClusterName,
        `at most ${longestClusterName} characters: longer names derived from it would pass Kubernetes' limit of 63`,
      )
      .describe('Name of the cluster; the same as its folder.'),
    host: host
      .default('auto')
      .describe(
        'The one name of the platform: a DNS name, an IP address, or auto (the address that the load balancer gives, found by the bootstrap).',
      ),
    kubernetes: z
      .strictObject({
        context: z
          .string()
          .min(1)
          .optional()
          .describe('Context in your kubeconfig. Never the current one by accident: name it here or with --context.'),
      })
      .prefault({})
      .describe('How the bootstrap reaches the cluster.'),
    git,
    argocd,
    tls: tls.prefault({}),
    loadBalancer,
    auth,
    istio,
    kubeflow,
    mirrors,
    components: z
      .partialRecord(z.enum(componentNames), componentSettings)
      .default({})
      .describe('Switches, versions and sync options per component. Values go to overrides/<component>.yaml.'),
  })
  .superRefine((value, context) => {
    const issue = (path: PropertyKey[], message: string, hint?: string) =>
      context.addIssue({ code: 'custom', path, message, params: { hint } });
    if (value.host === 'auto' && value.loadBalancer.nodePort !== undefined)
      issue(['host'], 'auto has nothing to discover with nodePort', "Give a DNS name or a node's address.");
    if (value.tls.acme !== undefined && isIP(value.host) !== 0)
      issue(['tls', 'acme'], 'needs a DNS name as host, not an IP address');
    if (value.tls.acme !== undefined && value.host === 'auto')
      issue(['tls', 'acme'], 'needs a DNS name as host, not auto');
    if (value.auth.issuer === 'gateway' && value.tls.existingIssuer !== undefined) {
      issue(
        ['auth', 'issuer'],
        'gateway needs a CA that this program knows, and tls.existingIssuer names another',
        'Use in-cluster.',
      );
    }
    const profile = value.kubeflow.defaultProfile;
    if (
      profile.enabled &&
      profile.owner === undefined &&
      value.auth.users.length === 0 &&
      value.kubeflow.components.includes('profiles')
    ) {
      issue(
        ['kubeflow', 'defaultProfile'],
        'has no owner: there are no auth.users',
        'Set kubeflow.defaultProfile.owner, or enabled: false.',
      );
    }
  })
  .describe("Breakwater's one file per cluster.");

export type ClusterFile = z.output<typeof clusterFile>;
export type ClusterFileInput = z.input<typeof clusterFile>;

/** clusters/<name>/discovered.yaml: written once by a run, committed, read like a lock file. */
export const discoveredFile = z.strictObject({
  host: z
    .string()
    .refine((text) => isIP(text) !== 0 || dnsNamePattern.test(text), 'must be an IP address or a DNS name')
    .describe("The gateway's address as the load balancer gave it."),
});

export type Discovered = z.output<typeof discoveredFile>;
