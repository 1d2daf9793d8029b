import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { loadCluster } from '../../config/load.ts';
import { forbiddenPrefixes } from '../identity.ts';

const root = join(import.meta.dirname, '../../..');
const shipped = loadCluster(root, 'demo').shared.apps;

function fileOf(name: string) {
  const app = shipped.get(name);
  if (app === undefined) throw new Error(`apps/${name} is not there`);
  return app.file;
}

describe('the Prometheus that ships', () => {
  it('is read through no app that is open to everyone, as it is closed to most itself', () => {
    const { access, callers } = fileOf('prometheus');
    expect(access.everyone).toBeUndefined();
    const through = [...shipped.values()].filter(({ name, file }) =>
      callers.some(({ namespace }) => namespace === (file.namespace ?? name)),
    );
    expect(through.map(({ name }) => name)).toEqual(['grafana']);
    expect(through.filter(({ file }) => file.access.everyone === true)).toEqual([]);
  });
});

describe('the Prometheus that ships, wherever a cluster puts its pages', () => {
  const read = (app: string) => parse(readFileSync(join(root, `apps/${app}/values.yaml`), 'utf8'));

  it('serves the paths that Grafana asks for', () => {
    expect(fileOf('prometheus').place).toMatchObject({ strip: true });
    const { server } = read('prometheus');
    expect(server.extraArgs['web.route-prefix']).toBe('/');
    const [source] = read('grafana').datasources['datasources.yaml'].datasources;
    expect(source.url).toBe('http://prometheus-server.prometheus.svc.cluster.local');
  });

  it('keeps its data when the app goes', () => {
    const { annotations } = read('prometheus').server.persistentVolume;
    expect(annotations['argocd.argoproj.io/sync-options']).toBe('Prune=false,Delete=false');
  });
});

describe('the Grafana that ships', () => {
  const { headers } = fileOf('grafana');
  const ini: Record<string, Record<string, unknown>> = parse(
    readFileSync(join(root, 'apps/grafana/values.yaml'), 'utf8'),
  )['grafana.ini'];
  const proxy = ini['auth.proxy'] ?? {};
  const believed = [proxy.header_name, ...String(proxy.headers).split(' ')].map((entry) =>
    String(entry).split(':').at(-1),
  );

  it('believes the headers that the gateway sets, no others, and none that could come from outside', () => {
    expect(headers.map(({ name }) => name)).toEqual(believed);
    for (const name of believed)
      expect(
        forbiddenPrefixes.some((start) => name?.toLowerCase().startsWith(start)),
        name,
      ).toBe(true);
  });

  it('is given a role for everyone: people without one would keep the role they had', () => {
    const role = headers.find(({ name }) => name === 'X-WEBAUTH-ROLE');
    expect(role).toMatchObject({ otherwise: 'Viewer' });
  });

  it('has no session of its own, and checks where requests come from without one', () => {
    expect(proxy.enable_login_token).toBe(false);
    expect(ini.security?.csrf_always_check).toBe(true);
  });
});
