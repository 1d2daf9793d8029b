import type { Component } from '../components/component.ts';
import { allComponents } from '../components/index.ts';
import type { PlacedComponent, Platform } from '../components/platform.ts';
import { isEnabled } from '../components/settings.ts';
import type { Cluster } from '../config/cluster.ts';
import { computeWaves } from './waves.ts';

/** Computes which components are enabled, the wave of each, and which wait for the host. Pure. */
export function placePlatform(cluster: Cluster): Platform {
  const all = allComponents(cluster);
  const enabled = all.filter((component) => isEnabled(cluster, component));
  const waves = computeWaves(all, enabled);
  const waiting = cluster.knownHost === undefined ? waitingForHost(enabled) : [];
  const placed = enabled
    .filter((component) => !waiting.includes(component))
    .map((component) => placeComponent(cluster, component, waves.get(component.name) ?? 0))
    .sort((a, b) => a.wave - b.wave);
  return { cluster, enabled, placed, waiting };
}

/** Places one component alone. */
export function placeComponent(cluster: Cluster, component: Component, wave: number): PlacedComponent {
  return { component, wave, sources: component.sources(cluster) };
}

/** @returns the components that need the host, and those that depend on them */
function waitingForHost(enabled: readonly Component[]): Component[] {
  const waits = (component: Component): boolean =>
    component.needsHost === true || enabled.some((other) => component.dependsOn.includes(other.name) && waits(other));
  return enabled.filter(waits);
}
