import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Api } from '../../../cluster/api.ts';
import { kindsOf } from '../../../cluster/inventory.ts';
import type { LiveObject } from '../../../cluster/live.ts';
import type { KubernetesObject } from '../../../components/component.ts';
import { startNamespaceController } from './namespace-controller.ts';
import { bootstrap, clusterName, openSite, type TestSite } from './site.ts';

let site: TestSite;
let api: Api;
let controller: ReturnType<typeof startNamespaceController>;

beforeAll(async () => {
  site = await openSite();
  api = site.cluster.connection.api;
  controller = startNamespaceController(api);
  await install();
});
afterAll(async () => {
  await controller?.stop();
  await site?.stop();
});

async function install(): Promise<void> {
  const result = await site.run(...bootstrap(site));
  expect(result.code, result.stderr).toBe(0);
}

const context = () => site.cluster.server.contextName;
const run = (command: string, ...more: string[]) =>
  site.run(command, '--cluster', clusterName, '--context', context(), ...more);

/** Marks objects as Argo CD does with those of an Application. */
function tracked(application: string, object: KubernetesObject): KubernetesObject {
  const { kind, metadata } = object;
  const id = `${application}:/${kind}:${metadata.namespace ?? ''}/${metadata.name}`;
  return {
    ...object,
    metadata: { ...metadata, annotations: { ...metadata.annotations, 'argocd.argoproj.io/tracking-id': id } },
  };
}

async function put(...objects: KubernetesObject[]): Promise<void> {
  for (const object of objects) await api.apply(object, { manager: 'argocd-controller', force: true });
}

const namespace = (name: string): KubernetesObject => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
const claim = (name: string, where: string): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name, namespace: where },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
});

/** A CRD as a chart or a program makes it, as large as it has to be here: Argo CD leaves no mark on these. */
function definition(group: string, kind: string): KubernetesObject {
  const singular = kind.toLowerCase();
  const plural = `${singular}s`;
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { kind, plural, singular, listKind: `${kind}List` },
      versions: [{ name: 'v1', served: true, storage: true, schema }],
    },
  };
}
const challenge = (where: string): KubernetesObject => ({
  apiVersion: 'acme.cert-manager.io/v1',
  kind: 'Challenge',
  metadata: { name: 'public', namespace: where, finalizers: ['acme.cert-manager.io/finalizer'] },
});

/** @param definitions names of the CRDs that it deployed: they are named nowhere else */
function child(name: string, definitions: readonly string[] = []): KubernetesObject {
  const source = { repoURL: site.remote.url, path: '.', targetRevision: 'main', ref: 'values' };
  return tracked('platform', {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { name, namespace: 'argocd', finalizers: ['resources-finalizer.argocd.argoproj.io'] },
    spec: { project: 'platform', destination: {}, sources: [source] },
    status: {
      resources: definitions.map((definition) => ({
        group: 'apiextensions.k8s.io',
        kind: 'CustomResourceDefinition',
        name: definition,
        version: 'v1',
      })),
    },
  });
}

/** What Argo CD would have made of some components, with all that holds up a deletion. */
async function deploy(): Promise<void> {
  const selector = { app: 'dex' };
  await put(
    child('cert-manager', ['challenges.acme.cert-manager.io']),
    child('dex'),
    tracked('platform', namespace('auth')),
    tracked('platform', namespace('cert-manager')),
    definition('acme.cert-manager.io', 'Challenge'),
    definition('dex.coreos.com', 'AuthCode'),
    definition('example.com', 'Other'),
    tracked('dex', {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'dex', namespace: 'auth' },
      spec: {
        selector: { matchLabels: selector },
        template: { metadata: { labels: selector }, spec: { containers: [{ name: 'dex', image: 'dex' }] } },
      },
    }),
    // Its backend is not there, and each deletion asks it.
    tracked('cert-manager', {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingWebhookConfiguration',
      metadata: { name: 'cert-manager-webhook' },
      webhooks: [
        {
          name: 'webhook.cert-manager.io',
          admissionReviewVersions: ['v1'],
          sideEffects: 'None',
          failurePolicy: 'Fail',
          timeoutSeconds: 1,
          clientConfig: { url: 'https://127.0.0.1:1/' },
          rules: [
            {
              apiGroups: ['acme.cert-manager.io'],
              apiVersions: ['v1'],
              operations: ['DELETE'],
              resources: ['challenges'],
            },
          ],
        },
      ],
    }),
  );
  await put(challenge('cert-manager'));
}

async function everything(): Promise<string[]> {
  const lists = await Promise.all(
    (await kindsOf(api)).map(async ({ apiVersion, kind }) => (await api.list<LiveObject>(apiVersion, kind)).items),
  );
  return lists
    .flat()
    .filter(({ metadata }) => !/^(system:|kube-|default$)/.test(metadata.namespace ?? metadata.name))
    .map(({ kind, metadata }) => `${kind} ${metadata.namespace ?? ''}/${metadata.name}`);
}

const named = (names: readonly string[], pattern: RegExp) => names.filter((name) => pattern.test(name));

describe('the status of a platform that Argo CD has not looked at', () => {
  it('is exit code 1, with what Git has, what is missing, and each Application of the tree', async () => {
    const result = await run('status', '--json');
    expect(result.code, result.stderr).toBe(1);
    const status = JSON.parse(result.stdout);
    expect(status).toMatchObject({
      cluster: clusterName,
      ok: false,
      root: { name: 'platform', git: { revision: 'main', commit: site.remote.git('rev-parse', 'main') } },
    });
    expect(status.missing).toEqual(
      status.waves.flatMap((wave: { applications: { name: string }[] }) => wave.applications.map(({ name }) => name)),
    );
  });

  it('is written as a page, too', async () => {
    const file = join(site.checkout.root, '.breakwater', 'status.html');
    await run('status', '--html', file);
    expect(readFileSync(file, 'utf8')).toContain(`<h1>Status of ${clusterName}</h1>`);
  });

  it('can be followed until Ctrl+C, which is not a failure', async () => {
    const following = site.start('status', '--cluster', clusterName, '--context', context(), '--watch');
    while (!following.said().includes('Applications are Synced and Healthy')) await sleep(200);
    following.interrupt();
    expect((await following.result).code).toBe(0);
  });

  it('tells a sync what to do', async () => {
    const result = await run('sync', '--dry-run', '--json');
    expect(result.code, result.stderr).toBe(0);
    expect(JSON.parse(result.stdout).steps[0]).toMatchObject({ step: 'sync', outcome: 'would-do' });
  });
});

describe('an uninstall', () => {
  it('is refused without a terminal and without --yes', async () => {
    const result = await run('uninstall');
    expect(result.code).toBe(2);
    expect(result.stderr).toContain('--yes');
  });

  it('says in a dry run what would go and what would stay, and changes nothing', async () => {
    await deploy();
    await put(claim('models', 'auth'));
    const before = await everything();
    const result = await run('uninstall', '--dry-run', '--json');
    expect(result.code).toBe(0);
    const { steps, kept } = JSON.parse(result.stdout);
    expect(steps.map(({ step }: { step: string }) => step).slice(0, 3)).toEqual(['mark', 'root', 'tenants']);
    expect(steps.at(-1).step).toBe('argocd');
    expect(steps.find(({ step }: { step: string }) => step === 'definitions').message).toBe('delete 2 CRDs');
    expect(steps.at(-1).message).toContain('3 CRDs');
    expect(kept).toContainEqual({
      what: 'Namespace auth, with its Secrets',
      why: 'it contains data (PersistentVolumeClaim models)',
    });
    expect(await everything()).toEqual(before);
  });

  it('keeps what holds data, takes the rest, leaves nothing stuck, and finds nothing to do afterwards', async () => {
    const result = await run('uninstall', '--yes');
    expect(result.code, result.stderr).toBe(0);
    expect(result.stdout).toContain('acme.cert-manager.io/finalizer: removed the finalizers');
    const left = await everything();
    expect(named(left, /argo|dex|cert-manager|acme/i)).toEqual(['Secret auth/dex-users']);
    expect(left).toContain('PersistentVolumeClaim auth/models');
    expect(left).toContain('CustomResourceDefinition /others.example.com');
    const again = await run('uninstall', '--yes', '--json');
    expect(again.code, again.stderr).toBe(0);
    expect(JSON.parse(again.stdout)).toMatchObject({ nothingToDo: true });
  });

  it('is undone by a bootstrap, which takes the kept namespace for its own; --delete-data then takes that, too', async () => {
    await install();
    await deploy();
    const result = await run('uninstall', '--yes', '--delete-data');
    expect(result.code, result.stderr).toBe(0);
    expect(named(await everything(), /[ /]auth(\/|$)|argo|dex/i)).toEqual([]);
  });

  it('is refused on a cluster that another repository has, and changes nothing', async () => {
    await install();
    const root = {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Application',
      metadata: { name: 'platform', namespace: 'argocd' },
    };
    await api.merge(root, { spec: { source: { repoURL: 'https://git.example.com/other/platform.git' } } });
    const before = await everything();
    const result = await run('uninstall', '--yes');
    expect(result.code).toBe(1);
    expect(result.stderr).toContain('https://git.example.com/other/platform.git');
    expect(await everything()).toEqual(before);
  });
});
