/**
 * `npm run schemas`: writes the schemas of the custom resources that the tree holds, derived from the CRDs of the pinned upstream versions,
 * and of Kubernetes' own kinds, from its OpenAPI. A developer's tool: it needs Go, whose module proxy has them, and nothing else does.
 */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';
import { schemaFile } from '../../schemas/check.ts';
import { type ModuleName, moduleSource } from '../sandbox/modules.ts';
import { type Definition, deriveSchema } from './derive.ts';
import { definitionsOf, type OpenApi } from './openapi.ts';

/** Where the CRDs of the kinds in the tree are: module, files inside of it, and kinds. */
const upstreams: readonly { module: ModuleName; files: readonly string[]; kinds: readonly string[] }[] = [
  {
    module: 'argo-cd',
    files: ['application', 'appproject', 'applicationset'].map((name) => `manifests/crds/${name}-crd.yaml`),
    kinds: ['Application', 'AppProject', 'ApplicationSet'],
  },
  {
    module: 'istio',
    files: ['manifests/charts/base/files/crd-all.gen.yaml'],
    kinds: [
      'AuthorizationPolicy',
      'DestinationRule',
      'EnvoyFilter',
      'Gateway',
      'PeerAuthentication',
      'RequestAuthentication',
      'ServiceEntry',
      'Sidecar',
      'Telemetry',
      'VirtualService',
    ],
  },
  {
    module: 'cert-manager',
    files: ['certificates', 'clusterissuers', 'issuers'].map((name) => `deploy/crds/cert-manager.io_${name}.yaml`),
    kinds: ['Certificate', 'ClusterIssuer', 'Issuer'],
  },
  {
    module: 'metallb',
    files: ['bgpadvertisements', 'bgppeers', 'ipaddresspools', 'l2advertisements'].map(
      (name) => `config/crd/bases/metallb.io_${name}.yaml`,
    ),
    kinds: ['BGPAdvertisement', 'BGPPeer', 'IPAddressPool', 'L2Advertisement'],
  },
];

/** Versions of Kubernetes' own API groups, as its source names their files. Those that are not everywhere yet are skipped. */
const kubernetesApis = [
  'api__v1',
  ...['apps__v1', 'batch__v1', 'autoscaling__v1', 'autoscaling__v2', 'policy__v1', 'coordination.k8s.io__v1'],
  ...['networking.k8s.io__v1', 'discovery.k8s.io__v1', 'events.k8s.io__v1', 'rbac.authorization.k8s.io__v1'],
  ...['scheduling.k8s.io__v1', 'storage.k8s.io__v1', 'admissionregistration.k8s.io__v1'],
].map((name) => `${name.startsWith('api__') ? '' : 'apis__'}${name}_openapi.json`);

/** Folder of the schemas. */
export const schemasFolder = fileURLToPath(new URL('../../schemas', import.meta.url));

/**
 * Derives all schemas from the pinned modules.
 *
 * @returns file name, as `argoproj.io_application.json`, → its text
 * @throws SandboxError when a module is not available; Error when a kind is not where it was
 */
export async function deriveAll(): Promise<Map<string, string>> {
  const result = new Map<string, string>();
  for (const { module, files, kinds } of upstreams) {
    const { folder, version } = await moduleSource(module);
    const definitions: Definition[] = [];
    for (const file of files) definitions.push(...definitionsIn(await readFile(join(folder, file), 'utf8')));
    for (const kind of kinds) {
      const definition = definitions.find(({ spec }) => spec.names.kind === kind);
      if (definition === undefined) throw new Error(`${module} ${version}: no CRD of ${kind} in ${files.join(', ')}`);
      const schema = deriveSchema(definition, `Derived by "npm run schemas" from the CRDs of ${module} ${version}.`);
      result.set(schemaFile(definition.spec.group, kind), `${JSON.stringify(schema)}\n`);
    }
  }
  for (const [name, definition] of await kubernetesDefinitions()) result.set(name, definition);
  return result;
}

async function kubernetesDefinitions(): Promise<Map<string, string>> {
  const { folder, version } = await moduleSource('kubernetes');
  const kinds = new Map<string, Definition>();
  for (const file of kubernetesApis) {
    const path = join(folder, 'api/openapi-spec/v3', file);
    for (const definition of definitionsOf(JSON.parse(await readFile(path, 'utf8')) as OpenApi)) {
      const name = schemaFile(definition.spec.group, definition.spec.names.kind);
      const earlier = kinds.get(name);
      if (earlier === undefined) kinds.set(name, definition);
      else earlier.spec.versions.push(...definition.spec.versions);
    }
  }
  const comment = `Derived by "npm run schemas" from the OpenAPI of Kubernetes ${version}.`;
  return new Map(
    [...kinds].map(([name, definition]) => {
      const { $comment, scope, $defs } = deriveSchema(definition, comment);
      return [name, `${JSON.stringify({ $comment, scope, nullIsUnset: true, $defs })}\n`];
    }),
  );
}

function definitionsIn(text: string): Definition[] {
  return parseAllDocuments(text)
    .map((document) => document.toJS() as Definition | null)
    .filter((object): object is Definition => object?.kind === 'CustomResourceDefinition');
}

async function update(): Promise<void> {
  const schemas = await deriveAll();
  await mkdir(schemasFolder, { recursive: true });
  for (const [name, text] of schemas) {
    await writeFile(join(schemasFolder, name), text);
    console.log(`${name}: ${text.length} bytes`);
  }
  for (const name of await readdir(schemasFolder)) {
    if (name.endsWith('.json') && !schemas.has(name)) await rm(join(schemasFolder, name));
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await update();
