import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { programVersion } from '../sandbox/build.ts';
import { upstreamFile } from '../sandbox/of-repository.ts';
import type { ProgramName } from '../sandbox/programs.ts';

/** Components by the folder that pins them, and the program that a sandbox runs for each. */
const named: Readonly<Record<string, { folder: string; program?: ProgramName }>> = {
  'Argo CD': { folder: 'infrastructure/argocd', program: 'argocd' },
  Istio: { folder: 'infrastructure/istiod', program: 'pilot-discovery' },
  'cert-manager': { folder: 'infrastructure/cert-manager', program: 'cert-manager' },
  Dex: { folder: 'infrastructure/dex', program: 'dex' },
  'OAuth2 Proxy': { folder: 'infrastructure/oauth2-proxy', program: 'oauth2-proxy' },
  MetalLB: { folder: 'infrastructure/metallb', program: 'metallb-controller' },
  Kubeflow: { folder: 'apps/kubeflow' },
};

/** @returns name → version of what a repository installs, from its upstream.yaml files */
export function versionsOf(root: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(named).flatMap(([name, { folder }]) => {
      if (!existsSync(join(root, folder, 'upstream.yaml'))) return [];
      const { version, image } = upstreamFile(root, folder);
      return [[name, String(image?.version ?? version)]];
    }),
  );
}

/** @returns the same, with the version that a sandbox runs where no module of the pinned one is served */
export async function ranVersionsOf(root: string): Promise<Record<string, string>> {
  const versions = versionsOf(root);
  for (const [name, pinned] of Object.entries(versions)) {
    const program = named[name]?.program;
    const ran = program === undefined ? undefined : await programVersion(program);
    if (ran !== undefined && ran !== pinned.replace(/^v/, ''))
      versions[name] = `${pinned} (here ${ran} runs under this name)`;
  }
  return versions;
}
