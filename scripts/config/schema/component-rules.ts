import type { z } from 'zod';
import type { ComponentName } from './component-names.ts';
import type { loadBalancer } from './load-balancer.ts';
import type { argocd, componentSettings, istio, KubeflowPart, kubeflow } from './platform.ts';
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

const kubeflowParts: Partial<Record<ComponentName, KubeflowPart>> = {
  'kubeflow-profiles': 'profiles',
  'kubeflow-dashboard': 'central-dashboard',
  'kubeflow-notebooks': 'notebooks',
  'kubeflow-volumes': 'volumes',
  'kubeflow-tensorboards': 'tensorboards',
  'kubeflow-pipelines': 'pipelines',
  'kubeflow-katib': 'katib',
  'kubeflow-trainer': 'trainer',
  'kubeflow-serving': 'serving',
};

/** Components whose version is not theirs to choose, and what to do instead. */
const versionElsewhere: Partial<Record<ComponentName, string>> = {
  argocd: 'Set argocd.version.',
  issuer: 'It has no upstream: remove the line.',
  tenants: 'It has no upstream: remove the line.',
};

/**
 * Reports settings under `components` that would change nothing: a version that is chosen elsewhere, and a component
 * switched on that the rest of the file does not ask for.
 */
export function checkComponents(value: Config, context: z.core.$RefinementCtx): void {
  for (const [name, settings] of entries(value)) {
    const path = ['components', name];
    const version = name.startsWith('kubeflow-')
      ? 'The Kubeflow release decides: set kubeflow.version.'
      : versionElsewhere[name];
    if (settings.version !== undefined && version !== undefined) {
      context.addIssue({
        code: 'custom',
        path: [...path, 'version'],
        message: 'has no effect',
        params: { hint: version, at: 'key' },
      });
    }
    const needed = settings.enabled === true ? missingSwitch(value, name) : undefined;
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

/** @returns which setting switches the component on, undefined when it is on */
function missingSwitch({ argocd, istio, kubeflow, loadBalancer, tls }: Config, name: ComponentName) {
  const part = kubeflowParts[name];
  if (part !== undefined) return kubeflow.components.includes(part) ? undefined : `Add ${part} to kubeflow.components.`;
  switch (name) {
    case 'argocd':
      return argocd.install ? undefined : 'Set argocd.install: true.';
    case 'metallb':
      return loadBalancer.metallb === undefined ? 'Give it addresses: loadBalancer.metallb.pools.' : undefined;
    case 'istio-cni':
      return istio.cni.enabled ? undefined : 'Set istio.cni.enabled: true.';
    case 'issuer':
      return tls.existingIssuer === undefined ? undefined : 'Remove tls.existingIssuer: certificates come from there.';
    case 'kubeflow-namespace':
      return kubeflow.components.length > 0 ? undefined : 'List some parts in kubeflow.components.';
    case 'kubeflow-default-profile':
      if (!kubeflow.components.includes('profiles')) return 'Add profiles to kubeflow.components.';
      return kubeflow.defaultProfile.enabled ? undefined : 'Set kubeflow.defaultProfile.enabled: true.';
    default:
      return undefined;
  }
}
