import { isIPv4 } from 'node:net';
import * as z from 'zod';
import { type AddressRange, overlap, parseRange } from './address-ranges.ts';
import { bgp, bgpProblems } from './bgp.ts';
import { atMostOne, atMostOneInJsonSchema, isAddress, label } from './common.ts';
import { eachRepetition, isRecord, reads, readsAsWritten } from './reads.ts';

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
    cloud: z.strictObject({}).optional().describe('An address assigned by the cloud. The default.'),
    address: z
      .strictObject({
        ip: z.string().refine(isAddress, 'must be an IP address').describe('An address reserved for you in the cloud.'),
      })
      .optional()
      .describe('A fixed address (loadBalancerIP) from the cloud.'),
    metallb: z
      .strictObject({
        pools: z
          .array(pool)
          .min(1, 'needs at least one pool')
          .describe('Address pools, announced on layer 2 or by BGP.'),
        bgp,
        address: z
          .string()
          .refine(isAddress, 'must be an IP address')
          .optional()
          .describe("The gateway's address, from the pools. Default: MetalLB chooses."),
      })
      .optional()
      .describe('Install MetalLB, for clusters without a load balancer.'),
    nodePort: z
      .strictObject({
        http: nodePortNumber.default(30080).describe('Port on each node for plain HTTP (redirects only).'),
        https: nodePortNumber.default(30443).describe('Port on each node for HTTPS.'),
        publicPort: z
          .int()
          .min(1, 'must be a port from 1 to 65535')
          .max(65535, 'must be a port from 1 to 65535')
          .optional()
          .describe('HTTPS port that users connect to, if a device in front maps it (443). Default: the https port.'),
      })
      .optional()
      .describe('No load balancer: use ports on each node. Needs a host other than auto.'),
    publicPort: z
      .int()
      .min(1, 'must be a port from 1 to 65535')
      .max(65535, 'must be a port from 1 to 65535')
      .optional()
      .describe('HTTPS port that users connect to, if a device in front maps another port to 443. Default: 443.'),
    class: z
      .string()
      .regex(
        /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/,
        'is not a load balancer class: write PREFIX/NAME',
      )
      .optional()
      .describe(
        'loadBalancerClass of the Service, if the cluster has more than one load balancer controller. It cannot be changed later.',
      ),
    proxyProtocol: z
      .boolean()
      .default(false)
      .describe(
        "true: the gateway expects the PROXY protocol, which carries the clients' addresses. The load balancer must send it, which usually needs an annotation.",
      ),
    annotations: z
      .record(
        z
          .string()
          .regex(
            /^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/,
            'is not a valid annotation name: use PREFIX/NAME or NAME',
          ),
        z.string(),
      )
      .default({})
      .describe("Annotations for the gateway's Service."),
  })
  .superRefine(atMostOne(kinds, 'loadBalancer'), readsAsWritten)
  .superRefine((value, context) => poolProblems(value.metallb?.pools, context), readsAsWritten)
  .superRefine((value, context) => bgpProblems(value.metallb, context), reads('metallb'))
  .superRefine(
    (value, context) => {
      const address = value.metallb?.address;
      if (address === undefined) return;
      const single = parseRange(`${address}/${isIPv4(address) ? 32 : 128}`);
      const ranges = (value.metallb?.pools ?? []).flatMap((entry) => entry.addresses.map(parseRange));
      const inside = ranges.some(
        (one) => typeof one !== 'string' && typeof single !== 'string' && overlap(one, single),
      );
      if (!inside) {
        context.addIssue({
          code: 'custom',
          path: ['metallb', 'address'],
          message: `${address} is not in any of the pools`,
        });
      }
    },
    reads('metallb.address', 'metallb.pools'),
  )
  .superRefine(
    (value, context) => {
      for (const [name, text] of Object.entries(value.annotations)) {
        const problem = annotationProblem(name, text, value.proxyProtocol);
        if (problem === undefined) continue;
        const { message, hint } = problem;
        context.addIssue({ code: 'custom', path: ['annotations', name], message, params: { hint, at: 'key' } });
      }
    },
    reads('annotations', 'proxyProtocol'),
  )
  .superRefine(
    (value, context) => {
      const { nodePort } = value;
      const refuse = (path: string, message: string, hint: string) =>
        context.addIssue({ code: 'custom', path: [path], message, params: { hint, at: 'key' } });
      if (nodePort === undefined) return;
      if (value.publicPort !== undefined)
        refuse('publicPort', 'has no effect with nodePort', 'Write loadBalancer.nodePort.publicPort.');
      if (value.class !== undefined)
        refuse('class', 'has no effect with nodePort', 'A Service of type NodePort gets no load balancer. Remove it.');
    },
    reads('publicPort', 'class', 'nodePort'),
  )
  .superRefine(
    (value, context) => {
      if (value.nodePort !== undefined && value.nodePort.http === value.nodePort.https)
        context.addIssue({ code: 'custom', path: ['nodePort', 'https'], message: 'must differ from nodePort.http' });
    },
    reads('nodePort.http', 'nodePort.https'),
  )
  .prefault({})
  .meta(atMostOneInJsonSchema(kinds))
  .describe('How traffic reaches the gateway. Set at most one of cloud (default), address, metallb, nodePort.');

export type LoadBalancer = z.output<typeof loadBalancer>;

/** Annotations by which a load balancer ends TLS itself. With them the gateway finds no TLS, and no request its certificate. */
const endsTls = [
  /^service\.beta\.kubernetes\.io\/aws-load-balancer-ssl-(cert|ports)$/,
  /^service\.beta\.kubernetes\.io\/do-loadbalancer-(certificate-id|tls-ports|protocol)$/,
  /^service\.beta\.kubernetes\.io\/(linode-loadbalancer-port-443|scw-loadbalancer-certificate-ids)$/,
  /^service\.beta\.kubernetes\.io\/oci-load-balancer-(ssl-ports|tls-secret)$/,
  /^load-balancer\.hetzner\.cloud\/http-certificates$/,
];

/** @returns what is wrong with an annotation whose counterpart at the gateway is missing or impossible */
function annotationProblem(
  name: string,
  text: string,
  proxyProtocol: boolean,
): { message: string; hint: string } | undefined {
  if (endsTls.some((pattern) => pattern.test(name)))
    return {
      message: 'terminates TLS at the load balancer, but the gateway must terminate it',
      hint: "Remove it. The gateway's certificate comes from tls.",
    };
  if (proxyProtocol || !sendsProxyProtocol(name, text)) return undefined;
  return {
    message: 'enables the PROXY protocol only at the load balancer, so that every request fails',
    hint: 'Set loadBalancer.proxyProtocol: true.',
  };
}

/** @returns whether an annotation makes a cloud's load balancer send the PROXY protocol */
export function sendsProxyProtocol(name: string, text: string): boolean {
  return /proxy-protocol|proxyprotocol/i.test(name)
    ? !/^(false|none|disabled|)$/i.test(text)
    : /proxy_protocol_v2\.enabled\s*=\s*true/i.test(text);
}

/** Checks pools as written, so that a bad entry does not hide an overlap between two others. */
function poolProblems(pools: unknown, context: z.RefinementCtx): void {
  eachRepetition(pools, 'name', (index, text) =>
    context.addIssue({
      code: 'custom',
      path: ['metallb', 'pools', index, 'name'],
      message: `"${text}" is the name of two pools`,
    }),
  );
  // Sorted by start, a range can only overlap the earlier one that reaches furthest.
  const ranges = writtenRanges(pools).sort(
    (a, b) => Number(a.range.v4) - Number(b.range.v4) || order(a.range.first, b.range.first),
  );
  let furthest: WrittenRange | undefined;
  for (const range of ranges) {
    if (furthest !== undefined && overlap(furthest.range, range.range)) context.addIssue(overlapIssue(furthest, range));
    if (furthest === undefined || furthest.range.v4 !== range.range.v4 || range.range.last > furthest.range.last)
      furthest = range;
  }
}

interface WrittenRange {
  text: string;
  pool: number;
  index: number;
  range: AddressRange;
}

function order(a: bigint, b: bigint): number {
  return a < b ? -1 : Number(a > b);
}

/** Reports an overlap at the later of the two ranges. */
function overlapIssue(one: WrittenRange, other: WrittenRange) {
  const [earlier, later] =
    one.pool < other.pool || (one.pool === other.pool && one.index < other.index) ? [one, other] : [other, one];
  const place = `loadBalancer.metallb.pools[${earlier.pool}].addresses[${earlier.index}]`;
  return {
    code: 'custom' as const,
    path: ['metallb', 'pools', later.pool, 'addresses', later.index],
    message: `"${later.text}" overlaps "${earlier.text}" (${place}): MetalLB refuses overlapping ranges`,
  };
}

function writtenRanges(pools: unknown): WrittenRange[] {
  if (!Array.isArray(pools)) return [];
  return pools.flatMap((entry: unknown, pool) => {
    const addresses = isRecord(entry) && Array.isArray(entry.addresses) ? entry.addresses : [];
    return addresses.flatMap((text: unknown, index) => {
      const range = typeof text === 'string' ? parseRange(text) : '';
      return typeof text === 'string' && typeof range !== 'string' ? [{ text, pool, index, range }] : [];
    });
  });
}
