import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { KubernetesObject } from '../../../components/component.ts';
import { at, listAt, textsAt } from '../../../tree/rules/parsed-tree.ts';

/** How a Deployment's container would be started: what its real program gets. */
export interface Container {
  args: string[];
  env: Record<string, string>;
  /** Folder with the files that the tree's own ConfigMaps mount, each at its path in the container. */
  root: string;
}

/**
 * Reads how a chart starts its program, with files of ConfigMaps and Secrets written to a folder and values of Secrets given.
 *
 * @param secretValue value of a key of a Secret that the bootstrap makes
 * @param own the tree's own ConfigMaps
 */
export async function containerOf(
  objects: readonly KubernetesObject[],
  name: string,
  folder: string,
  secretValue: (secret: string, key: string) => string,
  own: readonly KubernetesObject[] = [],
): Promise<Container> {
  const deployment = objects.find((object) => object.kind === 'Deployment' && object.metadata.name === name);
  const container = at(deployment, 'spec', 'template', 'spec', 'containers', 0);
  const env = Object.fromEntries(
    listAt(container, 'env').map((variable) => {
      const reference = at(variable, 'valueFrom', 'secretKeyRef');
      const value =
        reference === undefined
          ? String(at(variable, 'value'))
          : secretValue(String(at(reference, 'name')), String(at(reference, 'key')));
      return [String(at(variable, 'name')), value];
    }),
  );
  let args = textsAt(container, 'args');
  for (const [file, text] of filesOf(objects)) {
    const path = join(folder, file);
    await writeFile(path, text);
    args = args.map((arg) => arg.replace(new RegExp(`/etc/\\S*/${file.replaceAll('.', '\\.')}$`), () => path));
  }
  const root = join(folder, 'root');
  for (const [file, text] of mounted(deployment, own)) {
    await mkdir(dirname(join(root, file)), { recursive: true });
    await writeFile(join(root, file), text);
  }
  const local = args.map((arg) =>
    arg.replace(/(?<==)\/.+/, (path) => (existsSync(join(root, path)) ? root + path : path)),
  );
  return { args: local, env, root };
}

/** Paths and texts of the files that a Deployment mounts from these ConfigMaps. */
function mounted(deployment: unknown, configMaps: readonly KubernetesObject[]): [string, string][] {
  const pod = at(deployment, 'spec', 'template', 'spec');
  return listAt(pod, 'containers', 0, 'volumeMounts').flatMap((mount): [string, string][] => {
    const volume = listAt(pod, 'volumes').find((one) => at(one, 'name') === at(mount, 'name'));
    const name = at(volume, 'configMap', 'name');
    const data = (configMaps.find(({ metadata }) => metadata.name === name)?.data ?? {}) as Record<string, string>;
    const path = String(at(mount, 'mountPath'));
    const file = at(mount, 'subPath');
    if (file !== undefined) return data[String(file)] === undefined ? [] : [[path, data[String(file)] ?? '']];
    return Object.entries(data).map(([key, text]) => [join(path, key), text]);
  });
}

/** The files that the chart's own ConfigMaps and Secrets hold. */
function filesOf(objects: readonly KubernetesObject[]): [string, string][] {
  return objects.flatMap(({ kind, data }) => {
    if (kind !== 'ConfigMap' && kind !== 'Secret') return [];
    return Object.entries((data ?? {}) as Record<string, string>).map(([file, text]): [string, string] => [
      file,
      kind === 'Secret' ? Buffer.from(text, 'base64').toString() : text,
    ]);
  });
}
