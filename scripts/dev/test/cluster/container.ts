import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { KubernetesObject } from '../../../components/component.ts';
import { at, listAt, textsAt } from '../../../tree/rules/parsed-tree.ts';

/** How a Deployment's container would be started: what its real program gets. */
export interface Container {
  args: string[];
  env: Record<string, string>;
}

/**
 * Reads how a chart starts its program, with files of ConfigMaps and Secrets written to a folder and values of Secrets given.
 *
 * @param secretValue value of a key of a Secret that the bootstrap makes
 */
export async function containerOf(
  objects: readonly KubernetesObject[],
  name: string,
  folder: string,
  secretValue: (secret: string, key: string) => string,
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
  return { args, env };
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
