import { isSettled, pinOf } from '../applications.ts';
import { followApplications } from '../observe/follow.ts';
import { describeOvertakings, overtakings, type Passage, passages } from '../observe/order.ts';
import type { RehearsalSite } from '../site.ts';
import type { Check } from './check.ts';
import { clusterYaml, gatewayMark, laterAt, namesOf, overrides, since } from './commits.ts';
import { application, argocd, givesUp, passed } from './root.ts';
import { certManagerWith, presentImage, removeLeftovers, slowDeployment } from './slow-deployment.ts';

const group = 'Waves';
/** Delay of a component in an early wave, in seconds. */
const late = 30;

/** Waves wait at every commit; a broken commit stops at its wave, and `git revert` fixes it without further action. */
export const check: Check = {
  name: 'waves',
  title: 'Waves wait, on later commits too',
  quick: false,
  run: async (site) => {
    const image = await presentImage(site);
    const watch = await followApplications({ ...site, namespace: argocd.namespace });
    try {
      const first = await site.change('Delay cert-manager and change the gateway', {
        ...(await clusterYaml(site, { 'components.cert-manager.readyWithin': '60s' })),
        [overrides(site, 'cert-manager')]: certManagerWith([slowDeployment(image, { readyAfter: late })]),
        [overrides(site, 'gateway')]: gatewayMark('first'),
      });
      await passed(site, first);
      waitedForLate(site, passages(watch.events), first);

      const broken = await site.change('Break cert-manager and change the gateway', {
        [overrides(site, 'cert-manager')]: certManagerWith([slowDeployment(image, { readyAfter: 0, broken: true })]),
        [overrides(site, 'gateway')]: gatewayMark('broken'),
      });
      await stoppedAt(site, broken);
      const healed = await site.revert(broken);
      const start = Date.now();
      await passed(site, healed, { look: false });
      healedByItself(site, laterAt(watch, 'cert-manager', broken), start);

      inOrder(site, passages(watch.events), [first, broken, healed]);
      await passed(site, await site.revert(first));
      await removeLeftovers(site);
    } finally {
      await watch.end();
    }
  },
};

function waitedForLate(site: RehearsalSite, all: readonly Passage[], commit: string): void {
  const of = (name: string) => all.find((passage) => passage.name === name && passage.commit === commit);
  const early = of('cert-manager');
  const next = of('istio-base');
  const waited = ((next?.reached ?? 0) - (early?.reached ?? 0)) / 1000;
  site.record.check({
    group,
    name: 'a component that becomes ready late delays the next wave',
    tried: `one commit that changes the gateway and gives cert-manager a Deployment that is available after ${late} s`,
    expected: `istio-base is reached after cert-manager is Healthy, not before ${late} s`,
    got: `cert-manager Healthy after ${seconds(early?.reached, early?.healthy)} s, istio-base reached after ${Math.round(waited)} s`,
    ok: waited >= late && (early?.healthy ?? Number.POSITIVE_INFINITY) <= (next?.reached ?? 0),
  });
}

async function stoppedAt(site: RehearsalSite, commit: string): Promise<void> {
  const message = await givesUp(site, commit);
  const gateway = await application(site, 'gateway');
  const mark = await site.kubectl(
    words('-n ingress get deployment -o jsonpath={.items[*].spec.template.metadata.annotations}'),
  );
  site.record.check({
    group,
    name: 'a commit that breaks a component stops there',
    tried: 'one commit that gives cert-manager a Deployment whose image does not exist, and changes the gateway',
    expected: 'the root says why; the gateway stays Healthy at the commit before',
    got: `root: ${message}; gateway at ${pinOf(gateway)?.slice(0, 7)}, its pods not changed: ${!mark.includes('broken')}`,
    ok: pinOf(gateway) !== commit && isSettled(gateway) && !mark.includes('broken'),
  });
}

function healedByItself(site: RehearsalSite, touched: readonly Passage[], start: number): void {
  site.record.check({
    group,
    name: 'git revert fixes a broken commit, without further action',
    tried: 'git revert and git push, and nothing else',
    expected: 'all waves Healthy at the revert; no later wave was ever at the broken commit',
    got: `all Healthy ${since(start)} after the push; later waves at the broken commit: ${namesOf(touched)}`,
    ok: touched.length === 0,
  });
}

function inOrder(site: RehearsalSite, all: readonly Passage[], commits: readonly string[]): void {
  const wrong = overtakings(all, commits);
  site.record.check({
    group,
    name: 'no wave overtook another on a later commit',
    tried: `a watch of all Applications over ${commits.length} commits, ${all.length} passages`,
    expected: 'each Application is reached only after all earlier waves are Healthy at the same commit',
    got: describeOvertakings(wrong),
    ok: wrong.length === 0,
  });
}

function seconds(from: number | undefined, to: number | undefined): string {
  return from === undefined || to === undefined ? '?' : String(Math.round((to - from) / 1000));
}

function words(text: string): string[] {
  return text.split(' ');
}
