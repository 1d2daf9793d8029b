import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UsageError } from '../report/errors.ts';
import { loadCluster } from './load.ts';

const repository = join(import.meta.dirname, '..', '..');
let root = '';

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'breakwater apps '));
  for (const folder of ['infrastructure', 'apps'])
    cpSync(join(repository, folder), join(root, folder), { recursive: true });
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(file: string, text: string): void {
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), text);
}

function cluster(apps: string, more = 'host: platform.example.com\n'): void {
  write('clusters/prod/cluster.yaml', `name: prod\nauth: {users: [{email: ann@example.com}]}\n${more}${apps}`);
}

function app(name: string, lines = ''): void {
  write(
    `apps/${name}/app.yaml`,
    `description: ${name}\nsource: {chart: x, repository: https://charts.example.com, version: 1.2.3}\nplace: {path: /${name}/}\nservice: {name: x, port: 80}\naccess: {everyone: true}\n${lines}`,
  );
}

function problems(): string[] {
  try {
    loadCluster(root, 'prod');
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return error.problems.map(({ file, line, message }) => `${file}${line === undefined ? '' : `:${line}`} ${message}`);
  }
  return [];
}

describe('Argo CD as an app', () => {
  it('asks how an existing issuer is trusted, as an ACME issuer signs no name inside the cluster', () => {
    const issuer = (more: string) =>
      cluster('apps: {argocd: {}}\n', `host: platform.example.com\ntls: {existingIssuer: {name: x${more}}}\n`);
    issuer('');
    expect(problems()).toEqual([
      'clusters/prod/cluster.yaml:5 Argo CD verifies the certificate of the login and needs tls.existingIssuer.trust',
    ]);
    for (const trust of ['public', 'private']) {
      issuer(`, trust: ${trust}`);
      expect(problems()).toEqual([]);
    }
  });
});

describe('an app that another may call', () => {
  it('is called by no account of an app that does not run here', () => {
    const callers = () => loadCluster(root, 'prod').runningApps.find(({ name }) => name === 'prometheus')?.callers;
    cluster('apps: {prometheus: {}}\n');
    expect(callers()).toEqual([]);
    cluster('apps: {prometheus: {}, grafana: {}}\n');
    expect(callers()).toEqual([{ namespace: 'grafana', serviceAccount: 'grafana' }]);
  });
});

describe('apps', () => {
  const names = () => loadCluster(root, 'prod').runningApps.map(({ name }) => name);

  it('are off until a cluster asks for them', () => {
    cluster('');
    expect(names()).toEqual([]);
    cluster('apps: {grafana: {}, argocd: {enabled: true}}\n');
    expect(names()).toEqual(['argocd', 'grafana']);
  });

  it('run where they say so, unless the cluster says no', () => {
    app('hello', 'clusters: [prod]\n');
    cluster('');
    expect(names()).toEqual(['hello']);
    cluster('apps: {hello: {enabled: false}}\n');
    expect(names()).toEqual([]);
  });

  it('go with their folder', () => {
    app('hello', 'clusters: [prod]\n');
    cluster('');
    rmSync(join(root, 'apps/hello'), { recursive: true });
    expect(names()).toEqual([]);
    cluster('apps: {hello: {}}\n');
    expect(problems()).toEqual(['clusters/prod/cluster.yaml:4 there is no apps/hello/app.yaml']);
  });

  it('have the settings of the cluster over their own', () => {
    cluster('apps: {grafana: {path: /metrics/, version: 9.9.9, access: {groups: [ops]}, readyWithin: 1h}}\n');
    expect(loadCluster(root, 'prod').runningApps).toMatchObject([
      {
        name: 'grafana',
        place: { path: '/metrics/' },
        source: { version: '9.9.9' },
        access: { groups: ['ops'] },
        readyWithin: '1h',
      },
    ]);
  });

  it('bring plain objects along, in their own namespace', () => {
    app('hello', 'clusters: [prod]\n');
    write(
      'apps/hello/app.yaml',
      'description: hello\nsource: {manifests: true}\nclusters: [prod]\nplace: {path: /hello/}\nservice: {name: x, port: 80}\naccess: {everyone: true}\n',
    );
    write(
      'apps/hello/manifests/service.yaml',
      'apiVersion: v1\nkind: Service\nmetadata: {name: x}\nspec: {ports: []}\n',
    );
    cluster('');
    expect(loadCluster(root, 'prod').runningApps[0]?.manifests).toEqual([
      { apiVersion: 'v1', kind: 'Service', metadata: { name: 'x', namespace: 'hello' }, spec: { ports: [] } },
    ]);
  });
});

describe('what can not be is refused, with both owners of a clash', () => {
  it.each([
    [
      'the same path',
      'apps: {grafana: {path: /tools/}, prometheus: {path: /tools/}}\n',
      'grafana (/tools/) and prometheus (/tools/) use the same path (the other is at 4:24)',
    ],
    [
      'a path within a path',
      'apps: {grafana: {path: /tools/grafana/}, prometheus: {path: /tools/}}\n',
      'grafana (/tools/grafana/) and prometheus (/tools/) use the same path (the other is at 4:24)',
    ],
    [
      'the same host',
      'apps: {grafana: {host: m}, prometheus: {host: m}}\n',
      'grafana (m) and prometheus (m) use the same host (the other is at 4:24)',
    ],
    ['an app that is not there', 'apps: {grafan: {}}\n', 'there is no apps/grafan/app.yaml'],
    [
      "an app with the user's token on a path",
      'apps: {argocd: {path: /argocd/}}\n',
      "argocd gets the user's token (token: true), so it needs its own host",
    ],
    ['a version of what has none', 'apps: {argocd: {version: 1.2.3}}\n', 'has no effect: the app has no upstream'],
    [
      'a namespace of the default profile',
      'apps: {grafana: {}}\nkubeflow: {defaultProfile: {name: grafana}}\n',
      'grafana\'s namespace "grafana" belongs to kubeflow.defaultProfile',
    ],
    [
      'the name of the root',
      'apps: {grafana: {}}\nargocd: {root: {name: grafana}}\n',
      "grafana has an Application grafana, which is the root's name (argocd.root.name)",
    ],
    [
      'the name of the root, for its gate',
      'apps: {grafana: {}}\nargocd: {root: {name: grafana-gate}}\n',
      "grafana has an Application grafana-gate, which is the root's name (argocd.root.name)",
    ],
  ])('%s', (_, apps, message) => {
    cluster(apps);
    expect(problems()).toEqual([`clusters/prod/cluster.yaml:4 ${message}`]);
  });

  it.each(['host: auto\n', 'host: 192.0.2.7\n'])('a host of its own with %s', (host) => {
    cluster('apps: {grafana: {host: grafana}}\n', host);
    expect(problems().join()).toContain("grafana has its own host, which needs a DNS name as the cluster's host");
  });

  it("the host of users' code", () => {
    const code = 'auth: {userCodeHost: true, users: [{email: ann@example.com}]}\n';
    write(
      'clusters/prod/cluster.yaml',
      `name: prod\nhost: platform.example.com\n${code}apps: {grafana: {host: apps}}\n`,
    );
    expect(problems()).toEqual([
      "clusters/prod/cluster.yaml:4 grafana has the host apps.<host>, where users' code is served (auth.userCodeHost)",
    ]);
    write(
      'clusters/prod/cluster.yaml',
      `name: prod\nhost: platform.example.com\n${code}apps: {grafana: {host: graphs}}\n`,
    );
    expect(problems()).toEqual([]);
  });

  it('two apps under one path, with the places of both, whichever file says them', () => {
    app('hello', 'clusters: [prod]\n');
    cluster('apps: {grafana: {path: /hello/grafana/}}\n');
    expect(problems()).toEqual([
      'clusters/prod/cluster.yaml:4 grafana (/hello/grafana/) and hello (/hello/, apps/hello/app.yaml:3:8) use the same path',
    ]);
    app('world', 'clusters: [prod]\n');
    write('apps/world/app.yaml', readFileSync(join(root, 'apps/world/app.yaml'), 'utf8').replace('/world/', '/hello/'));
    cluster('');
    expect(problems()).toEqual([
      'clusters/prod/cluster.yaml:1 hello (/hello/, apps/hello/app.yaml:3:8) and world (/hello/, apps/world/app.yaml:3:8) use the same path',
    ]);
  });

  it('two apps in one namespace', () => {
    app('hello', 'namespace: grafana\n');
    cluster('apps: {grafana: {}, hello: {}}\n');
    expect(problems()).toEqual(['clusters/prod/cluster.yaml:4 grafana and hello use the same namespace, grafana']);
  });

  it('an app with the name of the gate of another', () => {
    app('grafana-gate');
    cluster('apps: {grafana: {}, grafana-gate: {}}\n');
    expect(problems()).toEqual([
      'clusters/prod/cluster.yaml:4 grafana and grafana-gate both have an Application grafana-gate',
    ]);
  });

  it("a namespace of Argo CD's or of the default profile among those that an app also writes to", () => {
    app('hello', 'clusters: [prod]\nalsoWritesTo: [gitops]\n');
    cluster('argocd: {namespace: gitops}\n');
    expect(problems()).toEqual([
      'clusters/prod/cluster.yaml:1 hello also writes to the namespace "gitops" (alsoWritesTo), which belongs to Argo CD',
    ]);
    app('hello', 'clusters: [prod]\nalsoWritesTo: [gitops]\nadministrator: true\n');
    expect(problems()).toEqual([]);
  });

  it('what a source may do, of an app without one', () => {
    write(
      'apps/argocd/app.yaml',
      `${readFileSync(join(root, 'apps/argocd/app.yaml'), 'utf8')}clusterKinds: [rbac.authorization.k8s.io/ClusterRole]\n`,
    );
    cluster('');
    expect(problems()).toEqual([
      expect.stringMatching(
        /^apps\/argocd\/app.yaml:\d+ has no effect: the app is installed already, and only its route is created$/,
      ),
    ]);
  });

  it('a folder without app.yaml, with a name of the platform, or no name', () => {
    cluster('');
    mkdirSync(join(root, 'apps/empty'));
    app('dex');
    app('Hello');
    expect(problems()).toEqual([
      'apps/Hello is not a valid app name',
      'apps/dex is the name of a component of the platform',
      'apps/empty/app.yaml there is no such file',
    ]);
  });

  it('objects that are not plain, or not in the namespace', () => {
    write(
      'apps/hello/app.yaml',
      'description: hello\nsource: {manifests: true}\nplace: {path: /hello/}\nservice: {name: x, port: 80}\naccess: {everyone: true}\n',
    );
    cluster('');
    expect(problems()).toEqual(['apps/hello/manifests is empty']);
    write('apps/hello/manifests/a.yaml', 'apiVersion: v1\nkind: Namespace\nmetadata: {name: x}\n');
    write(
      'apps/hello/manifests/b.yaml',
      'apiVersion: v1\nkind: Service\nmetadata: {name: x, namespace: kube-system}\n',
    );
    write('apps/hello/manifests/c.yaml', 'kind: Service\n');
    expect(problems()).toEqual([
      'apps/hello/manifests/a.yaml:2 must not be Namespace: Breakwater generates the namespace',
      "apps/hello/manifests/b.yaml:3 must be hello, the app's own",
      'apps/hello/manifests/c.yaml:1 is missing',
      'apps/hello/manifests/c.yaml:1 is missing',
    ]);
  });
});
