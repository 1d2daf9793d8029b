import { z } from 'zod';
import { tenantDefaults, tenantFile } from './schema/tenant.ts';

/** Where the schema of tenant.yaml is published for editors, relative to the repository. */
const tenantSchemaFile = 'tenants/tenant.schema.json';
/** Where the same stands for the chart, by which Helm refuses what is not a good tenant. */
const tenantChartSchemaFile = 'infrastructure/tenant/values.schema.json';

/** Every published schema: where it is, and how its text is computed. */
export const publishedTenantSchemas: ReadonlyMap<string, () => string> = new Map([
  [tenantSchemaFile, tenantJsonSchema],
  [tenantChartSchemaFile, tenantChartSchema],
]);

const comment = 'Generated from scripts/config/schema/tenant.ts: "npm run render" refreshes it.';

interface ObjectSchema extends z.core.JSONSchema.BaseSchema {
  properties: Record<string, z.core.JSONSchema.BaseSchema>;
}

function schemaOf(schema: z.ZodType): ObjectSchema {
  return z.toJSONSchema(schema, { target: 'draft-07', io: 'input' }) as ObjectSchema;
}

/** @returns the JSON Schema of tenant.yaml as a person writes it, the same on any machine */
export function tenantJsonSchema(): string {
  const { $schema, ...rest } = schemaOf(tenantFile);
  return text({ $comment: comment, $schema, title: 'tenants/<team>/tenant.yaml of Breakwater', ...rest });
}

/**
 * The same schema for all values of the chart: tenant.yaml laid over the chart's defaults, and what the ApplicationSet says of the
 * cluster. No key is required as long as none of a tenant is there: without a tenant.yaml the chart renders nothing.
 */
function tenantChartSchema(): string {
  const { $schema, properties, required = [], ...rest } = schemaOf(tenantFile);
  const own = Object.keys(properties).filter((key) => !(key in tenantDefaults.shape));
  return text({
    $comment: comment,
    $schema,
    title: 'Values of the chart: tenant.yaml over values.yaml, with what the ApplicationSet says of the cluster',
    ...rest,
    properties: {
      part: { enum: ['access', 'place'], description: 'Which half of a tenant is rendered.' },
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
      description: 'Its labels.',
      additionalProperties: { type: 'string' },
    },
    argocd: string('Namespace of Argo CD.'),
    server: string('The cluster, as Argo CD calls it.'),
    repository: string('This repository.'),
    host: string('Host of the platform.'),
    gateway: string('The Gateway that routes are bound to.'),
    gatewayNamespace: string('Its namespace.'),
    gatewayPrincipal: string('Its account in the mesh.'),
    groupHeader: string('Beginning of the headers that the gateway sets, one for each group.'),
    kubeflow: {
      type: 'object',
      description: "Kubeflow's namespaces, for tenants of that kind.",
      properties: {
        callers: { type: 'array', description: 'Those that call pods of users.', items: { type: 'string' } },
        called: { type: 'array', description: 'Those that pods of users call.', items: { type: 'string' } },
      },
      required: ['callers', 'called'],
      additionalProperties: false,
    },
    nameServers: servers('Name servers that pods may ask: each is a namespace or an address.', {
      namespace: string('Namespace of its pods.'),
      cidr: string('Its address, as a range.'),
    }),
    apiPorts: { type: 'array', description: 'Ports of the API server.', items: { type: 'integer' } },
    identityServers: servers("Where pods ask for the cloud's identity of their account.", {
      cidr: string('Its address, as a range.'),
    }),
    podSecurity: { type: 'boolean', description: 'Whether namespaces enforce Pod Security.' },
    reserved: { type: 'array', description: 'Namespaces that are taken.', items: { type: 'string' } },
    reservedPattern: string('The same, by their beginnings.'),
  };
  return {
    type: 'object',
    description: 'What the tree says of the cluster.',
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
