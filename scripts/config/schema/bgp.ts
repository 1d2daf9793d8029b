import { isIPv4 } from 'node:net';
import * as z from 'zod';
import { parseRange } from './address-ranges.ts';
import { labelKey, labelValue, secretReference } from './common.ts';
import { eachRepetition } from './reads.ts';

const asn = z.int().min(1).max(4294967295, 'is not an AS number');

const peer = z.strictObject({
  address: z.string().refine(isIPv4, 'must be an IPv4 address').describe('Address of the router.'),
  asn: asn.describe("The router's AS number."),
  port: z.int().min(1).max(16384).optional().describe('Port of the router. Default: 179.'),
  password: secretReference.optional().describe('Password of the session (TCP MD5).'),
  nodeSelector: z
    .record(labelKey, labelValue)
    .optional()
    .describe('Labels of the nodes that connect to it, for example those of its rack. Default: all nodes.'),
});

/** How MetalLB announces its pools to routers. */
export const bgp = z
  .strictObject({
    asn: asn.describe("The nodes' AS number."),
    peers: z.array(peer).min(1, 'needs at least one router').max(50).describe('Routers to announce to.'),
    communities: z
      .array(
        z
          .string()
          .regex(/^[0-9]{1,5}:[0-9]{1,5}$/, 'must be a community, for example 65000:100')
          .refine((text) => text.split(':').every((half) => Number(half) <= 65535), 'has a half above 65535'),
      )
      .optional()
      .describe('Communities of the announcements.'),
  })
  .optional()
  .describe("Announce the pools by BGP instead of layer 2: IPv4, by MetalLB's own implementation, without BFD.");

/** MetalLB refuses IPv6 pools that its own BGP implementation would announce, and two peers of one name. */
export function bgpProblems(
  metallb: { bgp?: unknown; pools: { addresses: string[] }[] } | undefined,
  context: z.RefinementCtx,
) {
  if (metallb?.bgp === undefined) return;
  const { peers } = metallb.bgp as { peers: unknown };
  eachRepetition(peers, 'address', (index, text) =>
    context.addIssue({
      code: 'custom',
      path: ['metallb', 'bgp', 'peers', index, 'address'],
      message: `"${text}" is the address of two routers`,
    }),
  );
  for (const [pool, { addresses }] of metallb.pools.entries())
    for (const [index, text] of addresses.entries()) {
      const parsed = parseRange(text);
      if (typeof parsed === 'string' || parsed.v4) continue;
      context.addIssue({
        code: 'custom',
        path: ['metallb', 'pools', pool, 'addresses', index],
        message: 'is IPv6, which bgp cannot announce',
        params: {
          hint: 'For IPv6 by BGP, install MetalLB yourself in its mode frr-k8s, and leave loadBalancer.metallb out.',
        },
      });
    }
}
