import { isIP } from 'node:net';
import { ask } from '../https.ts';
import { expecting } from './assert.ts';
import type { Check } from './check.ts';

/** The chain ends at the private CA, the names match, and plain HTTP only redirects. */
export const check: Check = {
  name: 'tls',
  title: 'TLS',
  quick: true,
  run: async (site) => {
    const expect = expecting(site, 'tls');
    const host = await site.host();
    const ca = await site.ca();
    // Public, and present on every platform.
    const url = `https://${host}/dex/.well-known/openid-configuration`;
    const { certificate, protocol, status } = await ask(url, { ca });
    expect('the chain ends at the CA of the platform', `GET ${url}, trusting that CA only`, 200, status);
    const kind = isIP(host) === 0 ? 'DNS' : 'IP Address';
    expect(
      'the certificate names the host and nothing else',
      'its subjectAltName',
      `${kind}:${host}`,
      certificate?.subjectaltname,
    );
    expect(
      'who does not trust that CA is warned',
      `GET ${url}, trusting public CAs`,
      'refused',
      await refusal(() => ask(url)),
    );
    expect('the newest TLS is spoken', 'the version that was agreed on', 'TLSv1.3', protocol);
    const old = await refusal(() => ask(url, { ca, maxVersion: 'TLSv1.1' }));
    expect('TLS 1.1 is refused', 'offer no newer than TLS 1.1', 'refused', old);
    for (const path of ['/', '/dex/auth', '/oauth2/start', '/a/b?c=d']) {
      const answer = await ask(`http://${host}${path}`);
      const got = `${answer.status} ${answer.headers.location ?? ''}`;
      expect(`plain HTTP only redirects: ${path}`, `GET http://${host}${path}`, `301 https://${host}${path}`, got);
    }
  },
};

async function refusal(work: () => Promise<unknown>): Promise<string> {
  return work().then(
    () => 'accepted',
    () => 'refused',
  );
}
