import type { Http2ServerRequest } from 'node:http2';

/** The header lines of a request, names in lower case. */
export type Lines = readonly (readonly [name: string, value: string])[];

/** @returns the lines in order, with repeated ones kept apart */
export function linesOf({ rawHeaders }: Http2ServerRequest): Lines {
  const lines: [string, string][] = [];
  for (let at = 0; at < rawHeaders.length; at += 2)
    lines.push([(rawHeaders[at] ?? '').toLowerCase(), rawHeaders[at + 1] ?? '']);
  return lines;
}

/** @returns the cookies of all lines, repeated ones included */
export function cookiesOf(lines: Lines): [string, string][] {
  return lines
    .filter(([name]) => name === 'cookie')
    .flatMap(([, value]) => value.split(';'))
    .map((pair) => pair.trim())
    .filter((pair) => pair !== '')
    .map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]);
}

/** @returns the path as Envoy reads it, DECODE_AND_MERGE_SLASHES: https://istio.io/latest/docs/reference/config/istio.mesh.v1alpha1/#MeshConfig-ProxyPathNormalization */
export function normalized(path: string): string {
  const decoded = path
    .replaceAll(/%2e/gi, '.')
    .replaceAll(/%2f|%5c|\\/gi, '/')
    .replaceAll(/\/+/g, '/');
  const parts: string[] = [];
  for (const part of decoded.split('/').slice(1)) {
    if (part === '..') parts.pop();
    else if (part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}
