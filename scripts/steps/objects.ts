import { join, relative } from 'node:path';
import { withoutValues } from '../cluster/repository-secret.ts';
import type { KubernetesObject, SecretNeed } from '../components/component.ts';
import { RunError } from '../report/errors.ts';
import { header, toYaml } from '../tree/yaml.ts';
import { writeObjects as writeFolder } from '../workspace/write.ts';
import type { BootstrapContext } from './context.ts';
import { registrationObjects, repositoryObject } from './registration.ts';
import { step } from './step.ts';
import { argocdKustomizations, argocdObjects } from './upstream-objects.ts';

interface Found {
  files: ReadonlyMap<string, string>;
  /** Why Argo CD's own objects are not among them. */
  withoutArgocd?: RunError;
}

/** Where no cluster is named: the objects that would be applied go to a folder, for a person to read. */
export const writeObjects = step<BootstrapContext, Found, Found>({
  name: 'objects',
  look: async ({ root, cluster }) => {
    const { namespaces, project, root: rootApplication, secrets } = registrationObjects(cluster);
    const line = header(`${cluster.folder}/cluster.yaml`, cluster.name);
    const files = new Map<string, string>();
    const write = (name: string, objects: readonly KubernetesObject[]) => files.set(name, toYaml(line, objects));
    write('01-namespaces.yaml', namespaces);
    write('03-repository-secret.yaml', [withoutValues(repositoryObject(cluster))]);
    files.set('04-secrets.txt', secretsList(secrets));
    write('05-project.yaml', [project]);
    write('06-root-application.yaml', [rootApplication]);
    if (!cluster.argocd.install) return { files };
    try {
      write('02-argocd.yaml', await argocdObjects(root, cluster));
    } catch (error) {
      if (!(error instanceof RunError)) throw error;
      files.set('02-argocd.kustomization.yaml', toYaml(line, argocdKustomizations(cluster)));
      return { files, withoutArgocd: error };
    }
    return { files };
  },
  decide: (found, { cluster, connection }) =>
    connection !== undefined
      ? { kind: 'skip', message: 'they are applied to the cluster instead' }
      : {
          kind: 'do',
          message: `write the objects that a cluster would be told to ${folderOf(cluster.name)}`,
          work: found,
        },
  act: async ({ files, withoutArgocd }, { root, cluster, reporter }) => {
    const folder = join(root, folderOf(cluster.name));
    await writeFolder(folder, files);
    if (withoutArgocd !== undefined) {
      reporter.warn(
        `Argo CD's own objects could not be built: ${withoutArgocd.message}. 02-argocd.kustomization.yaml gives exactly these objects where its repository can be reached. ${withoutArgocd.hint ?? ''}`.trim(),
      );
    }
    return `wrote ${files.size} files to ${relative(root, folder)}: ${[...files.keys()].sort().join(', ')}`;
  },
});

/** @returns where the objects of a cluster go, relative to the repository */
export function folderOf(cluster: string): string {
  return `.breakwater/${cluster}/objects`;
}

/** Names and keys: the values are made in the cluster. No YAML, so that nobody applies empty Secrets. */
function secretsList(secrets: readonly SecretNeed[]): string {
  const lines = secrets.map(
    ({ namespace, name, keys, purpose }) =>
      `${namespace}/${name}: ${purpose}\n  keys: ${Object.keys(keys).join(', ')}\n`,
  );
  return `Secrets that the bootstrap makes in the cluster, and Git never holds:\n\n${lines.join('\n')}`;
}
