import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type TenantRepository, tenantRepository } from '../dev/test/tenant-repository.ts';
import { newClusterFile } from './new-cluster.ts';

let place: TenantRepository;
beforeEach(() => {
  place = tenantRepository();
});
afterEach(() => place.remove());

const role = 'serviceAccounts: {annotations: {eks.amazonaws.com/role-arn: "arn:aws:iam::111122223333:role/a"}}\n';

const clashes: [
  what: string,
  texts: Record<string, string>,
  file: string,
  line: number,
  path: string,
  message: string,
][] = [
  [
    "another tenant's namespace",
    { a: '', b: 'namespaces: [b, a]\n' },
    'b',
    3,
    'namespaces[1]',
    'belongs to the tenant a (tenants/a/tenant.yaml): must be b, or start with b--',
  ],
  ['a namespace of nobody', { a: 'namespaces: [a, shop]\n' }, 'a', 3, 'namespaces[1]', 'must be a, or start with a--'],
  ['namespaces without its own', { a: 'namespaces: [a--dev]\n' }, 'a', 3, 'namespaces', 'must contain a,'],
  [
    "another tenant's path",
    { a: '', b: 'routes: [{path: /tenants/a/, service: web, port: 80}]\n' },
    'b',
    3,
    'routes[0].path',
    'belongs to the tenant a (tenants/a/tenant.yaml): must start with /tenants/b/',
  ],
  [
    'one path twice',
    { a: 'routes:\n  - {path: /tenants/a/, service: w, port: 80}\n  - {path: /tenants/a/, service: x, port: 80}\n' },
    'a',
    5,
    'routes[1].path',
    'is listed twice (the other is at 4:12)',
  ],
  [
    'a path that is never reached',
    { a: 'routes:\n  - {path: /tenants/a/, service: w, port: 80}\n  - {path: /tenants/a/x/, service: x, port: 80}\n' },
    'a',
    5,
    'routes[1].path',
    'is never reached: /tenants/a/ comes before it (the other is at 4:12)',
  ],
  [
    'a route into another namespace',
    { a: 'routes: [{path: /tenants/a/, service: w, port: 80, namespace: b}]\n', b: '' },
    'a',
    3,
    'routes[0].namespace',
    'not one of its namespaces',
  ],
  [
    "another tenant's repository, in another spelling",
    { a: 'repositories: ["https://github.com/acme/x.git"]\n', b: 'repositories: ["git@github.com:Acme/x"]\n' },
    'b',
    3,
    'repositories[0]',
    'belongs to the tenant a',
  ],
  [
    'a call to a tenant that does not let it in',
    { a: 'network: {to: [b]}\n', b: '' },
    'a',
    3,
    'network.to[0]',
    'the tenant b does not admit a',
  ],
  [
    'a limit that is above the maximum, by what all tenants get',
    { a: 'limits: {max: {ephemeralStorage: 5Gi}}\n' },
    'a',
    3,
    'limits.max.ephemeralStorage',
    'limits.limit.ephemeralStorage is 10Gi, more than limits.max.ephemeralStorage, which is 5Gi',
  ],
  [
    'a device that is misspelt',
    { a: 'quota: {gpus: {nvida.com/gpu: 2}}\n' },
    'a',
    3,
    'quota.gpus["nvida.com/gpu"]',
    'is an unknown device',
  ],
  [
    'a cluster that there is not',
    { a: 'clusters: {names: [prdo]}\n' },
    'a',
    3,
    'clusters.names[0]',
    'there is no cluster "prdo"',
  ],
  [
    'labels that no cluster has',
    { a: 'clusters: {labels: {stage: test}}\n' },
    'a',
    3,
    'clusters',
    'no cluster has all of these labels',
  ],
  ['the owner as a member', { a: 'members: [{email: ann@example.com}]\n' }, 'a', 3, 'members[0].email', 'is the owner'],
  [
    'two people whose objects would have one name',
    { a: 'members: [{email: b.c@example.com}, {email: b-c@example.com}]\n' },
    'a',
    3,
    'members[1].email',
    'results in the same object names as b.c@example.com',
  ],
  [
    'a label that the platform does not let it set',
    { a: 'labels: {example.com/cost-center: "1"}\n' },
    'a',
    3,
    'labels["example.com/cost-center"]',
    'is not a key that tenants may set',
  ],
  [
    'an annotation that decides what a namespace may do',
    { a: 'annotations: {iam.amazonaws.com/permitted: ".*"}\n' },
    'a',
    3,
    'annotations["iam.amazonaws.com/permitted"]',
    'is not a key that tenants may set',
  ],
  [
    "another tenant's cloud role",
    { a: `network: {internet: true}\n${role}`, b: `${role}network: {internet: true}\n` },
    'b',
    3,
    'serviceAccounts.annotations["eks.amazonaws.com/role-arn"]',
    'belongs to the tenant a',
  ],
  [
    'a cloud role whose tokens it cannot get',
    { a: role },
    'a',
    3,
    'serviceAccounts.annotations["eks.amazonaws.com/role-arn"]',
    "cannot reach the cloud's token service",
  ],
  [
    "a Google account behind a metadata server that it can't reach",
    {
      a: 'network: {internet: true}\nserviceAccounts: {annotations: {iam.gke.io/gcp-service-account: a@p.iam.gserviceaccount.com}}\n',
    },
    'a',
    4,
    'serviceAccounts.annotations["iam.gke.io/gcp-service-account"]',
    "cannot reach GKE's metadata server",
  ],
  [
    'a number of load balancers, where it may have none',
    { a: 'quota: {loadBalancers: 2}\n' },
    'a',
    3,
    'quota.loadBalancers',
    'may have no Service of type LoadBalancer',
  ],
];

describe('what a tenant may not have is refused, with both owners named where there are two', () => {
  it.each(clashes)('%s', (_, texts, name, line, path, message) => {
    place.tenants(texts);
    expect(place.problems()).toMatchObject([
      { file: `tenants/${name}/tenant.yaml`, line, path, message: expect.stringContaining(message) },
    ]);
  });

  it.each([
    ['the app as it is', '', 'has no effect: the app grafana accepts calls from the gateway only'],
    ['an app that is installed already', 'source: {installed: true}', 'bypasses the gateway'],
  ])('a call to an app: %s', (_, source, message) => {
    const file = readFileSync(join(place.root, 'apps/grafana/app.yaml'), 'utf8');
    if (source !== '')
      place.write(
        'apps/grafana/app.yaml',
        `description: x\n${source}\nnamespace: grafana\nplace: {path: /grafana/}\nservice: {name: grafana, port: 80}\naccess: {everyone: true}\n`,
      );
    place.write(
      'clusters/prod/cluster.yaml',
      `${newClusterFile({ name: 'prod', host: 'x.example.com' })}\napps: {grafana: {}}\n`,
    );
    place.tenants({ a: 'network: {to: [grafana]}\n' });
    expect(place.problems()).toMatchObject([{ path: 'network.to[0]', message: expect.stringContaining(message) }]);
    place.write('apps/grafana/app.yaml', `${file}\ncallers: [{namespace: a, serviceAccount: default}]\n`);
    expect(place.problems()).toEqual([]);
  });

  it.each([
    ['host: 192.0.2.10', 'contains 192.0.2.10-192.0.2.10'],
    [
      'loadBalancer: {metallb: {pools: [{name: a, addresses: [192.0.2.20-192.0.2.30]}]}}',
      'contains 192.0.2.20-192.0.2.30',
    ],
  ])('addresses of the cluster itself: %s', (line, message) => {
    place.write(
      'clusters/prod/cluster.yaml',
      `${newClusterFile({ name: 'prod' }).replace(/^host:.*\n/m, '')}\n${line}\n`,
    );
    place.tenants({ a: 'network: {addresses: [192.0.2.0/24]}\n' });
    expect(place.problems()).toMatchObject([
      { path: 'network.addresses[0]', message: expect.stringContaining(message) },
    ]);
    place.tenants({ a: 'network: {addresses: [192.0.2.128/25]}\n' });
    expect(place.problems()).toEqual([]);
  });

  it('the group that owns it as a member', () => {
    place.write('tenants/a/tenant.yaml', 'kind: namespace\nowner: {group: a}\nmembers: [{group: b}, {group: a}]\n');
    expect(place.problems()).toMatchObject([{ path: 'members[1].group', message: expect.stringContaining('owner') }]);
  });

  it('labels that the platform allows, by key or by prefix, pass, and it allows none that decides', () => {
    const file = 'infrastructure/tenant/labels.yaml';
    place.tenants({ a: 'labels: {example.com/cost-center: "1"}\nannotations: {contact: Ann}\n' });
    place.write(file, 'labels: ["example.com/*"]\nannotations: [contact]\n');
    expect(place.problems()).toEqual([]);
    for (const key of [
      'istio-injection',
      'topology.istio.io/network',
      'pod-security.kubernetes.io/enforce',
      'scheduler.alpha.kubernetes.io/*',
      'breakwater.dev/services',
      'openshift.io/*',
      'iam.amazonaws.com/permitted',
      'owner',
    ]) {
      place.write(file, `labels: ["example.com/*", "${key}"]\nannotations: [contact]\n`);
      expect(place.problems()).toMatchObject([
        { file, path: 'labels[1]', message: expect.stringContaining('decides') },
      ]);
    }
  });

  it('a call to a tenant that lets it in is not a mistake', () => {
    place.tenants({ a: 'network: {to: [b]}\n', b: 'network: {from: [a]}\n' });
    expect(place.problems()).toEqual([]);
  });

  it("the platform's own repository", () => {
    place.write(
      'clusters/prod/cluster.yaml',
      newClusterFile({ name: 'prod', gitUrl: 'https://github.com/acme/platform.git' }),
    );
    place.tenants({ a: 'repositories: ["https://github.com/acme/platform"]\n' });
    expect(place.problems()).toMatchObject([{ path: 'repositories[0]', message: "is the platform's own repository" }]);
  });

  it("a repository that Argo CD reads with the platform's login", () => {
    const login = '{url: https://git.example.com/private/charts, username: reader, password: {env: P}}';
    place.write('clusters/prod/cluster.yaml', `${newClusterFile({ name: 'prod' })}\nmirrors: {logins: [${login}]}\n`);
    place.tenants({
      a: 'repositories: ["https://git.example.com/private/charts.git", "https://git.example.com/a.git"]\n',
    });
    expect(place.problems()).toMatchObject([
      { path: 'repositories[0]', message: expect.stringContaining("the platform's own login") },
    ]);
  });

  it.each([
    [
      'the DNS-01 solver',
      'clusters/prod/cluster.yaml',
      `${newClusterFile({ name: 'prod', host: 'x.example.com' }).replace(/^tls:\n( .*\n)*/m, '')}\ntls:\n  acme:\n    email: ann@example.com\n    dns01:\n      solver:\n        route53: {region: eu-west-1, role: "arn:aws:iam::111122223333:role/A"}\n`,
      'arn:aws:iam::111122223333:role/A',
    ],
    [
      'an override',
      'clusters/prod/overrides/cert-manager.yaml',
      '# arn:aws:iam::111122223333:role/a\nserviceAccount:\n  annotations: {eks.amazonaws.com/role-arn: "arn:aws:iam::111122223333:role/a"}\n',
      'arn:aws:iam::111122223333:role/a',
    ],
    [
      'a patch of a component',
      'infrastructure/argocd/kustomization.yaml',
      'patches:\n  - patch: |-\n      - {op: add, path: /metadata/annotations, value: {"eks.amazonaws.com/role-arn": "arn:aws:iam::111122223333:role/a"}}\n',
      'arn:aws:iam::111122223333:role/a',
    ],
    [
      'an app',
      'apps/grafana/values.yaml',
      'serviceAccount: {annotations: {eks.amazonaws.com/role-arn: "arn:aws:iam::111122223333:role/a"}}\n',
      'arn:aws:iam::111122223333:role/a',
    ],
  ])("the platform's own cloud role: %s", (_, file, text, shown) => {
    place.tenants({ a: `network: {internet: true}\n${role}` });
    expect(place.problems()).toEqual([]);
    place.write(file, text);
    const line = text.split('\n').findIndex((one) => !one.startsWith('#') && one.includes(shown)) + 1;
    const at = file.startsWith('infrastructure/') ? line - 1 : line;
    expect(place.problems()).toMatchObject([
      {
        file: 'tenants/a/tenant.yaml',
        line: 4,
        path: 'serviceAccounts.annotations["eks.amazonaws.com/role-arn"]',
        message: `belongs to the platform (${file}:${at})`,
      },
    ]);
    place.write(file, text.replaceAll(shown, `${shown}-dns`));
    expect(place.problems()).toEqual([]);
  });

  it("Kubeflow's profiles, where they do not run", () => {
    place.write(
      'clusters/prod/cluster.yaml',
      `${newClusterFile({ name: 'prod' })}\nkubeflow: {components: [], defaultProfile: {enabled: false}}\n`,
    );
    place.write('tenants/a/tenant.yaml', 'kind: kubeflow\nowner: ann@example.com\n');
    expect(place.problems()).toMatchObject([{ path: 'kind', message: expect.stringContaining('do not run on: prod') }]);
  });
});
