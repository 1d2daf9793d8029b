import { afterAll, beforeAll, expect, it } from 'vitest';
import { type GiteaSite, openGiteaSite } from './gitea-site.ts';
import { giveAddress } from './load-balancer.ts';
import { bootstrap } from './site.ts';
import { until } from './until.ts';

const address = '203.0.113.17';
const repository = 'acme/platform';
let place: GiteaSite;

beforeAll(async () => {
  place = await openGiteaSite(repository, 'auto');
});
afterAll(() => place?.stop());

it('a repository that a run makes is made once, and gets the discovered address in a second push', async () => {
  const { gitea, site, token } = place;
  const run = site.start(...bootstrap(site, '--wait', '--timeout', '5'));
  await until(run, () => run.said().includes('waiting for the address of Service ingress/istio-ingressgateway'));
  await giveAddress(site.cluster.connection.api, address);
  await until(run, () => run.said().includes('done webhook:'));
  run.kill();
  await run.result;
  const said = run.said();
  expect(said.match(/created the private repository/g)).toHaveLength(1);
  expect(said.match(/^done publish: /gm)).toHaveLength(2);
  expect(said).toContain(`done webhook: Gitea calls https://${address}/hooks/argocd after each push;`);
  const commits = await gitea.call(token, 'GET', `/repos/${repository}/commits?sha=main`);
  expect((commits as { commit: { message: string } }[]).length).toBeGreaterThan(1);
});
