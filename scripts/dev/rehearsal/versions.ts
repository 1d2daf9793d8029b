import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

const named = {
  'Argo CD': 'infrastructure/argocd',
  Istio: 'infrastructure/istiod',
  'cert-manager': 'infrastructure/cert-manager',
  Dex: 'infrastructure/dex',
  'OAuth2 Proxy': 'infrastructure/oauth2-proxy',
  MetalLB: 'infrastructure/metallb',
  Kubeflow: 'apps/kubeflow',
} as const;

/** @returns name → version, of what a repository installs, as its upstream.yaml files say */
export function versionsOf(root: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(named).flatMap(([name, folder]) => {
      const file = join(root, folder, 'upstream.yaml');
      if (!existsSync(file)) return [];
      const { version, image } = parse(readFileSync(file, 'utf8'));
      return [[name, String(image?.version ?? version)]];
    }),
  );
}
