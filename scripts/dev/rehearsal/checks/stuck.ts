import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ApplicationWatch, followApplications } from '../observe/follow.ts';
import type { RehearsalSite } from '../site.ts';
import type { Check } from './check.ts';
import { clusterFile, clusterYaml, commitByHand, gatewayMark, laterAt, namesOf, overrides, since } from './commits.ts';
import { application, argocd, givesUp, passed, reaches } from './root.ts';
import { certManagerWith, presentImage, removeLeftovers, slowDeployment } from './slow-deployment.ts';

const group = 'Stuck, and going on';
/** Deadline of cert-manager in seconds, shorter than the usual minutes. */
const deadline = 30;

/** Context of a scenario: the site, a running watch, and an existing image. */
interface Scene {
  site: RehearsalSite;
  watch: ApplicationWatch;
  image: string;
}

/** Ways in which a commit gets stuck, and how each is resolved. */
export const check: Check = {
  name: 'stuck',
  title: 'A slow, a broken and a refused change',
  quick: false,
  run: async (site) => {
    const watch = await followApplications({ ...site, namespace: argocd.namespace });
    const scene: Scene = { site, watch, image: await presentImage(site) };
    try {
      await site.record.phase('slow beyond its deadline', () => slowBeyondDeadline(scene));
      await site.record.phase('never ready, and its fix', () => neverReadyAndFixed(scene));
      await site.record.phase('a refused sync, and its fix', () => refusedAndFixed(scene));
      await site.record.phase('a path that does not exist', () => pathThatIsNotThere(scene));
      await passed(site, await site.change('Take the rehearsal out of cert-manager', await asBefore(site)));
      await removeLeftovers(site);
    } finally {
      await watch.end();
    }
  },
};

async function slowBeyondDeadline({ site, image }: Scene): Promise<void> {
  // Argo CD judges health when an object changes, at the latest at the child's own refresh after 60 to 70 s.
  const readyAfter = 150;
  const commit = await site.change('Make cert-manager slower than its deadline', {
    ...(await clusterYaml(site, { 'components.cert-manager.readyWithin': `${deadline}s` })),
    [overrides(site, 'cert-manager')]: certManagerWith([slowDeployment(image, { readyAfter })]),
  });
  const start = Date.now();
  const message = await givesUp(site, commit);
  const failedAfter = since(start);
  await passed(site, commit, { look: false });
  site.record.check({
    group,
    name: 'a slow component outlives its deadline and continues automatically',
    tried: `a Deployment that is available after ${readyAfter} s, in a component that may take ${deadline} s`,
    expected: 'the root fails and retries; once the component is ready, all waves continue without a new commit',
    got: `gave up for now after ${failedAfter} (${message}); all Healthy at the same commit after ${since(start)}`,
    ok: true,
  });
}

async function neverReadyAndFixed({ site, image, watch }: Scene): Promise<void> {
  const broken = await site.change('Give cert-manager a Deployment that never becomes ready', {
    [overrides(site, 'cert-manager')]: certManagerWith([slowDeployment(image, { readyAfter: 0, broken: true })]),
    [overrides(site, 'gateway')]: gatewayMark('broken'),
  });
  await reaches(site, 'cert-manager', broken);
  const fix = await site.change('Fix cert-manager', {
    [overrides(site, 'cert-manager')]: certManagerWith([slowDeployment(image, { readyAfter: 0 })]),
    [overrides(site, 'gateway')]: undefined,
  });
  const start = Date.now();
  await passed(site, fix, { look: false });
  site.record.check({
    group,
    name: 'a component that never becomes ready is replaced by its fix',
    tried: 'an image that does not exist; the fix is pushed while the root still waits',
    expected: 'the fix is picked up after the deadline; no later wave was ever at the broken commit',
    got: `all Healthy ${since(start)} after the fix; later waves at the broken commit: ${namesOf(laterAt(watch, 'cert-manager', broken))}`,
    ok: laterAt(watch, 'cert-manager', broken).length === 0,
  });
}

const policyName = 'rehearsal-refuses';

function refusal(): object[] {
  return [
    {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingAdmissionPolicy',
      metadata: { name: policyName },
      spec: {
        failurePolicy: 'Fail',
        matchConstraints: {
          resourceRules: [
            { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE', 'UPDATE'], resources: ['configmaps'] },
          ],
        },
        validations: [
          { expression: "!object.metadata.name.startsWith('rehearsal-refused')", message: 'refused by the rehearsal' },
        ],
      },
    },
    {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata: { name: policyName },
      spec: { policyName, validationActions: ['Deny'] },
    },
  ];
}

async function refusedAndFixed({ site, watch }: Scene): Promise<void> {
  const policy = refusal()
    .map((object) => JSON.stringify(object))
    .join('\n');
  await site.kubectl(['apply', '-f', '-'], policy);
  try {
    const refused = await site.change('Add an object that is refused', {
      [overrides(site, 'cert-manager')]: certManagerWith([
        { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'rehearsal-refused', namespace: 'cert-manager' } },
      ]),
    });
    const message = await givesUp(site, refused);
    const fix = await site.revert(refused);
    const start = Date.now();
    await passed(site, fix, { look: false });
    const told = refusalTold(watch);
    site.record.check({
      group,
      name: 'a refused sync is replaced by its fix',
      tried: 'a ValidatingAdmissionPolicy refuses a ConfigMap of cert-manager; later git revert',
      expected:
        'the refusal is reported; after the revert all continues automatically; no later wave was at the refused commit',
      got: `root: ${message}; cert-manager: ${told?.slice(0, 200)}; all Healthy ${since(start)} after the revert; later waves at the refused commit: ${namesOf(laterAt(watch, 'cert-manager', refused))}`,
      ok: laterAt(watch, 'cert-manager', refused).length === 0 && told !== undefined,
    });
  } finally {
    const kinds = 'validatingadmissionpolicybinding,validatingadmissionpolicy';
    await site.kubectl(['delete', kinds, policyName, '--ignore-not-found']);
  }
}

/** @returns the message of cert-manager's Application about the refusal, if any */
function refusalTold({ events }: ApplicationWatch): string | undefined {
  return events
    .filter(({ application: { metadata } }) => metadata.name === 'cert-manager')
    .map(({ application: { status } }) => status?.operationState?.message ?? '')
    .find((message) => message.includes('refused by the rehearsal'));
}

/** A manual change to a generated file: the program would not render such a path. */
async function pathThatIsNotThere({ site, watch }: Scene): Promise<void> {
  const file = await applicationFile(site, 'issuer');
  const text = await readFile(file, 'utf8');
  await writeFile(file, text.replace('/manifests/issuer', '/manifests/nowhere'));
  const broken = await commitByHand(site, 'Point the issuer at a path that does not exist');
  const pushed = Date.now();
  await givesUp(site, broken);
  const failedAfter = since(pushed);
  // In any case, revert the commit.
  const told = await pathTold(site).catch((error: unknown) => String(error));
  const fix = await site.revert(broken);
  const start = Date.now();
  await passed(site, fix, { look: false });
  const later = laterAt(watch, 'issuer', broken);
  site.record.check({
    group,
    name: 'a path that does not exist stops its wave only until it is fixed',
    tried: "the issuer's path changed by hand to one that does not exist; npm run status; then git revert",
    expected: 'failed at once, and the status names the path; all Healthy after the revert; no later wave touched',
    got: `gave up for now after ${failedAfter}; status: ${told}; all Healthy ${since(start)} after the revert; later waves at the broken commit: ${namesOf(later)}`,
    ok: later.length === 0 && /^failed: .*nowhere/.test(told),
  });
}

/** @returns the message of `npm run status` about the issuer whose path does not exist, once it appears */
async function pathTold(site: RehearsalSite): Promise<string> {
  const words = ['status', '--cluster', site.cluster, '--context', site.context, '--json'];
  const look = async () => {
    const { waves }: PlatformStatus = JSON.parse((await site.program(words)).stdout);
    const issuer = waves.flatMap(({ applications }) => applications).find(({ name }) => name === 'issuer');
    return issuer?.stage === 'failed' ? `failed: ${issuer.message}` : undefined;
  };
  return await site.until('npm run status says that the issuer has failed', look, 120);
}

/** The fields of `npm run status -- --json` that the check reads. */
interface PlatformStatus {
  waves: { applications: { name: string; stage: string; message: string }[] }[];
}

async function applicationFile(site: RehearsalSite, name: string): Promise<string> {
  const wave = (await application(site, name)).metadata.annotations?.['argocd.argoproj.io/sync-wave'] ?? '0';
  return join(site.root, clusterFile(site, 'apps', `${wave.padStart(2, '0')}-${name}.yaml`));
}

async function asBefore(site: RehearsalSite): Promise<Record<string, string | undefined>> {
  return {
    ...(await clusterYaml(site, { 'components.cert-manager': undefined })),
    [overrides(site, 'cert-manager')]: undefined,
  };
}
