import { describe, expect, it } from 'vitest';
import type { Component } from '../components/component.ts';
import { components } from '../components/index.ts';
import { computeWaves } from './waves.ts';

/** The order of the design: each before all of those behind it. */
const order: readonly (readonly string[])[] = [
  ['argocd'],
  ['metallb', 'cert-manager'],
  ['istio-base'],
  ['istio-cni', 'istiod'],
  ['gateway', 'issuer'],
  ['dex', 'oauth2-proxy'],
  components.map(({ name }) => name).filter((name) => name.startsWith('kubeflow-')),
  ['tenants'],
];

function but(...off: readonly string[]): Component[] {
  return components.filter(({ name }) => !off.includes(name));
}

/** A component that only has a name and dependencies. */
function named(name: string, ...dependsOn: readonly string[]): Component {
  const [any] = components;
  if (any === undefined) throw new Error('no component');
  return { ...any, name, dependsOn };
}

describe('waves', () => {
  it('come out in the order of the design', () => {
    const waves = computeWaves(components, components);
    const spans = order.map((names) => names.map((name) => waves.get(name) ?? Number.NaN));
    for (const [index, later] of spans.entries()) {
      const earlier = spans[index - 1] ?? [];
      if (index > 0) expect(Math.max(...earlier), `${order[index]}`).toBeLessThan(Math.min(...later));
    }
  });

  it('keep that order when what stands between is switched off', () => {
    const waves = computeWaves(components, but('metallb', 'istio-cni', 'issuer'));
    const wave = (name: string) => waves.get(name) ?? Number.NaN;
    expect(wave('argocd')).toBe(0);
    expect(wave('argocd')).toBeLessThan(wave('cert-manager'));
    expect(wave('istio-base')).toBeLessThan(wave('istiod'));
    expect(wave('gateway')).toBeLessThan(wave('dex'));
    expect(waves.has('metallb')).toBe(false);
  });

  it('have no holes', () => {
    const waves = new Set(computeWaves(components, but('metallb', 'kubeflow-serving')).values());
    expect([...waves].toSorted((a, b) => a - b)).toEqual([...waves.keys()].map((_, index) => index));
  });

  it('are refused for a circle, which is named', () => {
    const circle = [named('dex', 'gateway'), named('gateway', 'istiod'), named('istiod', 'dex')];
    expect(() => computeWaves(circle, circle)).toThrow('dex → gateway → istiod → dex');
    const self = [named('dex', 'dex')];
    expect(() => computeWaves(self, self)).toThrow('circle');
  });

  it('are refused for a dependency that does not exist, which is named with its dependent', () => {
    const broken = [named('dex', 'gateway')];
    expect(() => computeWaves(broken, broken)).toThrow('"dex" depends on "gateway"');
  });
});
