import { allComponents } from '../components/index.ts';
import type { Cluster } from '../config/cluster.ts';
import { runningAddOns, runningApps } from '../config/running-apps.ts';
import { kubeflowParts } from '../config/schema/component-facts.ts';
import { application } from './application.ts';
import { placeComponent } from './place.ts';

/** An entry of `mirrors` in cluster.yaml. */
export interface MirrorEntry {
  section: 'charts' | 'git' | 'images';
  original: string;
}

const sections = ['charts', 'git', 'images'] as const;

/**
 * Finds mirrors without effect, whichever parts and apps are enabled: without the entry every source and every value is the same.
 */
export function idleMirrors(cluster: Cluster): MirrorEntry[] {
  const entries = sections.flatMap((section) =>
    Object.keys(cluster.mirrors[section]).map((original): MirrorEntry => ({ section, original })),
  );
  if (entries.length === 0) return [];
  const full = withEverything(cluster);
  const used = textOf(full);
  return entries.filter(({ section, original }) => {
    const { [original]: _, ...others } = full.mirrors[section];
    return textOf({ ...full, mirrors: { ...full.mirrors, [section]: others } }) === used;
  });
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
