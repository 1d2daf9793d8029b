import * as z from 'zod';
import { appHints, clusterHints, removalsHints, upstreamHints } from './editor-hints.ts';
import { addHints, type EditorHint, explainToEditors } from './editor-schema.ts';
import { removalsSchema } from './removals.ts';
import { appFile } from './schema/app.ts';
import { clusterFile } from './schema/cluster.ts';
import { upstreamFile } from './schema/upstream.ts';
import { unwrap } from './schema-shape.ts';
import { publishedTenantSchemas } from './tenant-json-schema.ts';

/** Published schema of cluster.yaml, relative to the repository. */
const clusterSchemaFile = 'clusters/cluster.schema.json';
/** Published schema of app.yaml. */
const appSchemaFile = 'apps/app.schema.json';

/** Published schemas by path, each with the function that computes its text. */
export const publishedSchemas: ReadonlyMap<string, () => string> = new Map([
  [clusterSchemaFile, clusterJsonSchema],
  [appSchemaFile, appJsonSchema],
  [
    'infrastructure/upstream.schema.json',
    () => jsonSchema(upstreamFile, 'Breakwater upstream', upstreamHints, () => 'docs/development.md'),
  ],
  [
    'clusters/removals.schema.json',
    () => jsonSchema(removalsSchema, 'Breakwater removals', removalsHints, () => 'docs/pull-requests.md'),
  ],
  ...publishedTenantSchemas,
]);

/** @returns the JSON Schema of cluster.yaml as text, the same on any machine */
export function clusterJsonSchema(): string {
  return jsonSchema(clusterFile, 'Breakwater cluster', clusterHints, (key) => `docs/config.md#${key.toLowerCase()}`);
}

/** @returns the JSON Schema of app.yaml as text, the same on any machine */
export function appJsonSchema(): string {
  return jsonSchema(appFile, 'Breakwater app', appHints, () => 'docs/apps.md');
}

/**
 * Computes the JSON Schema of a hand-written file, where defaults are optional. Draft 7, which the YAML language server supports best:
 * https://github.com/redhat-developer/yaml-language-server
 */
function jsonSchema(
  file: z.ZodType,
  title: string,
  hints: Readonly<Record<string, EditorHint>>,
  page: (key: string) => string,
): string {
  const schema = z.toJSONSchema(file, {
    target: 'draft-07',
    io: 'input',
    override: ({ zodSchema, jsonSchema }) => {
      listKeys(zodSchema, jsonSchema);
      explainToEditors(zodSchema, jsonSchema);
      if (jsonSchema.default !== undefined && isEmptyObject(jsonSchema.default)) delete jsonSchema.default;
    },
  });
  addHints(schema, hints, page);
  const { $schema, ...rest } = schema;
  const comment = 'Generated from scripts/config/schema: npm run render -- --all refreshes it.';
  return `${JSON.stringify({ $comment: comment, $schema, title, ...rest }, null, 2)}\n`;
}

/** A record with known keys becomes an object with these properties: editors complete properties, not propertyNames. */
function listKeys(zodSchema: z.core.$ZodTypes, jsonSchema: z.core.JSONSchema.BaseSchema): void {
  const inner = unwrap(zodSchema);
  if (inner._zod.def.type !== 'record' || jsonSchema.additionalProperties === undefined) return;
  const names = jsonSchema.propertyNames;
  if (typeof names !== 'object' || names.enum === undefined) return;
  const value = jsonSchema.additionalProperties;
  jsonSchema.properties = Object.fromEntries(names.enum.map((name) => [String(name), value]));
  jsonSchema.additionalProperties = false;
  delete jsonSchema.propertyNames;
}

/** A section that defaults to an empty object has no default worth printing. */
function isEmptyObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === 0;
}
