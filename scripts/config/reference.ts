import { appJsonSchema, clusterJsonSchema } from './json-schema.ts';
import { tenantJsonSchema } from './tenant-json-schema.ts';

/** The parts of a JSON Schema node that the reference uses. */
interface Node {
  type?: string;
  description?: string;
  default?: unknown;
  const?: string;
  enum?: readonly string[];
  properties?: Readonly<Record<string, Node>>;
  additionalProperties?: Node | boolean;
  required?: readonly string[];
  items?: Node;
  anyOf?: readonly Node[];
  oneOf?: readonly Node[];
  allOf?: readonly Node[];
  $ref?: string;
  definitions?: Readonly<Record<string, Node>>;
}

interface Row {
  key: string;
  value: string;
  meaning: string;
}

/**
 * Writes the reference of cluster.yaml from the published JSON Schema, so that docs and program cannot diverge: a table per section
 * with every key, its default and its meaning.
 *
 * @returns Markdown
 */
export function configReference(): string {
  const schema = JSON.parse(clusterJsonSchema()) as Node;
  const definitions = schema.definitions ?? {};
  const single: Row[] = [];
  const sections: string[] = [];
  for (const [name, node] of Object.entries(schema.properties ?? {})) {
    const required = schema.required?.includes(name) === true;
    const below = isByName(node) ? namedRows(name, node, definitions) : rows(name, node, definitions);
    if (below.length === 0) single.push(row(name, node, required, definitions));
    else sections.push(`### ${name}\n\n${prose(node.description)}\n\n${table(below)}`);
  }
  return [table(single), ...sections].join('\n');
}

/**
 * Writes the reference of app.yaml, in the same way.
 *
 * @returns Markdown
 */
export function appReference(): string {
  return wholeReference(appJsonSchema());
}

/**
 * Writes the reference of tenant.yaml, in the same way.
 *
 * @returns Markdown
 */
export function tenantReference(): string {
  return wholeReference(tenantJsonSchema());
}

function wholeReference(text: string): string {
  const schema = JSON.parse(text) as Node;
  const definitions = schema.definitions ?? {};
  const all = Object.entries(schema.properties ?? {}).flatMap(([name, node]) => [
    row(name, node, schema.required?.includes(name) === true, definitions),
    ...rows(name, node, definitions),
  ]);
  return table(all);
}

const placeholders: Readonly<Record<string, string>> = { components: '<component>', apps: '<app>' };

/** @returns true for sections whose keys are names, with the same settings under each */
function isByName(node: Node): boolean {
  const entries = Object.values(node.properties ?? {});
  return (
    typeof node.additionalProperties === 'object' || (entries.length > 1 && entries.every((entry) => reference(entry)))
  );
}

function namedRows(name: string, node: Node, definitions: Node['definitions']): Row[] {
  const first =
    typeof node.additionalProperties === 'object' ? node.additionalProperties : Object.values(node.properties ?? {})[0];
  return first === undefined ? [] : rows(`${name}.${placeholders[name] ?? '<name>'}`, first, definitions);
}

function rows(path: string, node: Node, definitions: Node['definitions']): Row[] {
  const { properties = {}, required = [], items } = resolved(node, definitions);
  if (isSecret(node)) return [];
  const own = Object.entries(properties).flatMap(([key, child]) => {
    // The path already contains the kind of the variant.
    if (child.const !== undefined && key === 'type') return [];
    const at = `${path}.${key}`;
    return [row(at, child, required.includes(key), definitions), ...rows(at, child, definitions)];
  });
  const variants = (node.anyOf ?? node.oneOf ?? []).flatMap((variant) => {
    const kind = resolved(variant, definitions).properties?.type?.const;
    return rows(kind === undefined ? path : `${path}{${kind}}`, variant, definitions);
  });
  return [...own, ...variants, ...(items === undefined ? [] : rows(`${path}[]`, items, definitions))];
}

/** A description as Markdown, in which "<name>" would be an element. */
function prose(description = ''): string {
  return description.replaceAll(/`[^`]*`|</g, (found) => (found === '<' ? '\\<' : found));
}

function row(key: string, node: Node, required: boolean, definitions: Node['definitions']): Row {
  const meaning = prose(node.description ?? resolved(node, definitions).description);
  const choices = node.enum === undefined ? '' : ` One of ${node.enum.map((choice) => `\`${choice}\``).join(', ')}.`;
  if (node.default !== undefined) return { key, value: code(node.default), meaning: meaning + choices };
  return { key, value: required ? '(required)' : '', meaning: meaning + choices };
}

/** Resolves a reference to a definition, which is alone or in allOf next to a description. */
function resolved(node: Node, definitions: Node['definitions']): Node {
  const name = reference(node)?.split('/').at(-1);
  return name === undefined ? node : (definitions?.[name] ?? node);
}

function reference(node: Node): string | undefined {
  return node.$ref ?? node.allOf?.find(({ $ref }) => $ref !== undefined)?.$ref;
}

function isSecret(node: Node): boolean {
  return reference(node)?.toLowerCase().includes('secret') === true;
}

function code(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text === '{}' ? '' : `\`${text}\``;
}

function table(entries: readonly Row[]): string {
  const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
  const lines = entries.map(({ key, value, meaning }) => `| \`${key}\` | ${cell(value)} | ${cell(meaning)} |`);
  return ['| key | default | meaning |', '| --- | --- | --- |', ...lines, ''].join('\n');
}
