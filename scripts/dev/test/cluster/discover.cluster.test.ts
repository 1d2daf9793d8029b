import { afterAll, beforeAll, expect, it } from 'vitest';
import { playArgoCD } from './argocd.ts';
import { giveAddress } from './load-balancer.ts';
import type { RunResult } from './run.ts';
import { bootstrap, clusterName, openSite, type TestSite } from './site.ts';
import { until } from './until.ts';

const address = '203.0.113.17';
let site: TestSite;
let run: RunResult;

beforeAll(async () => {
  site = await openSite({ host: 'auto' });
  const going = site.start(...bootstrap(site, '--wait', '--timeout', '3'));
  await until(going, () => going.said().includes('waiting for the address of Service ingress/istio-ingressgateway'));
  await giveAddress(site.cluster.connection.api, address);
  const head = () => site.remote.git('rev-parse', 'main');
  const first = head();
  const second = await until(going, () => (head() === first ? undefined : head()));
  await until(going, () => going.said().includes('wave 0'));
  await playArgoCD(site, second);
  run = await going.result;
});
afterAll(() => site?.stop());

function published(file: string, commit = 'main'): string {
  return site.remote.git('show', `${commit}:clusters/${clusterName}/${file}`);
}

it('finds the address, and continues until all is healthy', () => {
  expect(run.stderr).toBe('');
  expect(run).toMatchObject({ code: 0 });
  expect(run.stdout).toContain(`done discover: the gateway's address is ${address}`);
  expect(run.stdout).toContain(`Open https://${address}/`);
});

it('publishes twice: first without what needs the host, then the rest', () => {
  expect(site.remote.git('rev-list', '--count', 'main')).toBe('3');
  const applications = (commit: string) => published('apps/kustomization.yaml', commit);
  for (const name of ['dex', 'oauth2-proxy']) {
    expect(applications('main~1')).not.toContain(`-${name}.yaml`);
    expect(applications('main')).toContain(`-${name}.yaml`);
  }
  expect(applications('main~1')).toContain('-gateway.yaml');
  expect(published('values/dex.yaml')).toContain(`issuer: https://${address}/dex`);
});

it('commits the address as an input, so that no one needs a cluster to render', async () => {
  expect(published('discovered.yaml')).toContain(`host: ${address}`);
  expect(site.checkout.git('status', '--porcelain')).toBe('');
  expect(site.checkout.breakwater('render', '--cluster', clusterName, '--check')).toMatchObject({ code: 0 });
});

it('does not look for the address again', async () => {
  const again = await site.run(...bootstrap(site));
  expect(again).toMatchObject({ code: 0 });
  expect(again.stdout).toContain(`unchanged discover: the host is ${address}`);
  expect(site.remote.git('rev-list', '--count', 'main')).toBe('3');
});
