import * as z from 'zod';
import { tenantHints } from './editor-hints.ts';
import { addHints, explainToEditors } from './editor-schema.ts';
import { tenantDefaults, tenantFile } from './schema/tenant.ts';

/** Published schema of tenant.yaml for editors, relative to the repository. */
const tenantSchemaFile = 'tenants/tenant.schema.json';
/** The chart's values.schema.json, with which Helm rejects an invalid tenant.yaml. */
const tenantChartSchemaFile = 'infrastructure/tenant/values.schema.json';

/** Published schemas by path, each with the function that computes its text. */
export const publishedTenantSchemas: ReadonlyMap<string, () => string> = new Map([
  [tenantSchemaFile, tenantJsonSchema],
  [tenantChartSchemaFile, tenantChartSchema],
]);

const comment = 'Generated from scripts/config/schema/tenant.ts: "npm run render" refreshes it.';

interface ObjectSchema extends z.core.JSONSchema.BaseSchema {
  properties: Record<string, z.core.JSONSchema.BaseSchema>;
}

let computed: ObjectSchema | undefined;

/** Both files are made of it. */
function tenantSchema(): ObjectSchema {
  computed ??= z.toJSONSchema(tenantFile, {
    target: 'draft-07',
    io: 'input',
    override: ({ zodSchema, jsonSchema }) => explainToEditors(zodSchema, jsonSchema),
  }) as ObjectSchema;
  return computed;
}

/** @returns the JSON Schema of a hand-written tenant.yaml, the same on any machine */
export function tenantJsonSchema(): string {
  const schema = structuredClone(tenantSchema());
  addHints(schema, tenantHints, () => 'docs/tenants.md');
  const { $schema, ...rest } = schema;
  return text({ $comment: comment, $schema, title: 'Breakwater tenant', ...rest });
}

/**
 * The same schema for all values of the chart: tenant.yaml over the chart's defaults, plus the cluster's facts from the ApplicationSet.
 * Without any key of a tenant, no key is required: without a tenant.yaml the chart renders nothing.
 */
function tenantChartSchema(): string {
  const { $schema, properties, required = [], ...rest } = tenantSchema();
  const own = Object.keys(properties).filter((key) => !(key in tenantDefaults.shape));
  return text({
    $comment: comment,
    $schema,
    title: 'Values of the chart: tenant.yaml over values.yaml, plus facts about the cluster from the ApplicationSet',
    ...rest,
    properties: {
      part: { enum: ['access', 'place'], description: 'Which of the tenant objects to render.' },
      platform: platformSchema(),
      ...properties,
    },
    required: ['part', 'platform'],
    if: { anyOf: own.map((key) => ({ required: [key] })) },
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
    then: { required },
  });
}

function platformSchema(): object {
  const string = (description: string) => ({ type: 'string', description });
  const properties = {
    cluster: string('Name of the cluster.'),
    labels: {
      type: 'object',
      description: 'Labels of the cluster.',
      additionalProperties: { type: 'string' },
    },
    argocd: string('Namespace of Argo CD.'),
    server: string('Address of the cluster in Argo CD.'),
    repository: string('Address of this repository.'),
    host: string('Host of the platform.'),
    gateway: string('Gateway for the routes.'),
    gatewayNamespace: string('Namespace of the gateway.'),
    gatewayPrincipal: string('Mesh identity of the gateway.'),
    groupHeader: string('Prefix of the headers that the gateway sets, one for each group.'),
    kubeflow: {
      type: 'object',
      description: "Kubeflow's namespaces, for tenants of kind kubeflow.",
      properties: {
        callers: { type: 'array', description: 'Namespaces that call pods of users.', items: { type: 'string' } },
        called: { type: 'array', description: 'Namespaces that pods of users call.', items: { type: 'string' } },
      },
      required: ['callers', 'called'],
      additionalProperties: false,
    },
    nameServers: servers('Name servers that pods may query, each given as a namespace or an IP address.', {
      namespace: string('Namespace of its pods.'),
      cidr: string('Its address, as a range.'),
    }),
    apiPorts: { type: 'array', description: 'Ports of the API server.', items: { type: 'integer' } },
    identityServers: servers('Cloud identity services for pods.', {
      cidr: string('Its address, as a range.'),
    }),
    podSecurity: { type: 'boolean', description: 'Whether namespaces enforce Pod Security.' },
    reserved: { type: 'array', description: 'Reserved namespaces.', items: { type: 'string' } },
    reservedPattern: string('Pattern of reserved namespaces.'),
  };
  return {
    type: 'object',
    description: 'Facts about the cluster, from the tree.',
    properties,
    required: Object.keys(properties),
    additionalProperties: false,
  };
}

function servers(description: string, place: object): object {
  const properties = { ...place, port: { type: 'integer', description: 'Its port.' } };
  return {
    type: 'array',
    description,
    items: { type: 'object', properties, required: ['port'], additionalProperties: false },
  };
}

function text(schema: object): string {
  return `${JSON.stringify(schema, null, 2)}\n`;
}
