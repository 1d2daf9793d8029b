import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Cluster } from './cluster.ts';
import { loadCluster } from './load.ts';
import { notesOf } from './notes.ts';

const demo = loadCluster(join(import.meta.dirname, '../..'), 'demo');
const acme = { ...demo.tls, acme: { email: 'ann@example.com', server: 'https://acme.example.com' } };
const nodePort = { ...demo.loadBalancer, nodePort: { http: 30080, https: 30443 } };

it.each<[string, Partial<Cluster>, number]>([
  ['ACME behind node ports', { tls: acme, loadBalancer: nodePort }, 1],
  ['ACME behind a load balancer', { tls: acme }, 0],
  ['node ports with a private CA', { loadBalancer: nodePort }, 0],
])('%s', (_, settings, notes) => {
  const found = notesOf({ ...demo, ...settings }).filter((note) => note.includes('tls.acme'));
  expect(found).toHaveLength(notes);
  for (const note of found) expect(note).toContain('loadBalancer.nodePort.http (30080)');
});

it.each<[string, object, number]>([
  ['that nothing makes the load balancer send', {}, 1],
  ['that an annotation switches off', { annotations: { 'example.com/proxy-protocol': 'false' } }, 1],
  [
    'that an annotation asks for',
    { annotations: { 'service.beta.kubernetes.io/aws-load-balancer-proxy-protocol': '*' } },
    0,
  ],
  [
    'that an attribute asks for',
    { annotations: { 'example.com/target-group-attributes': 'a=b,proxy_protocol_v2.enabled=true' } },
    0,
  ],
  ['that comes from a device in front of the nodes', { nodePort: { http: 30080, https: 30443 } }, 0],
])('the PROXY protocol, %s', (_, settings, notes) => {
  const loadBalancer = { ...demo.loadBalancer, proxyProtocol: true, ...settings };
  const found = notesOf({ ...demo, loadBalancer }).filter((note) => note.includes('proxyProtocol'));
  expect(found).toHaveLength(notes);
});
