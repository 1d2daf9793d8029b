import type { z } from 'zod';
import { type ComponentName, componentFacts } from './component-facts.ts';
import type { loadBalancer } from './load-balancer.ts';
import type { argocd, componentSettings, istio, kubeflow } from './platform.ts';
import { reads } from './reads.ts';
import type { tls } from './tls.ts';

/** The sections that the rules read. */
interface Config {
  argocd: z.output<typeof argocd>;
  tls: z.output<typeof tls>;
  loadBalancer: z.output<typeof loadBalancer>;
  istio: z.output<typeof istio>;
  kubeflow: z.output<typeof kubeflow>;
  components: Partial<Record<ComponentName, z.output<typeof componentSettings>>>;
}

/** What the rules below read, beside `components` itself. */
export const componentRulesRead = reads(
  'components',
  'argocd.install',
  'loadBalancer.metallb',
  'istio.cni',
  'tls.existingIssuer',
  'kubeflow.components',
  'kubeflow.defaultProfile',
);

/** What stands between everybody and the platform: what else there is refuses all requests without it. */
const indispensable: readonly ComponentName[] = ['istiod', 'gateway', 'oauth2-proxy'];

/**
 * Reports settings under `components` that would change nothing: a version that is chosen elsewhere, and a component
 * switched on that the rest of the file does not ask for.
 */
export function checkComponents(value: Config, context: z.core.$RefinementCtx): void {
  for (const [name, settings] of entries(value)) {
    const path = ['components', name];
    const { versionHint, missingSwitch } = componentFacts[name];
    if (settings.version !== undefined && versionHint !== undefined) {
      context.addIssue({
        code: 'custom',
        path: [...path, 'version'],
        message: 'has no effect',
        params: { hint: versionHint, at: 'key' },
      });
    }
    if (settings.enabled === false && indispensable.includes(name)) {
      context.addIssue({
        code: 'custom',
        path: [...path, 'enabled'],
        message: `cannot be false: without ${name} nobody gets in`,
        params: { hint: 'Remove the line.' },
      });
    }
    const needed = settings.enabled === true ? missingSwitch?.(value) : undefined;
    if (needed !== undefined) {
      context.addIssue({
        code: 'custom',
        path: [...path, 'enabled'],
        message: `does not switch ${name} on by itself`,
        params: { hint: needed },
      });
    }
  }
}

function entries({ components }: Config) {
  return Object.entries(components) as [ComponentName, z.output<typeof componentSettings>][];
}
