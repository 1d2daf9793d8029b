import { stringify } from 'yaml';
import type { RehearsalSite } from '../site.ts';
import { argocd } from './root.ts';

/** Behaviour of a Deployment that the rehearsal adds to a component. */
export interface SlowDeployment {
  /** Seconds after which it counts as available. */
  readyAfter: number;
  /** Its image does not exist: it never becomes ready. */
  broken?: boolean;
}

const name = 'rehearsal-slow';

/**
 * Values of cert-manager's chart (clusters/NAME/overrides/cert-manager.yaml) that add objects to it: they make a
 * component of an early wave slow, broken or refused, without other changes.
 */
export function certManagerWith(objects: readonly object[]): string {
  return stringify({ extraObjects: objects.map((object) => stringify(object)) }, { lineWidth: 0 });
}

/**
 * A Deployment that becomes available late on purpose, or never.
 *
 * @param image an image that the cluster has
 */
export function slowDeployment(image: string, { readyAfter, broken = false }: SlowDeployment): object {
  const labels = { app: name };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'cert-manager' },
    spec: {
      replicas: 1,
      minReadySeconds: readyAfter,
      strategy: { type: 'Recreate' },
      selector: { matchLabels: labels },
      template: {
        // A new value for each commit, so that each one is slow.
        metadata: { labels, annotations: { 'rehearsal/ready-after': String(readyAfter) } },
        spec: {
          terminationGracePeriodSeconds: 0,
          containers: [
            {
              name: 'sleep',
              image: broken ? 'registry.invalid/no-such-image:1' : image,
              command: ['sleep', 'infinity'],
              securityContext: {
                allowPrivilegeEscalation: false,
                runAsNonRoot: true,
                capabilities: { drop: ['ALL'] },
                seccompProfile: { type: 'RuntimeDefault' },
              },
            },
          ],
        },
      },
    },
  };
}

/** @returns Argo CD's image: it contains a shell, and the node has it */
export async function presentImage(site: RehearsalSite): Promise<string> {
  const path = '{.spec.template.spec.containers[0].image}';
  const words = ['-n', argocd.namespace, 'get', 'deployment', 'argocd-repo-server', '-o', `jsonpath=${path}`];
  return await site.kubectl(words);
}

/**
 * Deletes objects that one commit of the rehearsal added to cert-manager and a later one removed: its Application does not prune
 * (it contains CRDs), so such objects stay until a person deletes them.
 */
export async function removeLeftovers(site: RehearsalSite): Promise<void> {
  await site.kubectl(['-n', 'cert-manager', 'delete', 'deployment', name, '--ignore-not-found']);
}
