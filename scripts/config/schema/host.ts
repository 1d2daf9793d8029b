import * as z from 'zod';
import { dnsNamePattern, isAddress } from './common.ts';
import type { LoadBalancer } from './load-balancer.ts';

/** First label of the host for code that users run (`auth.userCodeHost`). */
export const userCodeLabel = 'apps';

interface HostProblem {
  message: string;
  hint: string;
}

/** The host of the platform: a DNS name, an IP address, or `auto`. */
export const host = z
  .string()
  .superRefine((text, context) => {
    const problem = hostProblem(text);
    if (problem !== undefined)
      context.addIssue({ code: 'custom', message: problem.message, params: { hint: problem.hint } });
  })
  .meta({
    // For editors; the rule above gives better messages.
    patternErrorMessage: 'must be a DNS name, an IP address or auto, and no URL: kubeflow.example.com',
    pattern: '^(auto|[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)+|[0-9a-f:]*:[0-9a-f:.]+)$',
  });

function hostProblem(text: string): HostProblem | undefined {
  const example = 'For example kubeflow.example.com, 192.168.10.240, or auto.';
  if (text === 'auto' || isAddress(text) || dnsName(text)) return undefined;
  if (text === '') return { message: 'must not be empty', hint: example };
  const url = /^[a-z][a-z0-9+.-]*:\/\/([^/:?#]*)/i.exec(text);
  if (url !== null) return { message: 'must be a host, not a URL', hint: writeInstead(url[1] ?? '', example) };
  if (text !== text.trim())
    return { message: 'must not start or end with whitespace', hint: writeInstead(text.trim(), example) };
  if (/^[^:]+:\d+$/.test(text))
    return { message: 'must not contain a port', hint: 'Set ports under loadBalancer.nodePort.' };
  if (/^\[.*\]$/.test(text))
    return { message: 'must not have brackets', hint: writeInstead(text.slice(1, -1), example) };
  if (text.includes('/'))
    return { message: 'must not contain a path', hint: writeInstead(text.split('/')[0] ?? '', example) };
  if (text.includes('@')) return { message: 'must not contain a user', hint: example };
  if (text.includes('*')) return { message: 'must not be a wildcard', hint: 'The whole platform uses one host.' };
  if (text.toLowerCase() === 'auto' || (text !== text.toLowerCase() && dnsName(text.toLowerCase())))
    return { message: 'must be in lower case', hint: `Write ${text.toLowerCase()}` };
  if (text.endsWith('.')) return { message: 'must not end with "."', hint: writeInstead(text.slice(0, -1), example) };
  if (/[^\u0020-\u007e]/.test(text)) return { message: 'must be ASCII', hint: asciiHint(text, example) };
  if (/^[\d.]+$/.test(text)) return { message: 'is not an IP address', hint: example };
  if (text.length > 253 || text.split('.').some((part) => part.length > 63))
    return { message: 'is too long for a DNS name (63 characters between dots, 253 in all)', hint: example };
  return { message: 'is neither a DNS name with a dot, nor an IP address, nor auto', hint: example };
}

/** Further names that redirect to the platform's host. */
export const redirectHosts = z
  .array(
    z
      .string()
      .refine(
        (text) => dnsName(text) && text !== 'auto',
        'must be a DNS name in lower case, for example ml.example.com',
      ),
  )
  .max(20, 'at most 20 names')
  .default([])
  .describe(
    'Further DNS names that redirect to host (301), with path and query. They need DNS records, and get certificates as the host does. Nothing logs in there.',
  );

/** Browsers take a name whose last label is all digits for an IP address. */
function dnsName(text: string): boolean {
  return dnsNamePattern.test(text) && !/\.\d+$/.test(text);
}

function writeInstead(text: string, example: string): string {
  return isAddress(text) || dnsName(text.toLowerCase()) ? `Write ${text.toLowerCase()}` : example;
}

function asciiHint(text: string, example: string): string {
  return URL.canParse(`https://${text}`) ? writeInstead(new URL(`https://${text}`).hostname, example) : example;
}

type PublicSide = Pick<LoadBalancer, 'nodePort' | 'publicPort'>;

/** @returns the port at which people reach the gateway */
export function publicPort({ nodePort, publicPort: port }: PublicSide): number {
  return nodePort === undefined ? (port ?? 443) : (nodePort.publicPort ?? nodePort.https);
}

/**
 * @param host DNS name or IP address
 * @returns the host as it stands in a URL: an IPv6 address in brackets, with the public port when it is not 443
 */
export function authorityOf(host: string, loadBalancer: PublicSide): string {
  const port = publicPort(loadBalancer);
  const name = host.includes(':') ? `[${host}]` : host;
  return port === 443 ? name : `${name}:${port}`;
}
