import type * as z from 'zod';

type Node = z.core.JSONSchema.BaseSchema;

/** What an editor offers at one key, beside what the schema says of it. */
export interface EditorHint {
  examples?: readonly unknown[];
  /** Texts to insert, with the editor's own placeholders: `${1:name}`. */
  snippets?: readonly { label: string; body: unknown }[];
}

/**
 * Adds what the YAML language server reads beside JSON Schema's own keywords: the message of each pattern, and what each choice means.
 * Both are derived: from the message of the rule, and from descriptions such as `push: commit and push. pull-request: …`.
 *
 * https://github.com/redhat-developer/yaml-language-server
 */
export function explainToEditors(zodSchema: z.core.$ZodTypes, node: Node): void {
  const messages = patternMessages(zodSchema);
  for (const each of [node, ...(node.allOf ?? [])] as Node[]) {
    // zod publishes another pattern for base64 than the one that it checks.
    const message = each.format === 'base64' ? [...messages.values()][0] : messages.get(String(each.pattern));
    if (message !== undefined) each.patternErrorMessage ??= message;
  }
  const meanings = node.enum?.map((value) => meaningOf(String(value), node.description ?? ''));
  if (meanings?.some((meaning) => meaning !== '')) node.enumDescriptions ??= meanings;
}

function patternMessages(zodSchema: z.core.$ZodTypes): ReadonlyMap<string, string> {
  const { def } = zodSchema._zod;
  const checks = [def, ...(def.checks ?? []).map((check) => check._zod.def)];
  return new Map(
    checks.flatMap((check) => {
      const { pattern, error } = check as Partial<z.core.$ZodCheckStringFormatDef>;
      const said = error?.({ code: 'invalid_format', format: 'regex', input: '', path: [] } as never);
      const message = typeof said === 'string' ? said : said?.message;
      return pattern === undefined || message === undefined ? [] : [[pattern.source, message] as const];
    }),
  );
}

/** @returns what a description says of one choice, up to the end of the sentence; empty when it says nothing */
function meaningOf(choice: string, description: string): string {
  return new RegExp(`(?:^| )${choice}: (.+?)(?=\\.(?:\\s|$))`).exec(description)?.[1] ?? '';
}

/**
 * Adds hints to a schema, and to each of its keys where the documentation describes it.
 *
 * @param hints by key, as `auth.users[].email`; `` for the file itself
 * @param page returns the page for a key at the top
 * @throws Error for a hint at a key that the schema lacks
 */
export function addHints(
  schema: Node,
  hints: Readonly<Record<string, EditorHint>>,
  page: (key: string) => string,
): void {
  for (const [path, { examples, snippets }] of Object.entries(hints)) {
    const node = nodeAt(schema, path);
    if (examples !== undefined) node.examples = [...examples];
    if (snippets !== undefined) node.defaultSnippets = snippets;
  }
  for (const [key, node] of Object.entries(schema.properties ?? {}) as [string, Node][]) {
    if (node.description !== undefined) node.markdownDescription = `${node.description}\n\nMore: \`${page(key)}\``;
  }
}

/** @returns the node of a key such as `auth.users[].email` */
function nodeAt(schema: Node, path: string): Node {
  const steps = path.split(/\.|(?=\[\])/).filter((step) => step !== '');
  return steps.reduce((node, step) => {
    const next = step === '[]' ? node.items : node.properties?.[step];
    if (next === undefined) throw new Error(`the schema has no ${path}`);
    return next as Node;
  }, schema);
}
