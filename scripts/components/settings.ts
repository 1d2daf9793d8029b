import type { Cluster } from '../config/cluster.ts';
import type { ClusterFile } from '../config/schema/cluster.ts';
import type { Component } from './component.ts';

type Settings = NonNullable<ClusterFile['components']['dex']>;

/** @returns `components.<name>` of cluster.yaml; undefined for an app, whose settings are under `apps` */
export function settingsOf(cluster: Cluster, component: Component): Settings | undefined {
  return (cluster.components as Readonly<Record<string, Settings | undefined>>)[component.name];
}

/** @returns whether a component runs: by the config, unless `components.<name>.enabled` switches it off */
export function isEnabled(cluster: Cluster, component: Component): boolean {
  return component.enabled(cluster) && settingsOf(cluster, component)?.enabled !== false;
}
