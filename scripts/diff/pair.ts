import type { KubernetesObject } from '../components/component.ts';

/** One resource before and after; at least one of the two exists. */
export interface Pair {
  before?: KubernetesObject;
  after?: KubernetesObject;
}

/** What an Application renders to on one side. */
export interface RenderedApplication {
  name: string;
  /** Sync wave; -1 for objects that the root applies itself. */
  wave: number;
  objects: readonly RenderedObject[];
  /** True if deleting it deletes its objects; otherwise they stay, unmanaged. */
  cascades: boolean;
}

/** An object and its namespace. */
export interface RenderedObject {
  object: KubernetesObject;
  /** Empty for cluster-scoped kinds. */
  namespace: string;
}
