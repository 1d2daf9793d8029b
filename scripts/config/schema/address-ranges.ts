import { isIPv4, isIPv6 } from 'node:net';

/** An inclusive range of addresses as numbers. */
export interface AddressRange {
  first: bigint;
  last: bigint;
  v4: boolean;
}

/**
 * Parses the range of a MetalLB pool: https://metallb.io/configuration/
 *
 * @param text `FIRST-LAST` or `ADDRESS/LENGTH`
 * @returns the range, or the error message
 */
export function parseRange(text: string): AddressRange | string {
  const dash = text.split('-');
  if (dash.length === 2) {
    const [first = '', last = ''] = dash.map((part) => part.trim());
    const from = addressNumber(first);
    const to = addressNumber(last);
    if (from === undefined || to === undefined) return `"${text}" is not a range of addresses`;
    if (isIPv4(first) !== isIPv4(last)) return `"${text}" mixes IPv4 and IPv6`;
    if (to < from) return `"${text}" ends before it starts`;
    return { first: from, last: to, v4: isIPv4(first) };
  }
  const [address = '', length, rest] = text.split('/');
  const base = addressNumber(address);
  if (base === undefined || length === undefined || rest !== undefined || !/^\d+$/.test(length))
    return `"${text}" is not a range of addresses`;
  const v4 = isIPv4(address);
  const bits = v4 ? 32 : 128;
  if (Number(length) > bits) return `"${text}": the prefix must be at most /${bits}`;
  const size = 1n << BigInt(bits - Number(length));
  if (base % size !== 0n) return `"${text}" has bits set after the prefix`;
  return { first: base, last: base + size - 1n, v4 };
}

/** @returns true when the two ranges share an address */
export function overlap(a: AddressRange, b: AddressRange): boolean {
  return a.v4 === b.v4 && a.first <= b.last && b.first <= a.last;
}

function addressNumber(address: string): bigint | undefined {
  if (isIPv4(address)) return address.split('.').reduce((sum, part) => sum * 256n + BigInt(part), 0n);
  if (!isIPv6(address) || address.includes('%') || address.includes('.')) return undefined;
  const [head = '', tail] = address.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const middle = tail === undefined ? [] : Array.from({ length: 8 - left.length - right.length }, () => '0');
  return [...left, ...middle, ...right].reduce((sum, part) => sum * 65536n + BigInt(`0x${part}`), 0n);
}
