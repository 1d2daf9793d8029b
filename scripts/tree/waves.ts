import type { Component } from '../components/component.ts';

/**
 * Computes sync waves from dependencies: a component's wave is one more than the highest of those it depends on. A disabled
 * dependency is replaced by its own dependencies.
 *
 * @param all all components
 * @param enabled the enabled ones
 * @returns wave per enabled component, from 0
 * @throws Error for a cycle, or for an unknown dependency (our bug, found at start)
 */
export function computeWaves(all: readonly Component[], enabled: readonly Component[]): Map<string, number> {
  const byName = new Map(all.map((component) => [component.name, component]));
  const on = new Set(enabled.map((component) => component.name));
  const heights = new Map<string, number>();

  /** The highest wave up to this component: -1 when nothing is enabled. */
  const heightOf = (name: string, trail: readonly string[]): number => {
    const known = heights.get(name);
    if (known !== undefined) return known;
    if (trail.includes(name))
      throw new Error(`components depend on each other in a circle: ${[...trail, name].join(' → ')}`);
    const component = byName.get(name);
    if (component === undefined)
      throw new Error(`component "${trail.at(-1)}" depends on "${name}", which does not exist`);
    const below = Math.max(-1, ...component.dependsOn.map((dependency) => heightOf(dependency, [...trail, name])));
    const height = on.has(name) ? below + 1 : below;
    heights.set(name, height);
    return height;
  };

  return new Map(enabled.map((component) => [component.name, heightOf(component.name, [])]));
}
