import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { $ } from 'zx/core';
import { ask } from '../observe/ask.ts';
import type { Check } from './check.ts';
import { clusterFile, commitByHand } from './commits.ts';
import { application, passed } from './root.ts';

const group = 'Change by Git';

/** Each would become an object, or remove the login policy, if Argo CD built the folder from all its files. */
const files: Readonly<Record<string, string>> = {
  Kustomization:
    'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [gateway-ingress-gateway.yaml]\n',
  'stray.json': JSON.stringify(configMap('stray-json')),
  'stray.yml': JSON.stringify(configMap('stray-yml')),
  'stray.jsonnet': JSON.stringify(configMap('stray-jsonnet')),
};

/** Files that the renderer did not write, in the folder of the gateway's manifests, pushed without validation. */
export const check: Check = {
  name: 'stray-files',
  title: 'A stray file does not change what Argo CD builds',
  quick: false,
  run: async (site) => {
    const folder = clusterFile(site, 'manifests', 'gateway');
    for (const [name, text] of Object.entries(files)) {
      await mkdir(dirname(join(site.root, folder, name)), { recursive: true });
      await writeFile(join(site.root, folder, name), text);
    }
    const { code, stdout, stderr } = await site.program(['validate']);
    const unnamed = Object.keys(files).filter((name) => !(stdout + stderr).includes(`${folder}/${name}`));
    site.record.check({
      group,
      name: 'validation names each stray file',
      tried: `npm run validate with ${Object.keys(files).join(', ')} in ${folder}`,
      expected: 'exit code 1, each named',
      got: `exit code ${code}, not named: ${unnamed.join(', ') || 'none'}`,
      ok: code === 1 && unnamed.length === 0,
    });
    await $({ cwd: site.root, quiet: true })`git add --all`;
    const commit = await commitByHand(site, 'Add stray files past every check');
    await passed(site, commit);
    const { status } = await application(site, 'gateway');
    const made = await site.kubectl(['-n', 'ingress', 'get', 'configmaps', '-o', 'name']);
    const policy = await site.kubectl(['-n', 'ingress', 'get', 'authorizationpolicies', '-o', 'name']);
    const answer = await ask(`https://${await site.host()}/`);
    site.record.check({
      group,
      name: 'stray files change nothing in the cluster',
      tried: 'the same files, pushed past every check; then the gateway Application, its objects, and a request',
      expected: 'Synced; none of their ConfigMaps; the policy login-required exists; 302 to the login',
      got: `${status?.sync?.status}; ${made.match(/stray-\w+/g)?.join(', ') ?? 'none'}; ${policy.includes('login-required') ? 'there' : 'gone'}; ${answer.status}`,
      ok:
        status?.sync?.status === 'Synced' &&
        !made.includes('stray-') &&
        policy.includes('login-required') &&
        answer.status === 302,
    });
    await passed(site, await site.revert(commit));
  },
};

function configMap(name: string): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'ingress' }, data: {} };
}
