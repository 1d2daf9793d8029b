import type { Cluster } from '../config/cluster.ts';
import type { ChartSource, Component, KustomizeSource } from './component.ts';

/** A component with the wave that it is in. */
export interface PlacedComponent {
  component: Component;
  wave: number;
  /** Its upstreams for this cluster: several parts of the tree need them, and their patches take time to make. */
  sources: readonly (ChartSource | KustomizeSource)[];
}

/** A cluster with its components. Computed once after loading (`placePlatform`), and handed down. */
export interface Platform {
  readonly cluster: Cluster;
  /** The components that are switched on, in the order of component-facts.ts, whether or not they can be rendered yet. */
  readonly enabled: readonly Component[];
  /** Those that are in the tree, the first wave first. */
  readonly placed: readonly PlacedComponent[];
  /** Those that follow when the host is known. */
  readonly waiting: readonly Component[];
}
