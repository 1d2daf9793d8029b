import { loadCluster } from '../config/load.ts';
import { mermaid } from '../tree/graph.ts';
import { placePlatform } from '../tree/place.ts';
import { chooseCluster } from './choose-cluster.ts';
import type { InvocationOf } from './invocation.ts';

/** `npm run graph`: the waves as a Mermaid diagram. */
export async function run(invocation: InvocationOf<'graph'>): Promise<number> {
  const { cluster, placed } = placePlatform(loadCluster(invocation.root, chooseCluster(invocation)));
  const diagram = mermaid(placed);
  const on = new Set(placed.map(({ component }) => component.name));
  const waves = placed.map(({ component, wave }) => ({
    component: component.name,
    wave,
    dependsOn: component.dependsOn.filter((name) => on.has(name)),
  }));
  invocation.reporter.result({ cluster: cluster.name, waves, mermaid: diagram }, diagram.trimEnd());
  return 0;
}
