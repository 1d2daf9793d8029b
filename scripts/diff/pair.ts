import type { KubernetesObject } from '../components/component.ts';

/** One resource on both sides; at least one of them is there. */
export interface Pair {
  before?: KubernetesObject;
  after?: KubernetesObject;
}

/** What an Application gives on one side. */
export interface RenderedApplication {
  name: string;
  /** Sync wave; -1 for what the root applies itself. */
  wave: number;
  objects: readonly RenderedObject[];
  /** True when its objects go with it; else they stay when it goes, and nothing applies them any more. */
  cascades: boolean;
}

/** An object, and where it lands. */
export interface RenderedObject {
  object: KubernetesObject;
  /** Empty for cluster-scoped kinds. */
  namespace: string;
}
