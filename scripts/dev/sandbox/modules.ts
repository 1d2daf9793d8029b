import { join } from 'node:path';
import { $ } from 'zx/core';
import { goEnv, modulesFolder } from './build.ts';
import { SandboxError } from './errors.ts';

const localPath = 'github.com/rancher/local-path-provisioner';

/**
 * The upstream modules whose files are used as they are (CRDs, charts, manifests): where each is pinned, and its path.
 * They are pinned where the programs are built from, so that a CRD and the program that serves it never differ.
 */
const sources = {
  'argo-cd': { pinnedIn: 'argo-cd', path: 'github.com/argoproj/argo-cd/v3' },
  istio: { pinnedIn: 'istio', path: 'istio.io/istio' },
  'cert-manager': { pinnedIn: 'cert-manager', path: 'github.com/cert-manager/cert-manager' },
  // Their templates and texts are files beside the programs.
  dex: { pinnedIn: 'dex', path: 'github.com/dexidp/dex' },
  gitea: { pinnedIn: 'gitea', path: 'code.gitea.io/gitea' },
  kubernetes: { pinnedIn: 'kubernetes', path: 'k8s.io/kubernetes' },
  'local-path-provisioner': { pinnedIn: 'local-path-provisioner', path: localPath },
  jobset: { pinnedIn: 'jobset', path: 'sigs.k8s.io/jobset' },
  trainer: { pinnedIn: 'trainer', path: 'github.com/kubeflow/trainer/v2' },
  metallb: { pinnedIn: 'metallb', path: 'go.universe.tf/metallb' },
} as const;

/** The name of an upstream module whose files can be read. */
export type ModuleName = keyof typeof sources;

/** Where a module's source lies on this machine, and which version it is. */
export interface ModuleSource {
  /** Read-only: Go's own module cache. */
  folder: string;
  /** Without the leading v. */
  version: string;
}

/**
 * Finds the source of an upstream module, downloading it on first use (checked against go.sum).
 * @throws SandboxError when Go is missing or the download fails.
 */
export async function moduleSource(name: ModuleName): Promise<ModuleSource> {
  const { pinnedIn, path } = sources[name];
  const cwd = join(modulesFolder, pinnedIn);
  const result = await $({ quiet: true, nothrow: true, cwd, env: goEnv() })`go mod download -json ${path}`;
  const answer = parse(result.stdout);
  if (result.exitCode === 0 && answer.Dir && answer.Version) {
    return { folder: answer.Dir, version: answer.Version.slice(1) };
  }
  const why = (answer.Error ?? result.stderr.trim()) || '"go" did not run: install Go (https://go.dev/doc/install)';
  throw new SandboxError(`the source of ${path}, pinned in ${cwd}, could not be fetched: ${why}`);
}

/** The folder of an upstream module's source; see moduleSource. */
export async function moduleFolder(name: ModuleName): Promise<string> {
  return (await moduleSource(name)).folder;
}

function parse(text: string): { Dir?: string; Version?: string; Error?: string } {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
