import { readFile } from 'node:fs/promises';
import type { Api } from '../cluster/api.ts';
import { readable } from '../cluster/api-error.ts';
import { callInside } from '../cluster/call-inside.ts';
import { connect } from '../cluster/connect.ts';
import { requirePlatform } from '../cluster/require-platform.ts';
import { readRoutes } from '../cluster/routes.ts';
import { secretText } from '../cluster/secret-text.ts';
import {
  authNamespace,
  gatewayNamespace,
  gatewayPrincipal,
  gatewayRelease,
  gatewaySelector,
} from '../components/domain.ts';
import { gatewayCertificate } from '../components/gateway.ts';
import { clientId } from '../components/login-proxy.ts';
import type { Platform } from '../components/platform.ts';
import type { Cluster } from '../config/cluster.ts';
import { loadCluster } from '../config/load.ts';
import { tally } from '../page/tables.ts';
import type { AttackResult } from '../page/types.ts';
import { RunError, UsageError } from '../report/errors.ts';
import { expectedRoot } from '../steps/registration.ts';
import { placePlatform } from '../tree/place.ts';
import type { Group } from '../verify/check.ts';
import { Client } from '../verify/client.ts';
import { groups } from '../verify/groups/index.ts';
import { insideGroup, insideSkipped, insideTitle, runInside } from '../verify/inside.ts';
import type { Credentials, PlatformSite } from '../verify/known.ts';
import { type Given, learn } from '../verify/learn.ts';
import { runGroups } from '../verify/run.ts';
import { cookieSigner } from '../verify/sign-cookie.ts';
import { publishedBy, siteOf } from '../verify/site.ts';
import { attackSummary, rowLines } from '../verify/table.ts';
import { resolveReference } from '../workspace/secret-reference.ts';
import { chooseCluster } from './choose-cluster.ts';
import type { InvocationOf } from './invocation.ts';

/** Milliseconds: a request without an answer is given up; and requests are at least so far apart. */
const pace = { timeout: 10_000, pause: 25 };

/** Small, public, and has curl: what the pods in the cluster run, unless another is named. */
const probeImage = 'docker.io/curlimages/curl:8.16.0';

/** Ctrl-C ends the run in an orderly way: what it made in the cluster goes. */
const ended = new AbortController();

/** `npm run verify`: attacks a running platform, and says what came back. Exit code 1 when one check failed. */
export async function run(invocation: InvocationOf<'verify'>): Promise<number> {
  const { root, options, reporter } = invocation;
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    process.once(name, () => ended.abort(new RunError(`ended by ${name}`)));
  const platform = placePlatform(loadCluster(root, chooseCluster(invocation)));
  const { cluster } = platform;
  const wanted = chosenGroups(options);
  if (options.list) return list(invocation, platform, wanted);
  const given = { ...credentials(root, cluster, options) };
  reporter.hide([given.first, given.second].flatMap((who) => (who === undefined ? [] : [who.password])));
  const api = await connection(invocation, cluster);
  const { site, target } = siteOf(platform, { ...where(options), ...(await trusted(options, platform.cluster, api)) });
  reporter.status(`verifying ${site.origin}${target.address === target.host ? '' : ` at ${target.address}`}`);
  const client = new Client(target, { ...pace, signal: ended.signal });
  const key = api === undefined ? undefined : await cookieKey(invocation, api);
  const known = await learn(client, site, { ...given, ...(key === undefined ? {} : { sign: cookieSigner(key) }) });
  const sessions = [known.first, known.second].flatMap((session) => [...(session?.cookies.values() ?? [])]);
  reporter.hide(sessions);
  const show = (title: string, name: string, done: readonly AttackResult[]) => {
    reporter.status(`${title} (${name})`);
    for (const line of rowLines(done)) reporter.status(line);
  };
  const rows = await runGroups(client, known, wanted, (group, done) => show(group.title, group.name, done));
  let missed: RunError | undefined;
  if (wantsInside(options)) {
    const inside = await fromInside(invocation, platform, api, site, known.forged).catch((error: unknown) => {
      // What was tried from outside is not thrown away with it.
      if (!(error instanceof RunError) || ended.signal.aborted) throw error;
      missed = error;
      return insideSkipped(error.message);
    });
    show(insideTitle, insideGroup, inside);
    rows.push(...inside);
  }
  const code = conclude(invocation, cluster.name, site.origin, rows);
  if (missed === undefined) return code;
  reporter.warn([`${insideTitle}: skipped. ${missed.message}`, missed.hint ?? ''].join('\n').trim());
  return 1;
}

function conclude(
  { reporter }: InvocationOf<'verify'>,
  cluster: string,
  url: string,
  rows: readonly AttackResult[],
): number {
  const counts = tally(rows);
  if (counts.passed + counts.failed === 0)
    throw new RunError('nothing could be checked', { details: rows.map(({ id, why }) => `${id}: ${why ?? ''}`) });
  reporter.result({ cluster, url, requests: rows, ...counts }, `\n${attackSummary(rows)}`);
  return counts.failed === 0 ? 0 : 1;
}

function list({ reporter }: InvocationOf<'verify'>, platform: Platform, wanted: readonly Group[]): number {
  const { cluster } = platform;
  const { site } = siteOf(platform, cluster.knownHost === undefined ? { url: 'https://platform.invalid' } : {});
  const checks = wanted.flatMap((group) =>
    group.checks(site).map((check) => ({
      id: `${group.name}/${check.id}`,
      group: group.name,
      tries: check.tries,
      expected: 'steps' in check ? check.expected : check.expect.text,
      needs: (check.needs ?? []).map((need) => (typeof need === 'string' ? need : 'a suitable user')),
    })),
  );
  const lines = wanted.flatMap((group) => [
    `${group.title} (${group.name})`,
    ...checks.filter((check) => check.group === group.name).map(({ id, tries }) => `  ${id}: ${tries}`),
  ]);
  reporter.result({ cluster: cluster.name, checks }, lines.join('\n'));
  return 0;
}

function chosenGroups({ only }: InvocationOf<'verify'>['options']): readonly Group[] {
  if (only === undefined) return groups;
  const names = only.split(',').map((name) => name.trim());
  const unknown = names.filter((name) => name !== insideGroup && !groups.some((group) => group.name === name));
  if (unknown.length > 0)
    throw new UsageError(`there is no group ${unknown.join(', ')}`, {
      hint: `There are: ${[...groups.map(({ name }) => name), insideGroup].join(', ')}`,
    });
  return groups.filter(({ name }) => names.includes(name));
}

function wantsInside({ only }: InvocationOf<'verify'>['options']): boolean {
  return only === undefined || only.split(',').some((name) => name.trim() === insideGroup);
}

/** What only a pod in the cluster can try. */
async function fromInside(
  { options, reporter }: InvocationOf<'verify'>,
  platform: Platform,
  api: Api | undefined,
  site: PlatformSite,
  forged: string,
): Promise<AttackResult[]> {
  if (api === undefined) return insideSkipped('needs --context: a pod in the cluster makes the calls');
  const routes = await readRoutes(api, gatewaySelector);
  const image = options.probeImage ?? probeImage;
  const { cluster } = platform;
  const restricted = cluster.istio.cni.enabled;
  return await runInside(site, forged, {
    ...routes,
    rendered: publishedBy(platform),
    ownLogin: [`argocd-server.${cluster.argocd.namespace}`],
    closed: closedServices(cluster.argocd.namespace, routes.running),
    gatewayService: `${gatewayRelease}.${gatewayNamespace}.svc.cluster.local`,
    gatewayPrincipal,
    call: (calls) => callInside(api, calls, { image, restricted, report: reporter.status, signal: ended.signal }),
  });
}

/** Argo CD's manifests close these to all but its own parts; both believe anyone who reaches them. */
function closedServices(namespace: string, running: ReadonlySet<string>) {
  return Object.entries({ 'argocd-repo-server': 8081, 'argocd-redis': 6379 }).map(([name, port]) => ({
    host: `${name}.${namespace}.svc.cluster.local`,
    port,
    ready: running.has(`${name}.${namespace}`),
    policy: `${namespace}/${name}-network-policy`,
  }));
}

function where(options: InvocationOf<'verify'>['options']): { url?: string; address?: string } {
  const { url, address } = options;
  return { ...(url === undefined ? {} : { url }), ...(address === undefined ? {} : { address }) };
}

function credentials(root: string, cluster: Cluster, options: InvocationOf<'verify'>['options']): Given {
  const connector = options.connector ?? 'local';
  const who = (
    user: 'user' | 'secondUser',
    env: 'passwordEnv' | 'secondPasswordEnv',
    file: 'passwordFile' | 'secondPasswordFile',
  ): Credentials | undefined => {
    const email = options[user];
    const reference = referenceOf(options[env], options[file], `${user === 'user' ? '' : 'second-'}password`);
    if (email === undefined) {
      if (reference !== undefined) throw new UsageError(`whose password? Name the user: --${dashed(user)} EMAIL`);
      return undefined;
    }
    const listed = cluster.auth.users.find((entry) => entry.email === email);
    const source = reference ?? listed?.password;
    if (source === undefined)
      throw new UsageError(`the password of ${email} is not named`, {
        hint: `Name the environment variable or file that holds it: --${dashed(env)} NAME or --${dashed(file)} PATH.`,
      });
    const password = resolveReference(root, source).replace(/\r?\n$/, '');
    return { email, password, connector, ...(listed === undefined ? {} : { groups: listed.groups }) };
  };
  const first = who('user', 'passwordEnv', 'passwordFile');
  const second = who('secondUser', 'secondPasswordEnv', 'secondPasswordFile');
  if (second !== undefined && first === undefined) throw new UsageError('--second-user needs --user, too');
  return { ...(first === undefined ? {} : { first }), ...(second === undefined ? {} : { second }) };
}

function dashed(option: string): string {
  return option.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function referenceOf(env: string | undefined, file: string | undefined, what: string) {
  if (env !== undefined && file !== undefined)
    throw new UsageError(`--${what}-env and --${what}-file exclude each other`, { hint: 'Keep one of them.' });
  if (env !== undefined) return { env };
  return file === undefined ? undefined : { file };
}

/** @throws UsageError when the context is that of another cluster: its keys and pods would be used against this one */
async function connection({ options, reporter }: InvocationOf<'verify'>, cluster: Cluster): Promise<Api | undefined> {
  const context = options.context;
  if (context === undefined) return undefined;
  const opened = await connect({ context });
  const own = readable(() => requirePlatform(opened, expectedRoot(cluster), { absent: 'refused' }).then(() => true));
  if ((await own) === undefined)
    reporter.warn(`${context} may not read Applications, so nothing checked that it is the context of ${cluster.name}`);
  return opened.api;
}

/** The CA that --ca names, or that the cluster keeps beside the gateway's certificate. */
async function trusted(
  options: InvocationOf<'verify'>['options'],
  cluster: Cluster,
  api: Api | undefined,
): Promise<{ ca?: string }> {
  const file = options.ca;
  if (file !== undefined) {
    try {
      return { ca: await readFile(file, 'utf8') };
    } catch (error) {
      throw new UsageError(`--ca ${file} can't be read (${error instanceof Error ? error.message : String(error)})`);
    }
  }
  const ca =
    api === undefined ? undefined : await readable(() => secretText(api, gatewayCertificate(cluster), 'ca.crt'));
  return ca === undefined ? {} : { ca };
}

async function cookieKey({ reporter }: InvocationOf<'verify'>, api: Api): Promise<string | undefined> {
  const key = await readable(() => secretText(api, { name: clientId, namespace: authNamespace }, 'cookie-secret'));
  if (key !== undefined) reporter.hide([key]);
  return key;
}
