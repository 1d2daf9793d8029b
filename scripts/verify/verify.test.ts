import { afterEach, describe, expect, it } from 'vitest';
import { claimedIdentities } from '../components/identity.ts';
import type { Flaw } from '../dev/testing/fake-flaws.ts';
import { startTestPlatform, type TestPlatform, users } from '../dev/testing/fake-platform.ts';
import { userCode } from '../dev/testing/fake-user-code.ts';
import { tally } from '../page/tables.ts';
import type { AttackResult } from '../page/types.ts';
import type { Group } from './check.ts';
import { Client } from './client.ts';
import { groups } from './groups/index.ts';
import type { Place, PlatformSite } from './known.ts';
import { type Given, learn } from './learn.ts';
import { runGroups } from './run.ts';
import { cookieSigner } from './sign-cookie.ts';

let platform: TestPlatform | undefined;

afterEach(async () => {
  await platform?.stop();
  platform = undefined;
});

const all: Given = {
  first: { ...users.ann, connector: 'local' },
  second: { ...users.bob, connector: 'local' },
};

async function verify(
  flaws: readonly Flaw[],
  names?: readonly string[],
  given: Given = all,
  more: readonly Place[] = [],
  withCode = false,
): Promise<AttackResult[]> {
  platform = await startTestPlatform(...flaws);
  const client = new Client(platform.target, { timeout: 5000, pause: 0 });
  const known = await learn(client, siteOf(platform, more, withCode), { sign: cookieSigner(platform.key), ...given });
  return runGroups(client, known, chosen(names), () => undefined);
}

function siteOf({ target }: TestPlatform, more: readonly Place[] = [], withCode = false): PlatformSite {
  return {
    host: target.host,
    authority: target.authority,
    origin: `https://${target.authority}`,
    places: [
      { name: 'dashboard', path: '/' },
      { name: 'volumes', path: '/volumes/' },
      { name: 'tools', path: '/tools/', access: { groups: ['admins'], emails: [] }, headers: ['x-webauth-user'] },
      ...more,
    ],
    ...(withCode ? { logins: [target.authority, userCode.authority], userCode } : { logins: [target.authority] }),
    connector: 'local',
    sessionCookie: '__Host-breakwater',
    identityHeaders: claimedIdentities,
    userHeader: 'kubeflow-userid',
    appMarker: 'x-breakwater-app',
    groupsHeader: 'kubeflow-groups',
    machineTokens: false,
  };
}

function chosen(names: readonly string[] | undefined): readonly Group[] {
  return names === undefined ? groups : groups.filter(({ name }) => names.includes(name));
}

const failed = (rows: readonly AttackResult[]) =>
  rows.filter(({ outcome }) => outcome === 'failed').map(({ id }) => id);

describe('a platform that does everything right', () => {
  it('passes every check, and none is skipped', async () => {
    const rows = await verify([]);
    expect(rows.filter(({ outcome }) => outcome !== 'passed')).toEqual([]);
    expect(rows.length).toBeGreaterThan(200);
    expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length);
  });

  it('has its session cookies and passwords shown in no row', async () => {
    const text = JSON.stringify(await verify([], ['login', 'session-cookies', 'forged-identity']));
    expect(text).not.toContain(Buffer.from(users.ann.email).toString('base64url'));
    expect(text).not.toContain(users.ann.password);
  });

  it('passes what needs no session without any user, and says why the rest is skipped', async () => {
    const rows = await verify([], undefined, {});
    expect(failed(rows)).toEqual([]);
    const skipped = rows.filter(({ outcome }) => outcome === 'skipped');
    expect(skipped.length).toBeGreaterThan(60);
    expect(skipped.filter(({ why }) => !/--user|--second-user|telling|tells/.test(why ?? ''))).toEqual([]);
    expect(tally(rows).passed).toBeGreaterThan(150);
  });
});

it('takes a cookie for the platform and all below it where an app has a host of its own, and nowhere else', async () => {
  const own = { host: 'grafana.localhost', authority: 'grafana.localhost' };
  const grafana = { name: 'app-grafana', path: '/', own };
  expect(failed(await verify(['shares its cookie'], ['login'], all, [grafana]))).toEqual([]);
  await platform?.stop();
  expect(failed(await verify(['shares its cookie'], ['login']))).toEqual(['login/cookie-attributes']);
});

describe('a platform with a flaw fails the checks about it', () => {
  const flaws: readonly [Flaw, groups: string[], ids: string[]][] = [
    [
      'keeps forged headers',
      ['forged-identity', 'places', 'session-cookies', 'protocols'],
      ['forged-identity/x-forwarded-email-plain', 'forged-identity/groups-of-a-user-without-any'],
    ],
    ['keeps underscores', ['forged-identity'], ['forged-identity/kubeflow-userid-underscores']],
    ['lets a bearer in', ['forged-headers'], ['forged-headers/authorization-bearer', 'forged-headers/all-at-once']],
    ['passes the session on', ['forged-identity'], ['forged-identity/session-cookie']],
    [
      'believes any cookie',
      ['session-cookies', 'upgrades'],
      ['session-cookies/tampered-signature', 'session-cookies/other-cluster'],
    ],
    ['forgets to expire', ['session-cookies'], ['session-cookies/expired', 'session-cookies/future']],
    ['skips normalization', ['paths', 'places', 'protocols'], ['paths/dex-dots', 'paths/dex-encoded-slash']],
    [
      'answers pings',
      ['own-answers'],
      ['own-answers//ping', 'own-answers//robots.txt', 'own-answers/ping'].slice(0, 2),
    ],
    [
      'redirects anywhere',
      ['redirects', 'login'],
      ['redirects/start-absolute', 'redirects/sign-out-no-scheme', 'login/foreign-end'],
    ],
    [
      'serves plain http',
      ['plain-http', 'login'],
      ['plain-http/page', 'plain-http/forged-proto', 'login/started-at-http'],
    ],
    [
      'lets strangers in',
      ['places'],
      ['places/tools-stranger', 'places/tools-forged-group', 'places/tools-forged-mark'],
    ],
    ['checks GET only', ['methods', 'forged-headers', 'protocols', 'places'], ['methods/POST', 'methods/DELETE']],
    ['lets upgrades pass', ['upgrades'], ['upgrades/websocket', 'upgrades/websocket-foreign-origin']],
    ['lets preflights pass', ['preflights', 'methods'], ['preflights//', 'methods/OPTIONS']],
    ['speaks old TLS', ['tls'], ['tls/TLSv1.1']],
    ['takes any password', ['login'], ['login/wrong-password']],
    ['frames anywhere', ['login'], ['login/foreign-frames']],
    ['shares its cookie', ['login'], ['login/cookie-attributes']],
  ];

  it.each(flaws)('%s', async (flaw, where, ids) => {
    expect(failed(await verify([flaw], where))).toEqual(expect.arrayContaining(ids));
  });
});

it('a platform that shuts no known hole fails each check of them, with a session and without one', async () => {
  for (const given of [all, {}]) {
    const rows = await verify(['shuts no known hole'], ['known-holes'], given);
    expect(rows.length).toBeGreaterThan(10);
    expect(failed(rows)).toEqual(rows.map(({ id }) => id));
    await platform?.stop();
  }
  platform = undefined;
});

describe("a host for users' code", () => {
  it('passes every check', async () => {
    const rows = await verify([], ['user-code'], all, [], true);
    expect(rows.filter(({ outcome }) => outcome !== 'passed')).toEqual([]);
    expect(rows.length).toBeGreaterThan(15);
  });

  it.each([
    ['gives users’ code its session', ['user-code/platform-session', 'user-code/own-session']],
    ['serves itself with users’ code', ['user-code/page', 'user-code/platform/jupyter/']],
    ['lets scripts at users’ code', ['user-code/script']],
    ['shuts no known hole', ['user-code/page-script']],
    ['sends codes anywhere', ['user-code/platform-code', 'user-code/own-code']],
  ] as const)('%s: fails the checks about it', async (flaw, ids) => {
    expect(failed(await verify([flaw], ['user-code'], all, [], true))).toEqual(expect.arrayContaining([...ids]));
  });
});

describe('a run that could only pass because nothing works', () => {
  it('stops where Dex does not answer', async () => {
    platform = await startTestPlatform();
    const wrong = { ...siteOf(platform), origin: 'https://elsewhere.example' };
    const client = new Client(platform.target, { timeout: 5000, pause: 0 });
    await expect(learn(client, wrong, {})).rejects.toThrow('does not answer like this platform');
  });

  it('stops where it is unknown who answered', async () => {
    await expect(verify(['hides who answered'])).rejects.toThrow('cannot tell whether an upstream answered');
  });

  it('stops where the certificate is not trusted, and says how to name the CA', async () => {
    platform = await startTestPlatform();
    const { ca: _, ...target } = platform.target;
    const client = new Client(target, { timeout: 5000, pause: 0 });
    await expect(learn(client, siteOf(platform), {})).rejects.toMatchObject({
      message: expect.stringContaining('is not trusted'),
      hint: expect.stringContaining('--ca'),
    });
  });

  it('stops where nothing listens', async () => {
    platform = await startTestPlatform();
    const client = new Client({ ...platform.target, port: 1 }, { timeout: 5000, pause: 0 });
    await expect(learn(client, siteOf(platform), {})).rejects.toThrow('cannot be reached');
  });

  it('fails the login of a wrong password, and skips what needs its session', async () => {
    const rows = await verify([], ['login', 'forged-identity'], {
      first: { ...users.ann, password: 'wrong', connector: 'local' },
    });
    expect(failed(rows)).toEqual(['login/first-user']);
    expect(rows.find(({ id }) => id === 'forged-identity/id-token')).toMatchObject({
      outcome: 'skipped',
      why: 'no session: the login form refused the password',
    });
  });
});
