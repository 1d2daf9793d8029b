import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Connection } from '../cluster/connect.ts';
import { kindName, readSnapshot, type Snapshot } from '../cluster/inventory.ts';
import { judgeOwnership } from '../cluster/judge-ownership.ts';
import { kubeconfigFor } from '../cluster/kubeconfig.ts';
import type { LiveObject } from '../cluster/live.ts';
import { lookAtOwnership } from '../cluster/ownership.ts';
import { lookAtSecrets, planSecrets } from '../cluster/secret-plan.ts';
import { isOurs } from '../cluster/whose.ts';
import type { Platform } from '../components/platform.ts';
import { loadCluster } from '../config/load.ts';
import { parseClusterFile } from '../config/parse.ts';
import { RunError, UsageError } from '../report/errors.ts';
import type { Reporter } from '../report/reporter.ts';
import { placePlatform } from '../tree/place.ts';
import { type RenderedTree, renderDocuments } from '../tree/render.ts';
import { allObjects, namespaceOf } from '../tree/rules/parsed-tree.ts';
import { withScratchCopy } from '../workspace/scratch-copy.ts';
import { entryPointKinds, judgeEntryPoints } from './adopt-entry-points.ts';
import { type AdoptRow, type Fate, judgeObjects, kindsOfObjects, type PlannedObject } from './adopt-objects.ts';
import { judgePrograms } from './adopt-programs.ts';
import { type AdoptRequest, adoptedFile, withoutPeople } from './adopt-settings.ts';
import { renderUpstreams } from './check-rendered.ts';
import { ownershipQuestion, registrationObjects } from './registration.ts';

/** What a look at a cluster found out. */
export interface Adoption {
  cluster: string;
  /** Path of its cluster.yaml. */
  file: string;
  /** Text of the new cluster.yaml; absent where one exists, which is never changed. */
  text?: string;
  rows: readonly AdoptRow[];
  /** What could not be read or compared, one sentence each. */
  notes: readonly string[];
}

const fates: readonly Fate[] = ['in the way', 'open today', 'becomes ours', 'stays yours'];

/** Kinds by which programs are recognised; those of the platform's own objects come with the tree. */
const recognised: ReadonlySet<string> = new Set([
  ...['Node', 'Namespace', 'Service', 'ConfigMap', 'PersistentVolumeClaim'],
  ...['Deployment.apps', 'StatefulSet.apps', 'DaemonSet.apps', ...entryPointKinds],
  'APIService.apiregistration.k8s.io',
  'CustomResourceDefinition.apiextensions.k8s.io',
  'MutatingWebhookConfiguration.admissionregistration.k8s.io',
  ...['Application.argoproj.io', 'ArgoCD.argoproj.io', 'ClusterIssuer.cert-manager.io', 'IPAddressPool.metallb.io'],
  ...['Gateway.networking.istio.io', 'VirtualService.networking.istio.io', 'EnvoyFilter.networking.istio.io'],
  ...['AuthorizationPolicy.security.istio.io', 'Profile.kubeflow.org', 'Notebook.kubeflow.org'],
]);

/**
 * Reads what runs in a cluster, and compares it with the platform. Reads only, in the cluster and on disk.
 *
 * @param request what a new cluster.yaml is to say; an existing one is used as it is
 * @throws UsageError when the result is not a valid cluster.yaml, or the existing one is not
 */
export async function adopt(
  root: string,
  { api, context, server }: Connection,
  request: AdoptRequest,
  reporter: Reporter,
): Promise<Adoption> {
  const { name } = request;
  const file = `clusters/${name}/cluster.yaml`;
  reporter.status('reading the cluster');
  const first = await readSnapshot(api, recognised);
  const text = existsSync(join(root, file)) ? undefined : adoptedFile(withoutPeople(first.snapshot), request);
  if (text !== undefined) requireValidFile(text, file, name);
  reporter.status('rendering the platform, to compare it with what is there');
  const { platform, documents, planned, notes } = await planPlatform(root, name, text);
  const more = new Set([...kindsOfObjects(planned)].filter((kind) => !recognised.has(kind)));
  const second = await readSnapshot(api, more);
  const all: Snapshot = new Map([...first.snapshot, ...second.snapshot]);
  const question = ownershipQuestion(platform, documents, context);
  const found = await lookAtOwnership(api, question);
  const ours = (object: LiveObject) => isOurs(object, found, question);
  const snapshot = new Map([...all].map(([kind, objects]) => [kind, objects.filter((object) => !ours(object))]));
  const namespaces = new Set(
    planned.flatMap(({ object }) => (object.kind === 'Namespace' ? object.metadata.name : [])),
  );
  const rows = [
    ...judgePrograms({
      all: withoutPeople(all),
      snapshot: withoutPeople(snapshot),
      cluster: platform.cluster,
      planned,
    }),
    ...judgeEntryPoints(all, namespaces, ours),
    ...judgeObjects({ cluster: name, planned, snapshot: all, isOurs: ours }),
    ...judgeOwnership(found, question).findings.flatMap(({ code, refuse, message, hint }): AdoptRow[] =>
      // The line of the Application says how these change hands.
      refuse && !['namespace-foreign', 'workload-foreign'].includes(code)
        ? [{ fate: 'in the way', what: code, reason: message, todo: hint }]
        : [],
    ),
    ...(await judgeSecrets(api, platform)),
  ];
  const unreadable = [...first.unreadable, ...second.unreadable];
  const elsewhere = await otherContext(platform.cluster.kubernetes.context, { context, server });
  return {
    cluster: name,
    file,
    ...(text === undefined ? {} : { text }),
    rows: rows.toSorted((a, b) => fates.indexOf(a.fate) - fates.indexOf(b.fate)),
    notes: [
      ...(unreadable.length === 0 ? [] : [`this user may not list ${unreadable.join(', ')}: the list may lack lines`]),
      ...(elsewhere === undefined
        ? []
        : [`${file} names ${elsewhere}: other commands go there without --context ${context}`]),
      ...notes,
    ],
  };
}

/** @returns the context that cluster.yaml names, if it leads elsewhere, with its server; contexts of one server are one cluster */
async function otherContext(named: string | undefined, read: Pick<Connection, 'context' | 'server'>) {
  if (named === undefined || named === read.context) return undefined;
  const config = await kubeconfigFor(named).catch(() => undefined);
  const server = config?.getCurrentCluster()?.server;
  if (server === read.server) return undefined;
  const where = server === undefined ? 'which your kubeconfig does not have' : server;
  return `the context ${named} (${where}), but this is ${read.context} (${read.server})`;
}

function requireValidFile(text: string, file: string, name: string): void {
  const parsed = parseClusterFile(text, file, name);
  if (!('problems' in parsed)) return;
  throw new UsageError('what was found and given does not make a valid cluster.yaml; nothing was written', {
    problems: parsed.problems,
    hint: 'Give --host, --email or --git-url otherwise, or write the file (npm run new) and run it again.',
  });
}

/** The platform as a cluster.yaml describes it, with all that its charts and kustomizations render to. */
async function planPlatform(
  root: string,
  name: string,
  text: string | undefined,
): Promise<{
  platform: Platform;
  documents: RenderedTree['documents'];
  planned: PlannedObject[];
  notes: string[];
}> {
  return await withScratchCopy(root, ['.git', 'node_modules', '.breakwater'], async (folder, write) => {
    if (text !== undefined) await write(new Map([[`clusters/${name}/cluster.yaml`, text]]));
    const platform = placePlatform(loadCluster(folder, name));
    const { tree: files, documents } = renderDocuments(platform);
    await write(files);
    const { tree, rendered, findings } = await renderUpstreams(folder, join(root, '.breakwater'), name);
    const { root: rootApplication } = platform.cluster.argocd;
    const planned = allObjects({ ...tree, rendered }).map((placed) => {
      const { object, application } = placed;
      const namespace = namespaceOf(placed);
      const metadata = { ...object.metadata, ...(namespace === '' ? {} : { namespace }) };
      return { application: application?.name ?? rootApplication.name, object: { ...object, metadata } };
    });
    const notes = findings.map(({ message }) => `not compared: ${message}`);
    // The root's own Applications and project are judged by their sources.
    return {
      platform,
      documents,
      planned: planned.filter(({ object }) => !/\.argoproj\.io$/.test(kindName(object))),
      notes,
    };
  });
}

async function judgeSecrets(api: Connection['api'], platform: Platform): Promise<AdoptRow[]> {
  const { secrets } = registrationObjects(platform);
  try {
    planSecrets(secrets, await lookAtSecrets(api, secrets));
    return [];
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    return error.details.map((line) => {
      const [, reason = line, todo = ''] = /^(.*?): (.*)$/.exec(line) ?? [];
      return { fate: 'in the way', what: 'a Secret', reason, todo: `${todo.charAt(0).toUpperCase()}${todo.slice(1)}` };
    });
  }
}
