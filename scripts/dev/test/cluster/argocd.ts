import { setTimeout as sleep } from 'node:timers/promises';
import { parse, parseAllDocuments } from 'yaml';
import type { LiveApplication } from '../../../cluster/applications.ts';
import { applicationApi } from '../../../cluster/applications.ts';
import type { KubernetesObject } from '../../../components/component.ts';
import { revisionAnnotation } from '../../../components/domain.ts';
import { isMap, listAt, textsAt, waveOf } from '../../../tree/rules/parsed-tree.ts';
import { clusterName, type TestSite } from './site.ts';

const namespace = 'argocd';
const root = 'platform';

/**
 * Plays Argo CD after a push: writes the Applications of a commit wave by wave, pinned to it, each with the status that it would
 * have. The real one does so in the rehearsal; here the statuses are the input of the program's --wait.
 *
 * @param commit what the root syncs, in the Git host's repository
 */
export async function playArgoCD(site: TestSite, commit: string): Promise<void> {
  await setStatus(site, root, rootStatus(commit, false));
  const applications = readApplications(site, commit);
  const waves = [...new Set(applications.map(waveOf))].sort((a, b) => a - b);
  for (const wave of waves) {
    for (const application of applications.filter((one) => waveOf(one) === wave)) {
      await site.cluster.connection.api.apply(pinned(application, commit), { manager: 'argocd', force: true });
      await setStatus(site, application.metadata.name, childStatus(application, commit, 'Healthy'));
    }
    await sleep(100);
  }
  await setStatus(site, root, rootStatus(commit, true));
}

/** Lets an Application be degraded, as Argo CD says it of a Deployment whose Pods do not start. */
export async function breakApplication(site: TestSite, name: string, message: string): Promise<void> {
  await setStatus(site, name, { health: { status: 'Degraded', message } });
}

function readApplications({ remote }: TestSite, commit: string): KubernetesObject[] {
  const folder = `clusters/${clusterName}/apps`;
  const read = (file: string) => remote.git('show', `${commit}:${folder}/${file}`);
  return textsAt(parse(read('kustomization.yaml')), 'resources')
    .flatMap((file) => parseAllDocuments(read(file)).map((document): unknown => document.toJS()))
    .filter((object): object is KubernetesObject => isMap(object) && object.kind === 'Application');
}

/** As the root's kustomization pins it: docs/waves.md. */
function pinned(application: KubernetesObject, commit: string): KubernetesObject {
  const spec = isMap(application.spec) ? application.spec : {};
  const sources = listAt(spec, 'sources').map((source) =>
    isMap(source) && source.ref === 'values' ? { ...source, targetRevision: commit } : source,
  );
  const annotations = { ...application.metadata.annotations, [revisionAnnotation]: commit };
  return { ...application, metadata: { ...application.metadata, annotations }, spec: { ...spec, sources } };
}

function childStatus(application: KubernetesObject, commit: string, health: string): object {
  const revisions = listAt(application.spec, 'sources').map((source) =>
    isMap(source) && source.ref === 'values' ? commit : String(isMap(source) ? source.targetRevision : ''),
  );
  return { sync: { status: 'Synced', revisions }, health: { status: health } };
}

function rootStatus(commit: string, done: boolean): object {
  const time = new Date().toISOString();
  return {
    sync: { status: done ? 'Synced' : 'OutOfSync', revision: commit },
    health: { status: done ? 'Healthy' : 'Progressing' },
    operationState: {
      operation: { sync: {} },
      phase: done ? 'Succeeded' : 'Running',
      message: done ? 'successfully synced' : 'waiting for healthy state',
      startedAt: time,
      ...(done ? { finishedAt: time } : {}),
      syncResult: { revision: commit },
    },
  };
}

async function setStatus({ cluster }: TestSite, name: string, status: object): Promise<void> {
  const reference = { apiVersion: applicationApi, kind: 'Application', metadata: { name, namespace } };
  await cluster.connection.api.merge<LiveApplication>(reference, { status });
}
