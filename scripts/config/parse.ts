import type * as z from 'zod';
import type { Problem } from '../report/errors.ts';
import type { Shared } from './cluster.ts';
import { type InputDocument, parseDocument } from './document.ts';
import { explain } from './messages.ts';
import { formatPath, type KeyPath, mostProblems } from './paths.ts';
import { type InputFinding, locate, withPositions } from './positions.ts';
import { appFindings } from './running-apps.ts';
import { type ClusterFile, clusterFile } from './schema/cluster.ts';
import { isRecord } from './schema/reads.ts';
import { versionFindings } from './version-floors.ts';
import { parseOptions, type Written } from './words.ts';

/** A validated value, or every problem with the text. */
export type Parsed<T> = { value: T } | { problems: readonly Problem[] };

/**
 * Parses text as YAML and validates it.
 *
 * @param schema what the value must be
 * @param text the file's text
 * @param file path for problems
 * @param options `emptyHint`: hint for an empty file; `further`: rules beyond the schema, on the value as written;
 *   their findings are dropped where the schema reports one; `whole`: rules on the value, once the schema accepts it
 */
export function parseInput<S extends z.ZodType>(
  schema: S,
  text: string,
  file: string,
  options: {
    emptyHint?: string;
    further?: (value: unknown) => readonly InputFinding[];
    whole?: (value: z.output<S>) => readonly InputFinding[];
  } = {},
): Parsed<z.output<S>> {
  const { input, problems } = parseDocument(text, file, options.emptyHint);
  if (input === undefined) return { problems };
  const result = schema.safeParse(input.value, parseOptions);
  const findings = result.success ? [] : explain(schema, result.error.issues, (path) => look(input, path));
  const known = new Set(findings.map(({ path }) => formatPath(path)));
  const further = (options.further?.(input.value) ?? []).filter(({ path }) => !known.has(formatPath(path)));
  const whole = result.success ? (options.whole?.(result.data) ?? []) : [];
  const all = sorted([...problems, ...withPositions(input, [...findings, ...further, ...whole])]);
  return result.success && all.length === 0 ? { value: result.data } : { problems: all.slice(0, mostProblems) };
}

/**
 * Reads the text of a cluster.yaml.
 *
 * @param text the file's text
 * @param file path for problems, for example `clusters/demo/cluster.yaml`
 * @param folder name of the file's folder, which must equal the cluster's name
 * @param shared apps and upstreams of all clusters; undefined when they could not be read, which is reported elsewhere
 * @param further rules that read other files
 */
export function parseClusterFile(
  text: string,
  file: string,
  folder: string,
  shared?: Pick<Shared, 'apps' | 'upstream'>,
  further: (value: ClusterFile) => readonly InputFinding[] = () => [],
): Parsed<ClusterFile> {
  return parseInput(clusterFile, text, file, {
    whole: (value) => [
      ...further(value),
      ...(shared === undefined ? [] : [...appFindings(value, shared.apps), ...versionFindings(value, shared.upstream)]),
    ],
    emptyHint: `Write at least "name: ${folder}" and auth.users; clusters/demo/cluster.yaml is an example.`,
    further: (value) => [...nameFindings(value, folder), ...lifetimeFindings(value)],
  });
}

function nameFindings(value: unknown, folder: string): InputFinding[] {
  const name = isRecord(value) ? value.name : undefined;
  if (typeof name !== 'string' || name === folder) return [];
  const hint = `Write name: ${folder}, or rename the folder.`;
  return [{ path: ['name'], at: 'value', message: `must equal the name of its folder, ${folder}`, hint }];
}

/** Only the file as written tells whether a setting with a default is in it. */
function lifetimeFindings(value: unknown): InputFinding[] {
  const tls = isRecord(value) ? value.tls : undefined;
  if (!isRecord(tls) || !isRecord(tls.certificate)) return [];
  return ['duration', 'renewBefore']
    .filter((key) => key in tls)
    .map((key) => ({
      path: ['tls', key],
      at: 'key',
      message: 'has no effect beside tls.certificate, which nothing renews',
      hint: 'Remove it.',
    }));
}

function look(input: InputDocument, path: KeyPath): Written {
  const spot = locate(input, path);
  const value = path.reduce<unknown>(
    (inside, part) => (typeof inside === 'object' && inside !== null ? Reflect.get(inside, part) : undefined),
    input.value,
  );
  return { exists: spot.exists, value, source: spot.source };
}

function sorted(problems: readonly Problem[]): Problem[] {
  const number = (one: number | undefined): number => one ?? 0;
  return [...problems].sort((a, b) => number(a.line) - number(b.line) || number(a.column) - number(b.column));
}
