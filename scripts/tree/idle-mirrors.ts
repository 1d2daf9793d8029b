import { allComponents } from '../components/index.ts';
import type { Cluster } from '../config/cluster.ts';
import { runningAddOns, runningApps } from '../config/running-apps.ts';
import { kubeflowParts } from '../config/schema/component-facts.ts';
import { application } from './application.ts';
import { placeComponent } from './place.ts';
import { fetchedRepositories, isSameRepository } from './repository-logins.ts';

/** An entry of `mirrors` in cluster.yaml. */
export interface MirrorEntry {
  section: 'charts' | 'git' | 'images' | 'logins';
  original: string;
  /** Its place, in a list. */
  index?: number;
}

const sections = ['charts', 'git', 'images'] as const;

/**
 * Finds mirrors without effect, whichever parts and apps are enabled: without the entry every source and every value is the same.
 */
export function idleMirrors(cluster: Cluster): MirrorEntry[] {
  const entries = sections.flatMap((section) =>
    Object.keys(cluster.mirrors[section]).map((original): MirrorEntry => ({ section, original })),
  );
  const { logins } = cluster.mirrors;
  if (entries.length + logins.length === 0) return [];
  const full = withEverything(cluster);
  const used = textOf(full);
  const fetched = fetchedRepositories(full);
  const idle = logins.flatMap(({ url }, index): MirrorEntry[] =>
    fetched.some(({ address }) => isSameRepository(address, url)) ? [] : [{ section: 'logins', original: url, index }],
  );
  if (entries.length === 0) return idle;
  const unused = entries.filter(({ section, original }) => {
    const { [original]: _, ...others } = full.mirrors[section as (typeof sections)[number]];
    return textOf({ ...full, mirrors: { ...full.mirrors, [section]: others } }) === used;
  });
  return [...unused, ...idle];
}

function withEverything(cluster: Cluster): Cluster {
  const apps = Object.fromEntries(
    [...cluster.shared.apps.keys()].map((name) => [name, { ...cluster.apps[name], enabled: true }]),
  );
  return {
    ...cluster,
    knownHost: cluster.knownHost ?? 'undiscovered.invalid',
    kubeflow: { ...cluster.kubeflow, components: [...kubeflowParts] },
    runningApps: runningApps({ ...cluster, apps }, cluster.shared.apps),
    addOns: runningAddOns({ ...cluster, apps }, cluster.shared.apps),
  };
}

/** Everything that mirrors can change: sources, values, and the manifests of apps, which name images. */
function textOf(cluster: Cluster): string {
  return JSON.stringify(
    allComponents(cluster).map((component) => [
      application(cluster, placeComponent(cluster, component, 0), false).spec,
      component.values?.(cluster),
      component.ownProject === undefined ? [] : component.manifests?.(cluster),
    ]),
  );
}
