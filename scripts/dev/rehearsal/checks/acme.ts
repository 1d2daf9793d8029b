import { RunError } from '../../../report/errors.ts';
import { openBrowser } from '../browser.ts';
import { nameHosts } from '../names.ts';
import { type Answer, ask } from '../observe/ask.ts';
import { type AcmeServer, startPebble } from '../pebble.ts';
import type { RehearsalSite } from '../site.ts';
import type { Check } from './check.ts';
import { clusterYaml, since } from './commits.ts';
import { passed } from './root.ts';

const group = 'ACME';
const host = 'platform.rehearsal.test';

/** ACME certificates, validated by HTTP-01 through the gateway's port 80. */
export const check: Check = {
  name: 'acme',
  title: 'A certificate from an ACME server over port 80, which serves nothing else',
  quick: false,
  needs: (site) => (site.sandbox === undefined ? 'its ACME server runs in the sandbox' : undefined),
  run: async (site) => {
    const address = await site.address();
    const forget = await nameHosts(site, [host], address);
    const acme = await startPebble(site, 3600);
    try {
      const commit = await site.change(
        'Take certificates from an ACME server',
        await clusterYaml(site, {
          host,
          tls: {
            acme: { server: acme.directory, email: 'admin@example.com', caBundle: base64(acme.ownCa) },
            duration: '1h',
            renewBefore: '59m',
          },
        }),
      );
      await passed(site, commit, { seconds: 600 });
      await servedAndRenewed(site, acme, address);
      await loginBehindIt(site, acme);
      await nothingElseOnPort80(site, address);
      await onlyChallengesMayUseIt(site);
      await passed(site, await site.revert(commit));
    } finally {
      await acme.stop();
      await forget();
    }
  },
};

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

function trusted(acme: AcmeServer, address: string): Promise<Answer> {
  return ask(`https://${host}/`, { address, ca: acme.root });
}

async function servedAndRenewed(site: RehearsalSite, acme: AcmeServer, address: string): Promise<void> {
  const first = await site.until(
    'the certificate of the ACME server is served',
    async () => {
      const answer = await trusted(acme, address);
      return answer.status === 0 ? undefined : answer;
    },
    180,
  );
  site.record.check({
    group,
    name: 'the gateway serves a certificate from the ACME server',
    tried: `HTTPS to ${host}, trusting the root of Pebble and nothing else`,
    expected: 'chain and name are correct; the response is the login',
    got: `${first.status}, issued by ${first.certificate?.issuer.CN} until ${first.certificate?.valid_to}`,
    ok: first.status === 302,
  });
  const start = Date.now();
  const renewed = await site.until(
    'the certificate is renewed and served',
    async () => {
      const { certificate } = await trusted(acme, address);
      return certificate !== undefined && certificate.serialNumber !== first.certificate?.serialNumber
        ? certificate
        : undefined;
    },
    300,
  );
  site.record.check({
    group,
    name: 'it is renewed, and served without a restart',
    tried: 'valid for an hour, renewed 59 minutes before it expires, without any action',
    expected: 'another serial number, and a later expiry',
    got: `after ${since(start)}: until ${renewed.valid_to}`,
    ok: Date.parse(renewed.valid_to) > Date.parse(first.certificate?.valid_to ?? ''),
  });
}

async function loginBehindIt(site: RehearsalSite, acme: AcmeServer): Promise<void> {
  const browser = await openBrowser(site, acme.root);
  try {
    const visitor = await browser.visitor();
    await visitor.open('/');
    await visitor.logIn(site.users.owner);
    await visitor.picture('Behind a certificate from an ACME server', 'acme');
    const { host: at, pathname } = new URL(visitor.page.url());
    site.record.check({
      group,
      name: 'users can log in',
      tried: `Chromium, trusting the root of Pebble, opens https://${host}/ and logs in`,
      expected: `back on https://${host}/`,
      got: at + pathname,
      ok: at === host && pathname === '/',
    });
  } finally {
    await browser.close();
  }
}

async function nothingElseOnPort80(site: RehearsalSite, address: string): Promise<void> {
  const paths = [
    '/',
    '/pipeline/',
    '/dex/auth',
    '/oauth2/start',
    '/.well-known/acme-challenge/',
    '/.well-known/acme-challenge/../pipeline/',
  ];
  const answers = await Promise.all(
    paths.map((path) => ask(`http://${host}${path}`, { address, headers: { 'x-forwarded-proto': 'https' } })),
  );
  site.record.check({
    group,
    name: 'port 80 serves nothing else',
    tried: `http://${host} with a forged X-Forwarded-Proto: ${paths.join(', ')}`,
    expected: '301 to https for each',
    got: answers.map(({ status, headers }) => `${status} ${headers.location ?? ''}`).join(', '),
    ok: answers.every(({ status, headers }) => status === 301 && headers.location?.startsWith('https://')),
  });
  const foreign = await ask('http://other.example/', { address });
  site.record.check({
    group,
    name: 'port 80 serves no other host',
    tried: 'http://other.example/ at the gateway',
    expected: '404',
    got: String(foreign.status),
    ok: foreign.status === 404,
  });
}

function ingress(namespace: string, how: { className?: string; annotation?: string }): object {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: {
      name: 'rehearsal',
      namespace,
      ...(how.annotation === undefined ? {} : { annotations: { 'kubernetes.io/ingress.class': how.annotation } }),
    },
    spec: {
      ...(how.className === undefined ? {} : { ingressClassName: how.className }),
      rules: [
        {
          host,
          http: {
            paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 'any', port: { number: 80 } } } }],
          },
        },
      ],
    },
  };
}

async function onlyChallengesMayUseIt(site: RehearsalSite): Promise<void> {
  const tries: { what: string; object: object; wanted: 'refused' | 'accepted' }[] = [
    { what: 'class istio in default', object: ingress('default', { className: 'istio' }), wanted: 'refused' },
    {
      what: 'class istio by annotation in default',
      object: ingress('default', { annotation: 'istio' }),
      wanted: 'refused',
    },
    { what: 'class istio in auth', object: ingress('auth', { className: 'istio' }), wanted: 'refused' },
    { what: 'another class in default', object: ingress('default', { className: 'other' }), wanted: 'accepted' },
    {
      what: "class istio in the gateway's namespace",
      object: ingress('ingress', { className: 'istio' }),
      wanted: 'accepted',
    },
  ];
  for (const { what, object, wanted } of tries) {
    const got = await tryIngress(site, object);
    site.record.check({
      group,
      name: `an Ingress of ${what} is ${wanted}`,
      tried: 'kubectl create --dry-run=server',
      expected: wanted,
      got,
      ok: got.startsWith(wanted),
    });
  }
}

async function tryIngress(site: RehearsalSite, object: object): Promise<string> {
  try {
    await site.kubectl(['create', '--dry-run=server', '-f', '-'], JSON.stringify(object));
    return 'accepted';
  } catch (error) {
    const said = error instanceof RunError ? [error.message, ...error.details].join(' ') : String(error);
    return said.includes('ACME challenges only') ? 'refused: serve ACME challenges only' : said;
  }
}
