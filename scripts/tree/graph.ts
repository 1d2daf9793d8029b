import type { Component } from '../components/component.ts';
import type { ComponentName } from '../config/schema/component-names.ts';

/** A component with the wave that it is in. */
export interface Placed {
  component: Component;
  wave: number;
}

/**
 * Draws the waves as a Mermaid flow chart: one box per wave, arrows for dependencies that lead into the next wave.
 *
 * @see https://mermaid.js.org/syntax/flowchart.html
 */
export function mermaid(placed: readonly Placed[]): string {
  const on = new Set(placed.map(({ component }) => component.name));
  const waves = [...new Set(placed.map(({ wave }) => wave))].sort((a, b) => a - b);
  const lines = ['flowchart LR'];
  for (const wave of waves) {
    lines.push(`  subgraph wave${wave}["wave ${wave}"]`);
    for (const { component, wave: own } of placed) if (own === wave) lines.push(`    ${component.name}`);
    lines.push('  end');
  }
  for (const { component } of placed) {
    for (const dependency of component.dependsOn as readonly ComponentName[]) {
      if (on.has(dependency)) lines.push(`  ${dependency} --> ${component.name}`);
    }
  }
  return `${lines.join('\n')}\n`;
}
