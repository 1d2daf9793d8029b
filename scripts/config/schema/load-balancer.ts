import { isIPv4 } from 'node:net';
import { z } from 'zod';
import { overlap, parseRange } from './address-ranges.ts';
import { exactlyOne, isAddress, label } from './common.ts';

const kinds = ['cloud', 'address', 'metallb', 'nodePort'] as const;

const range = z.string().superRefine((text, context) => {
  const parsed = parseRange(text);
  if (typeof parsed === 'string')
    context.addIssue({
      code: 'custom',
      message: parsed,
      params: { hint: 'For example 192.168.10.240-192.168.10.250 or 192.168.10.0/28.' },
    });
});

const pool = z.strictObject({
  name: label.describe('Name of the IPAddressPool.'),
  addresses: z.array(range).min(1, 'needs at least one range').describe('Ranges as FIRST-LAST or CIDR.'),
});

const nodePortNumber = z
  .int()
  .min(30000, "is outside Kubernetes' default range 30000-32767")
  .max(32767, "is outside Kubernetes' default range 30000-32767");

/** The `loadBalancer` section: how traffic reaches the gateway. */
export const loadBalancer = z
  .strictObject({
    cloud: z.strictObject({}).optional().describe('An address as the cloud gives it. The default.'),
    address: z
      .strictObject({
        ip: z
          .string()
          .refine(isAddress, 'must be an IP address')
          .describe('The address that the cloud has reserved for you.'),
      })
      .optional()
      .describe('A fixed address (loadBalancerIP) from the cloud.'),
    metallb: z
      .strictObject({
        pools: z.array(pool).min(1, 'needs at least one pool').describe('Address pools, announced on layer 2.'),
        address: z
          .string()
          .refine(isAddress, 'must be an IP address')
          .optional()
          .describe("The gateway's own address out of the pools; MetalLB chooses when absent."),
      })
      .optional()
      .describe('MetalLB, installed as one more component, for clusters without a load balancer.'),
    nodePort: z
      .strictObject({
        http: nodePortNumber.default(30080).describe('Port on each node for plain HTTP (redirects only).'),
        https: nodePortNumber.default(30443).describe('Port on each node for HTTPS.'),
        publicPort: z
          .int()
          .min(1)
          .max(65535)
          .optional()
          .describe('The HTTPS port that people use, when something in front maps it (443). Default: the https port.'),
      })
      .optional()
      .describe('No load balancer: ports on each node. Needs a host that is not auto.'),
    annotations: z.record(z.string().min(1), z.string()).default({}).describe("Annotations for the gateway's Service."),
  })
  .superRefine(exactlyOne(kinds, 'loadBalancer'))
  .superRefine((value, context) => {
    const seen: { text: string; index: [number, number]; range: { first: bigint; last: bigint; v4: boolean } }[] = [];
    const names = new Set<string>();
    for (const [i, entry] of (value.metallb?.pools ?? []).entries()) {
      if (names.has(entry.name))
        context.addIssue({
          code: 'custom',
          path: ['metallb', 'pools', i, 'name'],
          message: `"${entry.name}" names a second pool`,
        });
      names.add(entry.name);
      for (const [j, text] of entry.addresses.entries()) {
        const parsed = parseRange(text);
        if (typeof parsed === 'string') continue;
        const other = seen.find((candidate) => overlap(candidate.range, parsed));
        if (other !== undefined) {
          context.addIssue({
            code: 'custom',
            path: ['metallb', 'pools', i, 'addresses', j],
            message: `overlaps ${other.text} (metallb.pools[${other.index[0]}].addresses[${other.index[1]}]): MetalLB refuses that`,
          });
        }
        seen.push({ text, index: [i, j], range: parsed });
      }
    }
    const wanted = value.metallb?.address;
    if (wanted !== undefined && isAddress(wanted)) {
      const single = parseRange(`${wanted}/${isIPv4(wanted) ? 32 : 128}`);
      if (typeof single !== 'string' && !seen.some((candidate) => overlap(candidate.range, single))) {
        context.addIssue({
          code: 'custom',
          path: ['metallb', 'address'],
          message: `${wanted} is in none of the pools`,
        });
      }
    }
    if (value.nodePort !== undefined && value.nodePort.http === value.nodePort.https) {
      context.addIssue({ code: 'custom', path: ['nodePort', 'https'], message: 'must differ from nodePort.http' });
    }
  })
  .prefault({})
  .describe('How traffic reaches the gateway: at most one of cloud (default), address, metallb, nodePort.');
