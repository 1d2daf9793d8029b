import { mustRun } from '../run-program.ts';
import { gatewayService } from '../site.ts';
import { expecting } from './assert.ts';
import type { Check } from './check.ts';

/** The load balancer's address is discovered, written, published, and used everywhere. */
export const check: Check = {
  name: 'host',
  title: 'The host is discovered',
  quick: true,
  run: async (site) => {
    const expect = expecting(site, 'host');
    const host = await site.host();
    expect(
      'the host is the address of the gateway',
      `status of Service ingress/${gatewayService}`,
      host,
      await site.address(),
    );
    const file = `clusters/${site.cluster}/discovered.yaml`;
    const published = await mustRun(['git', '-C', site.bare, 'show', `main:${file}`]);
    expect('it is published', `${file} in the repository that Argo CD reads`, true, published.includes(host));
    const { items } = JSON.parse(await site.kubectl(['get', 'virtualservices', '-A', '-o', 'json']));
    const strangers = (items as { metadata: { name: string }; spec: { hosts: string[] } }[])
      .filter(({ metadata, spec }) => metadata.name !== 'redirect-to-https' && spec.hosts.join() !== host)
      .map(({ metadata }) => metadata.name);
    expect('every route is for it', 'VirtualServices for another host', [], strangers);
    const drift = await site.program(['render', '--cluster', site.cluster, '--check']);
    expect('rendering needs no cluster', 'render --check in the repository', 0, drift.code);
  },
};
