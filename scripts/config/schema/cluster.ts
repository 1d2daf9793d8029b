import * as z from 'zod';
import { auth } from './auth.ts';
import { branding } from './branding.ts';
import { clusterApps } from './cluster-apps.ts';
import { dnsNamePattern, isAddress, labelUpTo } from './common.ts';
import { componentNames } from './component-facts.ts';
import { checkComponents, componentRulesRead } from './component-rules.ts';
import { argocdSettings, componentSettings, istio, kubeflowSettings, mirrors } from './component-settings.ts';
import { git } from './git.ts';
import { authorityOf, host, redirectHosts, userCodeLabel } from './host.ts';
import { kubernetes } from './kubernetes.ts';
import { loadBalancer } from './load-balancer.ts';
import { proxy } from './proxy.ts';
import { eachRepetition, reads } from './reads.ts';
import { secretSettings } from './secrets.ts';
import { clusterLabels } from './tenant.ts';
import { tlsSettings } from './tls.ts';

/** Longest cluster name: the longest name derived from it, `breakwater-repository-<name>`, must be a DNS label of 63 characters. */
const longestClusterName = 63 - 'breakwater-repository-'.length;

/** Hint for the cases where the program must know whether the issuer's CA is publicly trusted. */
export const trustHint =
  'Set tls.existingIssuer.trust to public (an ACME issuer) or private (your own CA, which can also sign cluster-internal names).';

/** The whole of clusters/<name>/cluster.yaml. */
export const clusterFile = z
  .strictObject({
    name: labelUpTo(longestClusterName, "names derived from it would exceed Kubernetes' limit of 63").describe(
      'Name of the cluster. Must equal the name of its folder.',
    ),
    host: host
      .default('auto')
      .describe(
        "The platform's host: a DNS name, an IP address, or auto (the load balancer's address, discovered by the bootstrap).",
      ),
    redirectHosts,
    labels: clusterLabels
      .default({})
      .describe('Labels of the cluster. Tenants select clusters by them (clusters.labels in tenant.yaml).'),
    kubernetes,
    git,
    argocd: argocdSettings,
    tls: tlsSettings.prefault({}),
    loadBalancer,
    auth,
    branding,
    secrets: secretSettings,
    istio,
    kubeflow: kubeflowSettings,
    apps: clusterApps,
    mirrors,
    proxy,
    components: z
      .partialRecord(z.enum(componentNames), componentSettings)
      .default({})
      .describe('Per component: on or off, version and sync options. Put Helm values in overrides/<component>.yaml.'),
  })
  .superRefine(
    (value, context) => {
      if (value.host === 'auto' && value.loadBalancer.nodePort !== undefined) {
        context.addIssue({
          code: 'custom',
          path: ['host'],
          message: 'auto does not work with loadBalancer.nodePort: there is no load balancer address to discover',
          params: { hint: "Set host to a DNS name or a node's address." },
        });
      }
    },
    reads('host', 'loadBalancer.nodePort'),
  )
  .superRefine(
    (value, context) => {
      const refuse = (index: number, message: string) =>
        context.addIssue({ code: 'custom', path: ['redirectHosts', index], message });
      eachRepetition(value.redirectHosts, undefined, (index, text) => refuse(index, `"${text}" is listed twice`));
      for (const [index, name] of value.redirectHosts.entries())
        if (name === value.host) refuse(index, "is the platform's host itself");
        else if (name.endsWith(`.${value.host}`)) refuse(index, `is below ${value.host}, where apps have their hosts`);
    },
    reads('host', 'redirectHosts'),
  )
  .superRefine(
    (value, context) => {
      if (value.tls.acme === undefined || (value.host !== 'auto' && !isAddress(value.host))) return;
      context.addIssue({
        code: 'custom',
        path: ['tls', 'acme'],
        message: `needs a DNS name as host, not ${value.host === 'auto' ? 'auto' : 'an IP address'}`,
        params: { hint: 'Set host to a DNS name that resolves to the gateway.', at: 'key' },
      });
    },
    reads('host', 'tls.acme'),
  )
  .superRefine(
    (value, context) => {
      if (value.tls.certificate === undefined || value.host !== 'auto') return;
      context.addIssue({
        code: 'custom',
        path: ['tls', 'certificate'],
        message: 'needs a host that is known, not auto',
        params: { hint: 'Set host to the name that the certificate is for.', at: 'key' },
      });
    },
    reads('host', 'tls.certificate'),
  )
  .superRefine(
    (value, context) => {
      if (!value.auth.userCodeHost || (value.host !== 'auto' && !isAddress(value.host))) return;
      context.addIssue({
        code: 'custom',
        path: ['auth', 'userCodeHost'],
        message: `needs a DNS name as host, not ${value.host === 'auto' ? 'auto' : 'an IP address'}`,
        params: {
          hint: `Set host to a DNS name; ${userCodeLabel}.<host> must resolve to the gateway, too.`,
          at: 'key',
        },
      });
    },
    reads('host', 'auth.userCodeHost'),
  )
  .superRefine(
    (value, context) => {
      const { existingIssuer } = value.tls;
      if (value.auth.issuer !== 'gateway' || existingIssuer === undefined || existingIssuer.trust !== undefined) return;
      context.addIssue({
        code: 'custom',
        path: ['auth', 'issuer'],
        message: 'gateway needs tls.existingIssuer.trust',
        params: { hint: trustHint },
      });
    },
    reads('auth.issuer', 'tls.existingIssuer'),
  )
  .superRefine(
    (value, context) => {
      const profile = value.kubeflow.defaultProfile;
      const enabled = profile.enabled ?? profile.name !== undefined;
      if (
        !enabled ||
        !value.kubeflow.components.includes('profiles') ||
        profile.owner !== undefined ||
        value.auth.users.length > 0
      )
        return;
      context.addIssue({
        code: 'custom',
        path: ['kubeflow', 'defaultProfile'],
        message: 'needs an owner, but auth.users is empty',
        params: { hint: 'Set kubeflow.defaultProfile.owner, or kubeflow.defaultProfile.enabled: false.', at: 'key' },
      });
    },
    reads('kubeflow.defaultProfile', 'kubeflow.components', 'auth.users'),
  )
  .superRefine(
    (value, context) => {
      if (value.kubeflow.defaultProfile.name !== value.argocd.namespace) return;
      context.addIssue({
        code: 'custom',
        path: ['kubeflow', 'defaultProfile', 'name'],
        message: `"${value.argocd.namespace}" is Argo CD's namespace`,
      });
    },
    reads('kubeflow.defaultProfile', 'argocd.namespace'),
  )
  .superRefine(
    (value, context) => {
      for (const [index, connector] of value.auth.connectors.entries()) {
        const written = connector.type === 'other' ? connector.config.redirectURI : undefined;
        const right =
          value.host === 'auto' ? undefined : `https://${authorityOf(value.host, value.loadBalancer)}/dex/callback`;
        if (written === undefined || written === right) continue;
        context.addIssue({
          code: 'custom',
          path: ['auth', 'connectors', index, 'config', 'redirectURI'],
          message: right === undefined ? 'is not known yet: host is auto' : `must be ${right}`,
          params: {
            hint: 'Remove the key: Breakwater fills it in. Register that address with the provider.',
            at: 'key',
          },
        });
      }
    },
    reads('host', 'loadBalancer.nodePort', 'loadBalancer.publicPort', 'auth.connectors'),
  )
  .superRefine(checkComponents, componentRulesRead)
  .describe('Configuration of one Breakwater cluster.');

export type ClusterFile = z.output<typeof clusterFile>;
/** clusters/<name>/discovered.yaml: written by the bootstrap, committed, and read like a lock file. */
export const discoveredFile = z.strictObject({
  host: z
    .string()
    .refine((text) => isAddress(text) || dnsNamePattern.test(text), 'must be an IP address or a DNS name')
    .describe('Address that the load balancer assigned to the gateway.'),
});

export type Discovered = z.output<typeof discoveredFile>;
