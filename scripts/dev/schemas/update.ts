/**
 * `npm run schemas`: writes the schemas of the custom resources that the tree holds, derived from the CRDs of the pinned
 * upstream versions. A developer's tool: it needs Go, whose module proxy has the CRDs, and nothing else does.
 */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';
import { type ModuleName, moduleSource } from '../sandbox/modules.ts';
import { type Definition, deriveSchema } from './derive.ts';

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
    files: ['ipaddresspools', 'l2advertisements'].map((name) => `config/crd/bases/metallb.io_${name}.yaml`),
    kinds: ['IPAddressPool', 'L2Advertisement'],
  },
];

/** Folder of the schemas. */
export const schemasFolder = fileURLToPath(new URL('../../schemas', import.meta.url));

/**
 * Derives all schemas from the pinned modules.
 *
 * @returns file name, as `argoproj.io_application.json`, → its text
 * @throws SandboxError when a module cannot be had; Error when a kind is not where it was
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
      result.set(`${definition.spec.group}_${kind.toLowerCase()}.json`, `${JSON.stringify(schema)}\n`);
    }
  }
  return result;
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
