import { join } from 'node:path';
import { withoutValues } from '../cluster/repository-secret.ts';
import type { SecretSpec } from '../components/component.ts';
import type { Platform } from '../components/platform.ts';
import { count } from '../report/count.ts';
import { RunError } from '../report/errors.ts';
import { generatedHeader, toYaml } from '../tree/yaml.ts';
import { holdsExactly, writePrivateFiles as writeFolder } from '../workspace/write.ts';
import type { BootstrapContext } from './context.ts';
import { registrationObjects, repositoryObject } from './registration.ts';
import { step } from './step.ts';
import { argocdKustomizations, argocdObjects } from './upstream-objects.ts';

interface Objects {
  files: ReadonlyMap<string, string>;
  /** What was not built, one sentence each. */
  leftOut: readonly string[];
}

interface Found {
  /** Undefined when they are not needed, or not built (dry run: Argo CD's would have to be fetched). */
  objects: Objects | undefined;
  /** The folder already has exactly these files. */
  there: boolean;
}

/** Without a context, writes the manifests that would be applied to a folder, for review. */
export const writeObjects = step<BootstrapContext, Found, Objects>({
  name: 'objects',
  look: async ({ root, cluster, planned, connection, options }) => {
    if (connection !== undefined || options.dryRun) return { objects: undefined, there: false };
    const objects = await objectFiles(root, planned.platform);
    return { objects, there: await holdsExactly(join(root, objectsFolder(cluster.name)), objects.files) };
  },
  decide: ({ objects = { files: new Map(), leftOut: [] }, there }, context) => {
    const folder = objectsFolder(context.cluster.name);
    if (context.connection !== undefined) return { kind: 'skip', message: 'they are applied to the cluster instead' };
    const next = { ...context, leftOut: [...context.leftOut, ...objects.leftOut] };
    if (there)
      return {
        kind: 'up-to-date',
        message: `${folder} already has the ${objects.files.size} manifests to apply`,
        next,
      };
    return { kind: 'do', message: `write the manifests to apply to ${folder}`, work: objects, next };
  },
  act: async ({ files }, { root, cluster }) => {
    const folder = objectsFolder(cluster.name);
    await writeFolder(join(root, folder), files);
    return `wrote ${count(files.size, 'file')} to ${folder}: ${[...files.keys()].sort().join(', ')}`;
  },
});

async function objectFiles(root: string, platform: Platform): Promise<Objects> {
  const { cluster } = platform;
  const { namespaces, project, root: rootApplication, secrets } = registrationObjects(platform);
  const line = generatedHeader(`${cluster.folder}/cluster.yaml`, cluster.name);
  const files = new Map([
    ['01-namespaces.yaml', toYaml(line, namespaces)],
    ['03-repository-secret.yaml', toYaml(line, [withoutValues(repositoryObject(cluster))])],
    ['04-secrets.txt', secretsList(secrets)],
    ['05-project.yaml', toYaml(line, [project])],
    ['06-root-application.yaml', toYaml(line, [rootApplication])],
  ]);
  if (!cluster.argocd.install) return { files, leftOut: [] };
  try {
    files.set('02-argocd.yaml', toYaml(line, await argocdObjects(root, cluster, { keep: true })));
    return { files, leftOut: [] };
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    files.set('02-argocd.kustomization.yaml', toYaml(line, argocdKustomizations(cluster)));
    const sentence = `Argo CD's own manifests, which cannot be built here: ${error.message}. Build them with ${objectsFolder(cluster.name)}/02-argocd.kustomization.yaml where its repository is reachable. ${error.hint ?? ''}`;
    return { files, leftOut: [sentence.trim()] };
  }
}

/** @returns the folder for a cluster's manifests, relative to the repository */
export function objectsFolder(cluster: string): string {
  return `.breakwater/${cluster}/objects`;
}

/** Names and keys; the values are generated in the cluster. Not YAML, so that no one applies empty Secrets. */
function secretsList(secrets: readonly SecretSpec[]): string {
  const lines = secrets.map(
    ({ namespace, name, keys, purpose }) =>
      `${namespace}/${name}: ${purpose}\n  keys: ${Object.keys(keys).join(', ')}\n`,
  );
  return `Secrets that the bootstrap creates in the cluster, and that are never in Git:\n\n${lines.join('\n')}`;
}
