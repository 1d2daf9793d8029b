import type * as z from 'zod';
import type { auth } from './auth.ts';
import { type ComponentName, componentFacts } from './component-facts.ts';
import type { argocdSettings, componentSettings, istio, kubeflowSettings } from './component-settings.ts';
import { userCodeLabel } from './host.ts';
import type { loadBalancer } from './load-balancer.ts';
import { reads } from './reads.ts';
import type { tlsSettings } from './tls.ts';

/** Sections of cluster.yaml that the rules read. */
interface Config {
  argocd: z.output<typeof argocdSettings>;
  auth: z.output<typeof auth>;
  tls: z.output<typeof tlsSettings>;
  loadBalancer: z.output<typeof loadBalancer>;
  istio: z.output<typeof istio>;
  kubeflow: z.output<typeof kubeflowSettings>;
  components: Partial<Record<ComponentName, z.output<typeof componentSettings>>>;
}

/** Fields that the rules below read, besides `components`. */
export const componentRulesRead = reads(
  'components',
  'argocd.install',
  'auth.userCodeHost',
  'loadBalancer.metallb',
  'istio.cni',
  'tls.existingIssuer',
  'tls.certificate',
  'kubeflow.components',
  'kubeflow.defaultProfile',
);

/** Components that every request passes: without one of them, the others refuse all requests. */
const indispensable: readonly ComponentName[] = ['istiod', 'gateway', 'oauth2-proxy', 'oauth2-proxy-apps'];

/**
 * Reports settings under `components` that have no effect: a version that is set elsewhere, and `enabled: true` for a component
 * that the rest of the file leaves out.
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
    const ofUserCode = name === 'oauth2-proxy-apps';
    if (settings.enabled === false && indispensable.includes(name) && (!ofUserCode || value.auth.userCodeHost)) {
      const where = ofUserCode ? `${userCodeLabel}.<host>` : 'the platform';
      context.addIssue({
        code: 'custom',
        path: [...path, 'enabled'],
        message: `must not be false: without ${name} no request reaches ${where}`,
        params: { hint: 'Remove the line.' },
      });
    }
    const needed = settings.enabled === true ? missingSwitch?.(value) : undefined;
    if (needed !== undefined) {
      context.addIssue({
        code: 'custom',
        path: [...path, 'enabled'],
        message: `alone does not enable ${name}`,
        params: { hint: needed },
      });
    }
  }
}

function entries({ components }: Config) {
  return Object.entries(components) as [ComponentName, z.output<typeof componentSettings>][];
}
