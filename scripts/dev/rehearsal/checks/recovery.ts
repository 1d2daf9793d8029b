import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sandboxDown, sandboxUp } from '../../sandbox/cluster.ts';
import { chartsOf, imageVersionsOf } from '../../sandbox/of-repository.ts';
import type { ServeSettings } from '../../sandbox/serve.ts';
import { isSettled, pinOf } from '../applications.ts';
import { killBootstrapAt } from '../kill-bootstrap.ts';
import { fakeImages } from '../kubeflow/index.ts';
import { followApplications } from '../observe/follow.ts';
import { type GatewayRecord, watchGateway } from '../observe/gateway.ts';
import { describeOvertakings, overtakings, passages } from '../observe/order.ts';
import { mustRun } from '../run-program.ts';
import type { RehearsalSite } from '../site.ts';
import type { Check } from './check.ts';
import { clusterFile, clusterYaml, commitLocally } from './commits.ts';
import { argocd, passed } from './root.ts';

const group = 'Recovery';

/** Lines of the bootstrap's output at which it is killed, in order. */
const steps: readonly { name: string; pattern: RegExp }[] = [
  { name: 'the tree is written', pattern: /^done tree:/ },
  { name: 'the commit is made', pattern: /^done commit:/ },
  { name: 'the commit is pushed', pattern: /^done publish:/ },
  { name: 'the first namespace is made', pattern: /Namespace \S+ created/ },
  { name: "Argo CD's CRDs are being made", pattern: /CustomResourceDefinition applications\.argoproj\.io created/ },
  { name: "Argo CD's workloads are being made", pattern: /Deployment argocd\/argocd-repo-server created/ },
  { name: 'Argo CD is getting ready', pattern: /of \d+ ready, waiting for/ },
  { name: 'Argo CD is ready', pattern: /^[+=] argocd:/ },
  { name: 'the first Secret is made', pattern: /Secret auth\/\S+ created/ },
  { name: 'the Secrets are made', pattern: /^[+=] secrets:/ },
  { name: "the repository's Secret is made", pattern: /Secret argocd\/\S+ created/ },
  { name: 'the project is made', pattern: /AppProject \S+ created/ },
  { name: 'the root is made', pattern: /Application \S+ created/ },
  { name: 'the first wave is healthy', pattern: /wave 0: healthy/ },
  { name: 'a middle wave is healthy', pattern: /wave 4: healthy/ },
  { name: 'the login is being synced', pattern: /wave \d+: .*dex (syncing|not ready)/ },
];

/** The cluster is lost, and the repository exists. The bootstrap is killed repeatedly on the way. */
export const check: Check = {
  name: 'recovery',
  title: 'A lost cluster is restored from the repository, however often the bootstrap is killed',
  quick: false,
  needs: (site) => (site.sandbox === undefined ? 'it deletes the cluster' : undefined),
  run: async (site) => {
    const before = await endState(site);
    const host = await site.host();
    await site.record.phase('delete the cluster, and make a new one', () => newCluster(site));
    const own = await changeSomething(site);
    const applications = await followApplications({ ...site, namespace: argocd.namespace });
    const gateway = watchGateway(`https://${host}/`);
    try {
      await site.record.phase('kill the bootstrap at each step', () => killAtEachStep(site));
      await site.record.phase('let the bootstrap come to its end', () => bootstrapToItsEnd(site));
    } finally {
      await applications.end();
      await gateway.end();
    }
    sameEndState(site, before, await endState(site));
    const seen = passages(applications.events);
    const wrong = overtakings(seen, [...new Set(seen.map(({ commit }) => commit))]);
    site.record.check({
      group: 'Waves',
      name: 'no component began its first sync before all components of earlier waves were Healthy',
      tried: `a watch of all Applications from the empty cluster on: ${seen.length} passages`,
      expected: 'no wave overtook another',
      got: describeOvertakings(wrong),
      ok: seen.length > 0 && wrong.length === 0,
    });
    neverOpen(site, gateway);
    const head = (await mustRun(['git', '-C', site.root, 'rev-parse', 'HEAD'])).trim();
    await site.revert(head);
    await passed(site, await site.revert(own));
  },
};

async function newCluster(site: RehearsalSite): Promise<void> {
  const { sandbox } = site;
  if (sandbox === undefined) throw new Error('decided without a sandbox');
  const settings: ServeSettings = JSON.parse(await readFile(join(sandbox.folder, 'serve.json'), 'utf8'));
  await sandboxDown(sandbox.folder);
  const { repositories } = settings;
  const { network } = await sandboxUp({
    folder: sandbox.folder,
    images: imageVersionsOf(site.root),
    charts: await chartsOf(site.root),
    repositories,
    fakes: fakeImages(),
  });
  if (network.node !== sandbox.network.node)
    throw new Error(`the new cluster's node is at ${network.node}: the repository names ${sandbox.network.node}`);
}

/** A change to cluster.yaml that is not rendered yet, so that the bootstrap has to write, commit and push. @returns the commit */
async function changeSomething(site: RehearsalSite): Promise<string> {
  const files = await clusterYaml(site, { 'loadBalancer.annotations': { 'example.com/recovered': 'yes' } });
  for (const [path, text] of Object.entries(files)) await writeFile(join(site.root, path), text);
  return await commitLocally(site, 'Annotate the load balancer');
}

async function killAtEachStep(site: RehearsalSite): Promise<void> {
  for (const { name, pattern } of steps) {
    const seen = await killBootstrapAt(site, pattern);
    site.record.check({
      group,
      name: `killed when ${name}`,
      tried: 'npm run bootstrap -- --wait, its process group ended by SIGKILL, then run again',
      expected: 'it continues from there',
      got: seen ?? 'it came to its end without such a line',
      ok: seen !== undefined,
    });
  }
}

async function bootstrapToItsEnd(site: RehearsalSite): Promise<void> {
  const words = ['bootstrap', '--cluster', site.cluster, '--context', site.context];
  const { code, stderr } = await site.program([...words, '--wait']);
  const again = await site.program([...words, '--json']);
  const outcomes: { step: string; outcome: string; message: string }[] =
    again.code === 0 ? (JSON.parse(again.stdout).steps ?? []) : [];
  const done = outcomes.filter(({ outcome }) => outcome === 'done').map(({ step, message }) => `${step} (${message})`);
  site.record.check({
    group,
    name: 'after all of these the bootstrap finishes, and the next run has nothing to do',
    tried: 'npm run bootstrap -- --wait, and once more without --wait',
    expected: 'exit 0, all Healthy; then every step is up to date',
    got: `exit ${code}${code === 0 ? '' : `: ${stderr.slice(-300)}`}; then exit ${again.code}, done: ${done.join(', ') || 'nothing'}`,
    ok: code === 0 && again.code === 0 && done.length === 0,
  });
}

/** State that must be the same however the platform was created. */
interface EndState {
  applications: string[];
  objects: string[];
  tree: string;
  unfinished: string[];
}

async function endState(site: RehearsalSite): Promise<EndState> {
  const live = await site.applications();
  const names = async (...what: string[]) => {
    const path = '{range .items[*]}{.kind}{" "}{.metadata.namespace}{"/"}{.metadata.name}{"\\n"}{end}';
    return (await site.kubectl(['get', ...what, '-o', `jsonpath=${path}`])).split('\n').filter((line) => line !== '');
  };
  // Names with a generated part always differ.
  const kinds =
    'deployments,statefulsets,daemonsets,services,virtualservices,authorizationpolicies,certificates,envoyfilters';
  // cert-manager keeps a Secret after its Certificate is deleted, and sometimes an ACME solver: leftovers of earlier checks.
  const made = ['-l', '!controller.cert-manager.io/fao,!acme.cert-manager.io/http01-solver'];
  const secrets = [
    ...(await names('secrets', '-n', 'auth', ...made)),
    ...(await names('secrets', '-n', argocd.namespace, ...made)),
  ];
  return {
    applications: live.map(({ metadata }) => metadata.name).sort(),
    objects: [...(await names(kinds, '-A', ...made)), ...(await names('namespaces')), ...secrets].sort(),
    tree: (await mustRun(['git', '-C', site.root, 'rev-parse', `HEAD:${clusterFile(site, 'apps')}`])).trim(),
    unfinished: live.filter((one) => !isSettled(one) && pinOf(one) !== undefined).map(({ metadata }) => metadata.name),
  };
}

function sameEndState(site: RehearsalSite, before: EndState, after: EndState): void {
  const missing = before.objects.filter((one) => !after.objects.includes(one));
  const additional = after.objects.filter((one) => !before.objects.includes(one));
  site.record.check({
    group,
    name: 'the new cluster equals the old one',
    tried: `Applications, the tree, and ${before.objects.length} objects (workloads, services, routes, policies, namespaces, Secrets)`,
    expected: 'the same names, the same tree, all Healthy',
    got: `missing: ${missing.join(', ') || 'none'}; additional: ${additional.join(', ') || 'none'}; not Healthy: ${after.unfinished.join(', ') || 'none'}; tree ${before.tree === after.tree ? 'the same' : 'another'}`,
    ok:
      missing.length === 0 &&
      additional.length === 0 &&
      after.unfinished.length === 0 &&
      before.tree === after.tree &&
      before.applications.join() === after.applications.join(),
  });
}

function neverOpen(site: RehearsalSite, { answers }: GatewayRecord): void {
  const counts = [...answers].map(([what, times]) => `${what}: ${times}`);
  site.record.check({
    group: 'Fail closed',
    name: 'no access before the login is up',
    tried:
      'GET / and /pipeline/ on the gateway, four times a second, from the empty cluster to the end of the bootstrap',
    expected: 'no answer, 403, 404, 503, or the login; never 200',
    got: counts.join(', '),
    ok: answers.size > 0 && ![...answers.keys()].some((what) => what.startsWith('2')),
  });
}
