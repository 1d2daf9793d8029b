import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { $ } from 'zx/core';
import type { KubernetesObject } from '../../components/component.ts';
import { releases } from '../../components/kubeflow/releases.ts';
import { buildKustomization } from '../../tools/kustomize.ts';
import { isMap, type Source } from '../../tree/rules/parsed-tree.ts';
import { findRepository } from '../rehearsal/kubeflow/sources/find.ts';
import { repositoryRoot, upstreamFile } from '../sandbox/of-repository.ts';

/** What became of a source: its objects, or why it cannot be built from the copies that are there. */
type Built = { objects: readonly KubernetesObject[] } | { missing: string };

/** Copies of public repositories, from which kustomizations are built without a network. */
export interface UpstreamCopies {
  /** Builds a source of an Application as Argo CD does, once for all that are alike. @throws RunError with kustomize's own message */
  build(source: Source): Promise<Built>;
  remove(): void;
}

/** @param folder has clones, bare or not, up to two levels below it */
export function openCopies(folder: string): UpstreamCopies {
  const work = mkdtempSync(join(tmpdir(), 'breakwater-copies-'));
  const checkouts = new Map<string, Promise<Checkout>>();
  const builds = new Map<string, Promise<Built>>();
  const checkoutAt = (repository: string, commit: string) => {
    const known = checkouts.get(commit) ?? checkOut(folder, work, repository, commit);
    checkouts.set(commit, known);
    return known;
  };
  const build = async ({ repoURL, path = '', targetRevision, kustomize }: Source): Promise<Built> => {
    const { at, absent } = await checkoutAt(String(repoURL), commitOf(String(targetRevision)));
    if (at === undefined) return { missing: `no repository in ${folder} has ${targetRevision} of ${repoURL}` };
    const lost = absent.find((file) => file.startsWith(`${path}/`));
    if (lost !== undefined) return { missing: `the copy of ${repoURL} lacks ${lost}` };
    return { objects: await buildKustomization(at, path, isMap(kustomize) ? kustomize : {}) };
  };
  return {
    build: (source) => {
      const key = JSON.stringify(source);
      const known = builds.get(key) ?? build(source);
      builds.set(key, known);
      return known;
    },
    remove: () => rmSync(work, { recursive: true, force: true }),
  };
}

const otherPins = ['kubeflow-pipelines/argo-workflows', 'kubeflow-trainer/jobset', 'kubeflow-trainer/jobset/26.03.1'];

/** A cluster's own release is named by tags, which a copy need not have. @returns the commit of such a tag */
function commitOf(revision: string): string {
  const pins = [
    ...Object.entries(releases).map(([version, { commit }]) => ({ version, commit })),
    ...otherPins.map((folder) => upstreamFile(repositoryRoot, `apps/kubeflow/${folder}`)),
  ];
  return pins.find(({ version }) => version === revision)?.commit ?? revision;
}

/** Files of a commit; `absent` are those that a partial copy does not hold. */
interface Checkout {
  at: string | undefined;
  absent: readonly string[];
}

async function checkOut(folder: string, work: string, repository: string, commit: string): Promise<Checkout> {
  const found = await findRepository(folder, { repository, tag: '', commit });
  if (found === undefined) return { at: undefined, absent: [] };
  const quiet = $({ quiet: true });
  const git = ['git', '-c', 'safe.directory=*', '-C', found];
  const listed = (await quiet`${git} ls-tree -r ${commit}`).stdout.trim().split('\n');
  const files = listed.map((line) => line.split(/[ \t]/)).filter(([, type]) => type === 'blob');
  const ids = files.map(([, , id]) => id).join('\n');
  const states = (await $({ quiet: true, input: `${ids}\n` })`${git} cat-file --batch-check`).stdout.split('\n');
  const absent = files.filter((_, index) => states[index]?.endsWith(' missing')).map((file) => file.slice(3).join(' '));
  const at = join(work, commit);
  await quiet`mkdir ${at}`;
  const without = absent.map((file) => `:(exclude,literal)${file}`);
  await quiet`${git} archive --output=${at}.tar ${commit} -- . ${without}`;
  await quiet`tar -x -f ${at}.tar -C ${at}`;
  return { at, absent };
}
