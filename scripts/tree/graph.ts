import type { Component } from '../components/component.ts';
import type { PlacedComponent } from '../components/platform.ts';

/**
 * Draws the waves as a Mermaid flow chart: one box per wave, and an arrow for each dependency that does not follow from others.
 *
 * @see https://mermaid.js.org/syntax/flowchart.html
 */
export function mermaid(placed: readonly PlacedComponent[]): string {
  const byName = new Map(placed.map((entry) => [entry.component.name, entry.component]));
  const waves = [...new Set(placed.map(({ wave }) => wave))].sort((a, b) => a - b);
  const lines = ['flowchart LR'];
  for (const wave of waves) {
    lines.push(`  subgraph wave${wave}["wave ${wave}"]`);
    for (const { component, wave: own } of placed) if (own === wave) lines.push(`    ${component.name}`);
    lines.push('  end');
  }
  for (const { component } of placed) {
    for (const dependency of directDependencies(component, byName)) lines.push(`  ${dependency} --> ${component.name}`);
  }
  return `${lines.join('\n')}\n`;
}

/** Dependencies that do not follow from other dependencies. */
function directDependencies(component: Component, byName: ReadonlyMap<string, Component>): string[] {
  const own = component.dependsOn.filter((name) => byName.has(name));
  return own.filter((name) => !own.some((other) => other !== name && reaches(other, name, byName)));
}

function reaches(from: string, to: string, byName: ReadonlyMap<string, Component>): boolean {
  return (byName.get(from)?.dependsOn ?? []).some((next) => next === to || reaches(next, to, byName));
}
