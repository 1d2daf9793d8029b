import { readFile, writeFile } from 'node:fs/promises';
import type { Authority, KeyPair } from './pki.ts';

/** Whom a kubeconfig speaks for, and to which server. */
export interface KubeconfigSpec {
  file: string;
  /** The name of its only context, and of the cluster and the user in it. */
  contextName: string;
  url: string;
  authority: Authority;
  user: KeyPair;
}

/** Writes a kubeconfig that is whole in one file (no paths to other files), which only its owner can read. */
export async function writeKubeconfig({ file, contextName, url, authority, user }: KubeconfigSpec): Promise<void> {
  const data = async (path: string) => (await readFile(path)).toString('base64');
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': contextName,
    clusters: [
      {
        name: contextName,
        cluster: { server: url, 'certificate-authority-data': await data(authority.ca.certificate) },
      },
    ],
    users: [
      {
        name: contextName,
        user: {
          'client-certificate-data': await data(user.certificate),
          'client-key-data': await data(user.key),
        },
      },
    ],
    contexts: [{ name: contextName, context: { cluster: contextName, user: contextName } }],
  };
  // JSON is YAML, and needs no quoting rules.
  await writeFile(file, `${JSON.stringify(config, null, 2)}\n`, { mode: 0o600 });
}
