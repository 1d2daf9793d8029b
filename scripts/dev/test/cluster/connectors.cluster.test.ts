import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { connectorSecrets, dexConnector } from '../../../components/dex-connectors.ts';
import { type Connector, connector } from '../../../config/schema/connectors.ts';
import { ask } from '../../rehearsal/observe/ask.ts';
import { type FakeProvider, startProvider } from './oidc-provider.ts';
import { startRealDex } from './real-dex.ts';

// The real Dex with the connectors that the tree writes, in front of a fake provider whose claims are those that users of real ones report.
let folder: string;
let ended: (() => Promise<void>)[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'breakwater-connectors-'));
});
afterEach(async () => {
  for (const end of ended) await end();
  ended = [];
});
afterAll(async () => {
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
});

/** What Amazon Cognito says of a person: no name, its own claim for groups, and a userinfo that has email_verified as text. */
const cognito = {
  claims: {
    sub: 'aaaaaaaa-bbbb',
    email: 'ann@example.com',
    email_verified: true,
    'cognito:username': 'ann',
    'cognito:groups': ['ml', 'ops'],
  },
  userinfo: { sub: 'aaaaaaaa-bbbb', email: 'ann@example.com', email_verified: 'true', username: 'ann' },
};

async function provider(claims: object, userinfo?: Record<string, unknown>): Promise<FakeProvider> {
  const started = await startProvider(folder, { ...claims }, userinfo);
  ended.push(started.stop);
  return started;
}

const oidc = ({ issuer, ca }: FakeProvider, more: object): Connector =>
  connector.parse({
    type: 'oidc',
    id: 'company',
    name: 'Company',
    issuer,
    clientID: 'breakwater',
    clientSecret: { env: 'SECRET' },
    unverifiedEmails: 'reject',
    rootCAData: Buffer.from(ca).toString('base64'),
    ...more,
  });

it('lets people of Cognito in, with their groups', async () => {
  const company = await provider(cognito.claims, cognito.userinfo);
  const settings = { groups: true, claimMapping: { groups: 'cognito:groups' }, userNameKey: 'cognito:username' };
  const dex = await startDex(oidc(company, { ...settings, getUserInfo: false }));
  expect(await dex.logIn()).toMatchObject({
    email: 'ann@example.com',
    email_verified: true,
    groups: ['ml', 'ops'],
    name: 'ann',
  });
});

it('needs getUserInfo: false for Cognito, as the docs say', async () => {
  const company = await provider(cognito.claims, cognito.userinfo);
  const dex = await startDex(oidc(company, { userNameKey: 'cognito:username' }));
  expect(await dex.logIn()).toMatch(/missing (\\?")?email_verified/);
});

it('refuses people without a name, unless another claim is named', async () => {
  const nameless = { sub: '1', email: 'ann@example.com', email_verified: true };
  const company = await provider(nameless);
  const settings = { getUserInfo: false };
  expect(await (await startDex(oidc(company, settings))).logIn()).toMatch(/missing (\\?")?name/);
  const dex = await startDex(oidc(company, { ...settings, userNameKey: 'email' }));
  expect(await dex.logIn()).toMatchObject({ name: 'ann@example.com' });
});

it('takes the e-mail address of the claim that is named, not of the default one', async () => {
  const company = await provider({
    sub: '1',
    name: 'Ann',
    email: 'old@example.com',
    upn: 'ann@example.com',
    email_verified: true,
  });
  const dex = await startDex(oidc(company, { getUserInfo: false, claimMapping: { email: 'upn' } }));
  expect(await dex.logIn()).toMatchObject({ email: 'ann@example.com' });
});

it('asks the provider with the prompt and at the address that the config says', async () => {
  const company = await provider({ sub: '1', name: 'Ann', email: 'ann@example.com', email_verified: true });
  const dex = await startDex(oidc(company, { getUserInfo: false, promptType: 'select_account' }));
  await dex.logIn();
  expect(company.asked.get('prompt')).toBe('select_account');
  expect(company.asked.get('redirect_uri')).toBe(`${dex.issuer}/callback`);
});

it('does not reach a provider whose CA it was not given', async () => {
  const company = await provider({ sub: '1' });
  await expect(startDex(oidc(company, { rootCAData: undefined }))).rejects.toThrow(/certificate signed by unknown/);
});

it('fills in redirectURI for a connector that is passed on as it is', async () => {
  const company = await provider({ sub: '1', name: 'Ann', email: 'ann@example.com', email_verified: false });
  const other = connector.parse({
    type: 'other',
    id: 'company',
    name: 'Company',
    dexType: 'oidc',
    unverifiedEmails: 'accept',
    config: {
      issuer: company.issuer,
      clientID: 'breakwater',
      clientSecret: '$SECRET',
      insecureSkipEmailVerified: true,
      rootCAs: [Buffer.from(company.ca).toString('base64')],
    },
    secrets: { SECRET: { env: 'SECRET' } },
  });
  const dex = await startDex(other);
  expect(await dex.logIn()).toMatchObject({ email: 'ann@example.com' });
  expect(company.asked.get('redirect_uri')).toBe(`${dex.issuer}/callback`);
});

interface Dex {
  issuer: string;
  /** @returns the claims of the ID token, or the page that said why there is none */
  logIn(): Promise<object | string>;
}

async function startDex(settings: Connector): Promise<Dex> {
  const back = 'http://127.0.0.1/oauth2/callback';
  const env = Object.fromEntries(connectorSecrets(settings).map(({ variable }) => [variable, 'a secret']));
  const configure = (url: string) => ({
    issuer: `${url}/dex`,
    oauth2: { skipApprovalScreen: true },
    staticClients: [{ id: 'oauth2-proxy', name: 'Kubeflow', secret: 'secret', redirectURIs: [back] }],
    connectors: [dexConnector(settings, `${url}/dex/callback`)],
  });
  const { url, log, stop } = await startRealDex(folder, configure, { env });
  ended.push(stop);
  const issuer = `${url}/dex`;
  return { issuer, logIn: () => logIn(issuer, back, log) };
}

/** Follows each redirect, as a browser does, until OAuth2 Proxy would get the code. */
async function logIn(issuer: string, back: string, log: () => string): Promise<object | string> {
  const query = new URLSearchParams({
    client_id: 'oauth2-proxy',
    redirect_uri: back,
    response_type: 'code',
    scope: 'openid email profile groups offline_access',
    state: 'state',
  });
  let next = `${issuer}/auth/company?${query}`;
  for (let step = 0; step < 10 && !next.startsWith(back); step += 1) {
    // Any certificate will do here: Dex is the one that checks the provider's.
    const { headers, body } = await ask(next);
    if (headers.location === undefined) return `${body}\n${log()}`;
    next = new URL(headers.location, next).href;
  }
  const token = await fetch(`${issuer}/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from('oauth2-proxy:secret').toString('base64')}` },
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      code: new URL(next).searchParams.get('code') ?? '',
      redirect_uri: back,
    }),
  });
  const { id_token } = (await token.json()) as { id_token: string };
  return JSON.parse(Buffer.from(id_token.split('.')[1] ?? '', 'base64url').toString());
}
