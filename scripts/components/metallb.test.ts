import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadCluster } from '../config/load.ts';
import { metallb } from './metallb.ts';

const demo = loadCluster(join(import.meta.dirname, '..', '..'), 'demo');
const pools = [{ name: 'public', addresses: ['192.0.2.0/28'] }];
const peers = [
  { address: '192.0.2.65', asn: 64513, password: { env: 'ROUTER_PASSWORD' } },
  { address: '192.0.2.66', asn: 64514, port: 1179, nodeSelector: { rack: 'a' } },
];
const cluster = (bgp?: object) =>
  ({ ...demo, loadBalancer: { ...demo.loadBalancer, metallb: { pools, bgp } } }) as never;

describe('MetalLB', () => {
  it('announces on layer 2 by default', () => {
    expect(metallb.manifests?.(cluster()).map(({ kind }) => kind)).toEqual(['IPAddressPool', 'L2Advertisement']);
    expect(metallb.secrets?.(cluster())).toEqual([]);
  });

  it('announces to routers with bgp, and not on layer 2; their passwords are in Secrets of the bootstrap', () => {
    const bgp = cluster({ asn: 64512, peers, communities: ['65000:100'] });
    const objects = metallb.manifests?.(bgp) ?? [];
    expect(objects.map(({ kind, spec }) => [kind, spec])).toEqual([
      ['IPAddressPool', { addresses: ['192.0.2.0/28'] }],
      [
        'BGPPeer',
        {
          myASN: 64512,
          peerASN: 64513,
          peerAddress: '192.0.2.65',
          passwordSecret: { name: 'router-192-0-2-65', namespace: 'metallb-system' },
        },
      ],
      [
        'BGPPeer',
        {
          myASN: 64512,
          peerASN: 64514,
          peerAddress: '192.0.2.66',
          peerPort: 1179,
          nodeSelectors: [{ matchLabels: { rack: 'a' } }],
        },
      ],
      ['BGPAdvertisement', { ipAddressPools: ['public'], communities: ['65000:100'] }],
    ]);
    expect(metallb.secrets?.(bgp)).toMatchObject([
      {
        name: 'router-192-0-2-65',
        type: 'kubernetes.io/basic-auth',
        keys: { password: { from: { env: 'ROUTER_PASSWORD' } } },
      },
    ]);
    expect(JSON.stringify(metallb.values?.(bgp))).toContain('"frrk8s":{"enabled":false}');
  });
});
