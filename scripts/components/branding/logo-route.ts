import type { Cluster } from '../../config/cluster.ts';
import { logoPath } from './look.ts';

/** @returns the route of the logo, which the gateway itself serves; none without a logo */
export function logoRoute(cluster: Cluster): Record<string, unknown>[] {
  const { logo } = cluster;
  const path = logoPath(cluster);
  if (logo === undefined || path === undefined) return [];
  const [type, body] = 'svg' in logo ? ['image/svg+xml', { string: logo.svg }] : ['image/png', { bytes: logo.png }];
  const headers = {
    'content-type': type,
    'cache-control': 'public, max-age=3600',
    // An SVG that someone opens as a page runs no scripts.
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; sandbox",
  };
  return [
    {
      match: [{ uri: { exact: path } }],
      headers: { response: { set: headers } },
      directResponse: { status: 200, body },
    },
  ];
}
