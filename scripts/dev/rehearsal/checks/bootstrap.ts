import { pinOf } from '../applications.ts';
import { mustRun } from '../run-program.ts';
import { argocdNamespace, rootName } from '../site.ts';
import { expecting } from './assert.ts';
import type { Check } from './check.ts';

/** The bootstrap has created everything, Argo CD manages itself, and another run finds nothing to do. */
export const check: Check = {
  name: 'bootstrap',
  title: 'Bootstrap from an empty cluster',
  quick: true,
  run: async (site) => {
    const expect = expecting(site, 'bootstrap');
    const head = (await mustRun(['git', '-C', site.bare, 'rev-parse', 'main'])).trim();
    const applications = await site.applications();
    const children = applications.filter(({ metadata }) => metadata.name !== rootName);
    const states = (list: typeof applications) =>
      list
        .filter(({ status }) => status?.sync?.status !== 'Synced' || status.health?.status !== 'Healthy')
        .map(({ metadata }) => metadata.name);
    expect(
      'every Application is Synced and Healthy',
      `${applications.length} Applications: those that are not`,
      [],
      states(applications),
    );
    expect(
      'each is pinned to the newest commit',
      'those that are not',
      [],
      children
        .filter((child) => pinOf(child) !== undefined && pinOf(child) !== head)
        .map(({ metadata }) => metadata.name),
    );
    const argocd = applications.find(({ metadata }) => metadata.name === 'argocd');
    const own = argocd?.status?.resources?.find(
      ({ kind, name }) => kind === 'StatefulSet' && name === 'argocd-application-controller',
    );
    expect('Argo CD manages itself', 'its controller, as a resource of Application argocd', 'Synced', own?.status);
    const tracking = await site.kubectl([
      '-n',
      argocdNamespace,
      'get',
      'statefulset',
      'argocd-application-controller',
      '-o',
      'jsonpath={.metadata.annotations.argocd\\.argoproj\\.io/tracking-id}',
    ]);
    expect('and says so on its objects', "its controller's tracking annotation", 'argocd', tracking.split(':')[0]);
    const again = await site.program([
      'bootstrap',
      '--cluster',
      site.cluster,
      '--context',
      site.context,
      '--wait',
      '--json',
    ]);
    expect('a second bootstrap succeeds', 'bootstrap --wait again', 0, again.code);
    const now = (await mustRun(['git', '-C', site.bare, 'rev-parse', 'main'])).trim();
    expect('and commits nothing', 'the newest commit after it', head, now);
  },
};
