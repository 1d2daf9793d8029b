import * as z from 'zod';
import { type AddressRange, overlap, parseRange } from './address-ranges.ts';

/** Ranges that hold no server outside the cluster, with what a pod would reach there. */
const refused: readonly { ranges: readonly string[]; what: string }[] = [
  // 169.254.169.254 on every cloud, fd00:ec2::254 on AWS, fd20:ce::254 on Google Cloud
  {
    ranges: ['169.254.0.0/16', 'fe80::/10', 'fd00:ec2::/32', 'fd20:ce::/32'],
    what: "link-local addresses: the cloud's metadata service exposes the node's credentials there",
  },
  { ranges: ['0.0.0.0/8', '127.0.0.0/8', '::/127'], what: "the node's own addresses" },
  { ranges: ['224.0.0.0/3', 'ff00::/8'], what: 'multicast addresses' },
];

/** The shortest masks: wider ranges hold the pods and Services of most clusters. */
const shortestMask = { v4: 12, v6: 32 };

/** A range of addresses outside the cluster. */
export const outsideAddresses = z
  .string()
  .regex(/^[0-9a-f.:]+\/[0-9]{1,3}$/, { abort: true, error: 'must be addresses with a mask, for example 10.20.0.0/16' })
  .superRefine((text, context) => {
    const range = parseRange(text);
    const [message, hint] = typeof range === 'string' ? [range] : whyNot(text, range);
    if (message !== undefined) context.addIssue({ code: 'custom', message, params: { hint } });
  })
  // The same for the chart, as far as a pattern can say it.
  .meta({ not: { anyOf: [{ pattern: '/[0-9]$' }, { pattern: '^(0|127|169\\.254)\\.|^fe[89ab]|^fd00:ec2:|^::' }] } });

function whyNot(text: string, range: AddressRange): [message?: string, hint?: string] {
  const mask = Number(text.split('/')[1]);
  if (mask === 0)
    return ['covers every address, including the cluster and its nodes', 'Use internet: true for the internet.'];
  const shortest = range.v4 ? shortestMask.v4 : shortestMask.v6;
  if (mask < shortest)
    return [
      `is too wide: most clusters use it for pods and Services; the mask must be /${shortest} or longer`,
      'List the networks that the tenant needs.',
    ];
  const held = refused.find(({ ranges }) => ranges.some((each) => overlaps(each, range)));
  return held === undefined ? [] : [`holds ${held.what}`];
}

function overlaps(text: string, range: AddressRange): boolean {
  const other = parseRange(text);
  return typeof other !== 'string' && overlap(other, range);
}
