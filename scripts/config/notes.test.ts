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
