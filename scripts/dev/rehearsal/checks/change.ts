import { gatewayService, type RehearsalSite } from '../site.ts';
import { expecting } from './assert.ts';
import type { Check } from './check.ts';
import { clusterYaml } from './commits.ts';

const annotation = 'example.com/rehearsal';

/** A pushed change of a value is applied, and its revert, too. */
export const check: Check = {
  name: 'change',
  title: 'A change in Git and its revert',
  quick: true,
  run: async (site) => {
    const expect = expecting(site, 'change');
    const before = await seen(site);
    const began = Date.now();
    const commit = await site.change(
      'Annotate the load balancer',
      await clusterYaml(site, { 'loadBalancer.annotations': { [annotation]: 'changed' } }),
    );
    await site.until('the annotation arrives', async () => ((await seen(site)) === 'changed' ? true : undefined), 300);
    const seconds = Math.round((Date.now() - began) / 1000);
    expect(
      'a pushed change of a value is applied',
      `change loadBalancer.annotations, push; applied after ${seconds} s`,
      'changed',
      await seen(site),
    );
    await site.untilHealthy(commit);
    await site.untilHealthy(await site.revert(commit));
    expect('git revert takes it back', 'the annotation after it', before, await seen(site));
  },
};

async function seen(site: RehearsalSite): Promise<string> {
  const { metadata } = JSON.parse(
    await site.kubectl(['-n', 'ingress', 'get', 'service', gatewayService, '-o', 'json']),
  );
  return metadata.annotations?.[annotation] ?? 'nothing';
}
