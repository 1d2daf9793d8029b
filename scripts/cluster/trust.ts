import type { KubernetesObject } from '../components/component.ts';
import { RunError } from '../report/errors.ts';
import type { Api } from './api.ts';
import type { Applied, ApplyRun } from './apply.ts';
import { applyObject } from './apply.ts';
import { keyLines, mergeKnownHosts } from './known-hosts.ts';
import type { LiveData } from './live.ts';

/** Field manager of the keys that we add to Argo CD's ConfigMaps, separate from the installation's. */
const trustManager = 'breakwater-trust';
const knownHostsName = 'argocd-ssh-known-hosts-cm';
const knownHostsKey = 'ssh_known_hosts';
const certificatesName = 'argocd-tls-certs-cm';

/** SSH keys and CAs of repositories' hosts, for Argo CD to trust. */
export interface Trust {
  /** Argo CD's. */
  namespace: string;
  /** Host name of the repository, without port. */
  host: string;
  /** The host in known_hosts format; absent: keep all existing keys. */
  address?: string;
  /** Lines from `checkKnownHosts`. */
  knownHosts?: readonly string[];
  /** PEM. */
  ca?: string;
  /** PEM by further hosts: mirrors. */
  mirrors?: Readonly<Record<string, string>>;
}

/**
 * Makes Argo CD trust a Git host: adds its SSH keys to `argocd-ssh-known-hosts-cm`, and its CA to `argocd-tls-certs-cm`
 * under the host's name. Other entries stay, except for other keys of
 * the same host: only the configured ones remain.
 *
 * https://argo-cd.readthedocs.io/en/stable/operator-manual/declarative-setup/#repositories-using-self-signed-tls-certificates-or-are-signed-by-custom-ca
 *
 * @throws RunError when Argo CD's ConfigMaps are missing, or another program set a different CA for the host
 */
export async function trustHost(api: Api, trust: Trust, run: ApplyRun = {}): Promise<Applied[]> {
  const { namespace, host, address, knownHosts, ca, mirrors = {} } = trust;
  const applied: Applied[] = [];
  if (knownHosts !== undefined) {
    const live = await configMap(api, namespace, knownHostsName, run);
    const before = live?.data?.[knownHostsKey] ?? '';
    // All keys are one string, which has one owner: include the keys from Argo CD's manifests.
    const text = mergeKnownHosts(before, knownHosts, address);
    applied.push(
      text === before
        ? { object: `ConfigMap ${namespace}/${knownHostsName}`, change: 'unchanged' }
        : await applyData(api, namespace, knownHostsName, { [knownHostsKey]: text }, { ...run, force: true }),
    );
  }
  const authorities = { ...mirrors, ...(ca === undefined ? {} : { [host]: ca }) };
  if (Object.keys(authorities).length > 0) {
    await configMap(api, namespace, certificatesName, run);
    applied.push(await applyData(api, namespace, certificatesName, authorities, run));
  }
  return applied;
}

function applyData(
  api: Api,
  namespace: string,
  name: string,
  data: Record<string, string>,
  run: ApplyRun,
): Promise<Applied> {
  const object: KubernetesObject = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace }, data };
  return applyObject(api, object, { ...run, manager: trustManager });
}

async function configMap(api: Api, namespace: string, name: string, run: ApplyRun): Promise<LiveData | undefined> {
  const live = await api.find<LiveData>({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace } });
  if (live !== undefined || run.dryRun === true) return live;
  throw new RunError(`Argo CD's ConfigMap ${namespace}/${name} is missing`, {
    hint: 'Argo CD does not start without it: repair its installation.',
  });
}

/**
 * Keeps added SSH keys in Argo CD's known hosts when its manifests are applied again.
 *
 * @param objects Argo CD's manifests
 * @returns the same objects, with the added lines in the known hosts
 */
export async function keepKnownHosts(
  api: Api,
  objects: readonly KubernetesObject[],
): Promise<readonly KubernetesObject[]> {
  return Promise.all(
    objects.map(async (object) => {
      if (object.kind !== 'ConfigMap' || object.metadata.name !== knownHostsName) return object;
      const live = await api.find<LiveData>(object);
      const stated = (object as LiveData).data ?? {};
      const lines = keyLines(live?.data?.[knownHostsKey] ?? '');
      return { ...object, data: { ...stated, [knownHostsKey]: mergeKnownHosts(stated[knownHostsKey] ?? '', lines) } };
    }),
  );
}
