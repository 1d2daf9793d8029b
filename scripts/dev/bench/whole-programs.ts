import { spawnSync } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAllDocuments, stringify } from 'yaml';
import type { ParsedTree } from '../../tree/rules/parsed-tree.ts';

/** A program that writes a cluster's objects, as a command that ends. */
export interface Peer {
  name: string;
  /** Writes the objects of one cluster once, as their users would by hand. */
  run(): void;
}

/**
 * Runs a program to its end. Not with zx: its shell would be measured, too.
 *
 * @returns what it wrote on stdout and stderr
 * @throws Error when it ends with another exit code
 */
export function runWhole(program: string, parameters: readonly string[], { cwd = process.cwd(), code = 0 } = {}) {
  const result = spawnSync(program, parameters, { cwd, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  if (result.status === code) return result;
  throw new Error(`${program} ${parameters.join(' ')} ended with ${result.status}: ${result.stderr}`);
}

/** What a chart needs to give files as they are: our texts hold braces of templates that are Argo CD's. */
const template = '{{ range $path, $_ := .Files.Glob "objects/*" }}{{ $.Files.Get $path }}\n---\n{{ end }}';

/**
 * Writes the objects of a tree as a kustomization and as a chart, and asserts that both programs give every one of them.
 *
 * @param folder is made
 * @param tools paths of kubectl, whose kustomize is the one that users have, and of helm
 * @throws Error when a program gives other objects
 */
export async function writePeers(
  folder: string,
  tree: ParsedTree,
  tools: { kubectl: string; helm: string },
): Promise<Peer[]> {
  const objects = [...tree.files.values()]
    .flatMap((file) => file.objects)
    .filter(({ kind }) => kind !== 'Kustomization');
  await rm(folder, { recursive: true, force: true });
  const names = objects.map(({ kind, metadata }, index) => `${index}-${kind}-${metadata.name}.yaml`.toLowerCase());
  for (const place of ['kustomize', 'helm/objects', 'helm/templates'])
    await mkdir(join(folder, place), { recursive: true });
  for (const [index, object] of objects.entries())
    for (const place of ['kustomize', 'helm/objects'])
      await writeFile(join(folder, place, names[index] ?? ''), stringify(object));
  await writeFile(join(folder, 'kustomize', 'kustomization.yaml'), stringify({ resources: names }));
  await writeFile(join(folder, 'helm', 'Chart.yaml'), stringify({ apiVersion: 'v2', name: 'bench', version: '1.0.0' }));
  await writeFile(join(folder, 'helm', 'templates', 'all.yaml'), template);
  const commands = [
    { name: 'kustomize', program: tools.kubectl, parameters: ['kustomize', join(folder, 'kustomize')] },
    { name: 'helm', program: tools.helm, parameters: ['template', 'bench', join(folder, 'helm')] },
  ];
  return commands.map(({ name, program, parameters }) => {
    const run = () => runWhole(program, parameters).stdout;
    const given = parseAllDocuments(run()).filter((document) => document.toJS() !== null).length;
    if (given !== objects.length) throw new Error(`${name} gives ${given} of ${objects.length} objects`);
    return { name, run };
  });
}
