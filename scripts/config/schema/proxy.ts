import * as z from 'zod';
import { dnsNamePattern, isAddress } from './common.ts';

const address = z
  .string()
  .regex(/^https?:\/\/[^\s/?#]+\/?$/, { abort: true, error: 'must be http:// or https:// with a host and a port' })
  .superRefine((text, context) => {
    if (!URL.canParse(text)) context.addIssue({ code: 'custom', message: 'is not an address' });
    else if (text.includes('@'))
      context.addIssue({
        code: 'custom',
        message: 'must not contain a user or password: Git would hold them',
        params: {
          hint: "Admit the nodes' addresses at the proxy, or run a forwarder with the password in the cluster and name that.",
        },
      });
  });

/** A company's own top-level domain. Its name alone would be a host. */
const internalDomain = /^\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const ranges = /^[0-9a-f.:]+\/\d{1,3}$/i;

/** A destination as Go's programs and curl understand it: https://pkg.go.dev/golang.org/x/net/http/httpproxy#Config */
const destination = z
  .string()
  .refine(
    (text) =>
      isAddress(text) ||
      dnsNamePattern.test(text.replace(/^\./, '')) ||
      internalDomain.test(text) ||
      (ranges.test(text) && isRange(text)),
    'must be a DNS name, a domain such as .example.com, an IP address or a range such as 10.0.0.0/8',
  );

function isRange(text: string): boolean {
  const [start = '', bits = ''] = text.split('/');
  return isAddress(start) && Number(bits) <= (start.includes(':') ? 128 : 32);
}

/** The `proxy` section. */
export const proxy = z
  .strictObject({
    https: address.describe('Proxy for https:// addresses, such as http://proxy.example.com:3128.'),
    http: address.optional().describe('Proxy for http:// addresses. Default: the same.'),
    no: z
      .array(destination)
      .default([])
      .describe(
        'What is reached directly, beside the cluster itself, private address ranges and the platform: names, domains (.example.com), addresses, ranges. Put an internal Git host and mirrors here.',
      ),
  })
  .optional()
  .describe('HTTP proxy to the internet, for Argo CD, Dex and cert-manager.');
