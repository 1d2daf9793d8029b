import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { openAuthority } from '../../sandbox/pki.ts';

/** A fake OpenID Connect provider on loopback: it logs its one person in without asking, with the claims it was given. */
export interface FakeProvider {
  issuer: string;
  /** PEM of the CA that signed its certificate. */
  ca: string;
  /** Query of the last request for a login. */
  asked: URLSearchParams;
  stop(): Promise<void>;
}

/**
 * @param folder where its certificates go
 * @param claims what the ID token says of the person
 * @param userinfo what the userinfo endpoint answers; undefined: there is none
 */
export async function startProvider(
  folder: string,
  claims: Readonly<Record<string, unknown>>,
  userinfo?: Readonly<Record<string, unknown>>,
): Promise<FakeProvider> {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const jwk = { ...publicKey.export({ format: 'jwk' }), alg: 'RS256', use: 'sig', kid: 'key' };
  const authority = await openAuthority(join(folder, 'provider'));
  const { certificate, key } = await authority.issue({
    name: 'provider',
    commonName: 'provider',
    subjectAltNames: ['IP:127.0.0.1'],
  });
  const provider = { issuer: '', ca: readFileSync(authority.ca.certificate, 'utf8'), asked: new URLSearchParams() };
  const token = (extra: object): string => {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const now = Math.floor(Date.now() / 1000);
    const body = `${part({ alg: 'RS256', kid: 'key' })}.${part({ iss: provider.issuer, iat: now, exp: now + 300, ...claims, ...extra })}`;
    return `${body}.${sign('sha256', Buffer.from(body), privateKey).toString('base64url')}`;
  };
  const answers: Record<string, () => object | undefined> = {
    '/.well-known/openid-configuration': () => ({
      issuer: provider.issuer,
      authorization_endpoint: `${provider.issuer}/authorize`,
      token_endpoint: `${provider.issuer}/token`,
      jwks_uri: `${provider.issuer}/keys`,
      ...(userinfo === undefined ? {} : { userinfo_endpoint: `${provider.issuer}/userinfo` }),
      id_token_signing_alg_values_supported: ['RS256'],
    }),
    '/keys': () => ({ keys: [jwk] }),
    '/token': () => ({
      access_token: createHash('sha256').update('access').digest('hex'),
      token_type: 'Bearer',
      id_token: token({ aud: provider.asked.get('client_id'), nonce: provider.asked.get('nonce') ?? undefined }),
    }),
    '/userinfo': () => userinfo,
  };
  const server = createServer({ cert: readFileSync(certificate), key: readFileSync(key) }, (request, response) => {
    const url = new URL(request.url ?? '/', provider.issuer);
    if (url.pathname === '/authorize') {
      provider.asked = url.searchParams;
      const back = new URLSearchParams({ code: 'code', state: url.searchParams.get('state') ?? '' });
      response.writeHead(302, { location: `${url.searchParams.get('redirect_uri')}?${back}` }).end();
      return;
    }
    const answer = answers[url.pathname]?.();
    response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer ?? {}));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  provider.issuer = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return Object.assign(provider, {
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  });
}
