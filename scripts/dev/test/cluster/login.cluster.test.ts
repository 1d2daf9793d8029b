import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hashSync } from 'bcryptjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { $ } from 'zx/core';
import { publicAddress } from '../../../components/address.ts';
import type { KubernetesObject } from '../../../components/component.ts';
import { ofKind } from '../../../tree/rules/parsed-tree.ts';
import { buildPrograms } from '../../sandbox/build.ts';
import { openAuthority } from '../../sandbox/pki.ts';
import { type Container, containerOf } from './container.ts';
import { type RealDex, startRealDex } from './real-dex.ts';
import { renderUpstream } from './render-upstream.ts';
import { openScenario, type Scenario, scenarioNames } from './scenarios.ts';

let proxy: string;

beforeAll(async () => {
  proxy = (await buildPrograms(['oauth2-proxy'], { report: (line) => console.log(line) }))['oauth2-proxy'];
});

const password = 'password of a user';
const hash = hashSync(password, 10);
const clientSecret = randomBytes(32).toString('base64url');

/** As the bootstrap makes them: see secrets(cluster) of the components. */
function secretValue(secret: string, key: string): string {
  if (secret === 'dex-users') return hash;
  if (key === 'client-secret') return clientSecret;
  if (key === 'cookie-secret') return randomBytes(32).toString('base64url');
  return key === 'client-id' ? 'oauth2-proxy' : 'a secret';
}

describe.each(scenarioNames)('the login of %s', (name) => {
  let scenario: Scenario;
  let folder: string;
  let rendered: Map<string, KubernetesObject[]>;

  beforeAll(async () => {
    scenario = await openScenario(name);
    folder = await mkdtemp(join(tmpdir(), 'breakwater-login-'));
    rendered = await renderUpstream(scenario, ['dex', 'oauth2-proxy']);
  });
  afterAll(async () => {
    scenario?.remove();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });

  const container = (component: string) => {
    const own = ofKind(scenario.tree, 'ConfigMap').map(({ object }) => object);
    return containerOf(rendered.get(component) ?? [], component, folder, secretValue, own);
  };

  it('is taken by OAuth2 Proxy', async () => {
    expect(await proxyProblems(await container('oauth2-proxy'))).toEqual([]);
  });

  it('is served by Dex, and lets its static users in', async () => {
    const dex = await startDex(await container('dex'), folder);
    try {
      const { authority } = publicAddress(scenario.cluster);
      const discovery = await fetch(`${dex.url}/dex/.well-known/openid-configuration`);
      expect(await discovery.json()).toMatchObject({ issuer: `https://${authority}/dex` });
      for (const { email, name: shown, groups } of scenario.cluster.auth.users) {
        const claims = await logIn(dex.url, authority, email);
        expect(claims).toMatchObject({ email, email_verified: true, name: shown ?? email });
        if (groups.length > 0) expect(claims).toMatchObject({ groups });
      }
    } finally {
      await dex.stop();
    }
  });

  /** Runs the real program's own check of its settings. */
  async function proxyProblems({ args, env }: Container): Promise<string[]> {
    const alpha = join(folder, 'oauth2_proxy.yml');
    const { ca } = await openAuthority(join(folder, 'pki'));
    await writeFile(alpha, (await readFile(alpha, 'utf8')).replace('/etc/breakwater/ca/ca.crt', ca.certificate));
    const run = $({ quiet: true, nothrow: true, env });
    const result = await run`${proxy} ${args} --config-test`;
    const problems = (result.stdout + result.stderr)
      .split('\n')
      .filter((line) => /error|invalid|unknown|fail/i.test(line) && !line.endsWith('invalid configuration:'));
    if (result.exitCode !== 0 && problems.length === 0) return [`exit code ${result.exitCode}: ${result.stderr}`];
    // It asks the Redis that is configured, which is not there.
    return problems.filter((line) => !(env.OAUTH2_PROXY_REDIS_CONNECTION_URL !== undefined && /redis/i.test(line)));
  }

  it("has settings that OAuth2 Proxy's check tells from bad ones", async () => {
    const { args, env } = await container('oauth2-proxy');
    const file = join(folder, 'oauth2_proxy.yml');
    const settings = parse(await readFile(file, 'utf8'));
    await writeFile(
      file,
      stringify({ ...settings, injectResponseHeaders: [{ name: 'kubeflow-userid', values: [{ claim: 'email' }] }] }),
    );
    const run = $({ quiet: true, nothrow: true, env });
    const result = await run`${proxy} ${args} --config-test`;
    expect(result.exitCode).not.toBe(0);
    expect(result.stdout + result.stderr).toContain('claim');
  });
});

/** Starts the real Dex with the tree's settings, at addresses and with a store of its own. */
async function startDex({ env, root }: Container, folder: string): Promise<RealDex> {
  const settings = parse(await readFile(join(folder, 'config.yaml'), 'utf8'));
  return await startRealDex(folder, () => settings, { env, root });
}

/** Logs a static user in as a browser and OAuth2 Proxy do together; @returns the claims of the ID token */
async function logIn(url: string, authority: string, email: string): Promise<object> {
  const callback = `https://${authority}/oauth2/callback`;
  const query = new URLSearchParams({
    client_id: 'oauth2-proxy',
    redirect_uri: callback,
    response_type: 'code',
    scope: 'openid email profile groups offline_access',
    state: 'state',
  });
  const local = (location: string) =>
    new URL(new URL(location, `https://${authority}`).pathname + new URL(location, `https://${authority}`).search, url);
  let response = await fetch(`${url}/dex/auth/local?${query}`, { redirect: 'manual' });
  const form = local(response.headers.get('location') ?? '');
  response = await fetch(form, {
    method: 'POST',
    redirect: 'manual',
    body: new URLSearchParams({ login: email, password }),
  });
  // Dex 2.46 goes through its own start page once more; with a consent page this would lead there first.
  if (new URL(response.headers.get('location') ?? '', `https://${authority}`).pathname === '/dex/auth') {
    response = await fetch(local(response.headers.get('location') ?? ''), { redirect: 'manual' });
  }
  const answer = new URL(response.headers.get('location') ?? '', `https://${authority}`);
  expect(answer.href).toContain(`${callback}?code=`);
  const token = await fetch(`${url}/dex/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`oauth2-proxy:${clientSecret}`).toString('base64')}` },
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      code: answer.searchParams.get('code') ?? '',
      redirect_uri: callback,
    }),
  });
  const { id_token } = (await token.json()) as { id_token: string };
  return JSON.parse(Buffer.from(id_token.split('.')[1] ?? '', 'base64url').toString());
}
