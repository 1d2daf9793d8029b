import type { Cluster } from '../config/cluster.ts';
import type { ClusterFile } from '../config/schema/cluster.ts';
import { componentNames, runsComponent } from '../config/schema/component-facts.ts';
import type { Component } from './component.ts';

type Settings = NonNullable<ClusterFile['components']['dex']>;

/** @returns `components.<name>` of cluster.yaml; undefined for an app, whose settings are under `apps` */
export function settingsOf(cluster: Cluster, component: Component): Settings | undefined {
  return (cluster.components as Readonly<Record<string, Settings | undefined>>)[component.name];
}

/** @returns whether a component runs: its switch is on, nothing turns it off, and its own condition holds. Apps have neither */
export function isEnabled(cluster: Cluster, component: Component): boolean {
  const name = componentNames.find((known) => known === component.name);
  return (name === undefined || runsComponent(cluster, name)) && component.enabled?.(cluster) !== false;
}
