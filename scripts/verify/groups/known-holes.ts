import { headerValues } from '../answer.ts';
import type { Expectation, Group } from '../check.ts';
import { forbidden } from '../judge.ts';
import { cookieOf } from '../known.ts';
import type { Request } from '../request.ts';

/** A published vulnerability of a program behind the gateway, and a request that uses it. */
interface Hole {
  id: string;
  tries: string;
  request: Request;
  /** Default: refused by the gateway. */
  expect?: Expectation;
}

/** An address for documentation, which no one uses: https://www.rfc-editor.org/rfc/rfc5737 */
const nowhere = '192.0.2.1';

const encoded = (text: string) => encodeURIComponent(text);

const proxyPaths: Readonly<Record<string, string>> = {
  v1: `/pipeline/apis/v1beta1/_proxy/${encoded(`http://${nowhere}/`)}`,
  v2: `/pipeline/apis/v2beta1/_proxy/${encoded(`http://${nowhere}/`)}`,
  'no-prefix': `/apis/v1beta1/_proxy/${nowhere}`,
  capitals: `/pipeline/APIS/v1beta1/_PROXY/${nowhere}`,
  encoded: `/pipeline/apis/v1beta1/%5Fproxy/${nowhere}`,
  slashes: `/pipeline/apis/v1beta1%2F_proxy%2F${nowhere}`,
  check: `/check/pipeline/apis/v1beta1/_proxy/${nowhere}`,
};

const sharedUploads: Readonly<Record<string, string>> = {
  'no-namespace': '?name=x',
  empty: '?name=x&namespace=',
  twice: '?namespace=&namespace=x',
  encoded: '?%6eamespace=&namespace=x',
};

/** Browsers run no script in the answer, whether refused or served. */
const noScripts: Expectation = {
  text: 'no answer, or one with Content-Security-Policy: sandbox',
  judge: ({ answers }) =>
    answers.every((answer) =>
      headerValues(answer, 'content-security-policy').some((policy) => policy.includes('sandbox')),
    )
      ? undefined
      : 'a browser would run its scripts',
};

const holes: readonly Hole[] = [
  ...Object.entries(proxyPaths).map(([name, target]) => ({
    id: `pipelines-proxy-${name}`,
    tries: `to make Pipelines' page fetch an address: CVE-2026-54745 (${name})`,
    request: { target },
  })),
  {
    id: 'pipelines-proxy-referer',
    tries: "to make Pipelines' page fetch the address in a Referer: CVE-2026-54745",
    request: { target: '/pipeline/', headers: [['Referer', `https://x/apis/v1beta1/_proxy/${encoded(nowhere)}`]] },
  },
  {
    id: 'pipelines-artifact-source',
    tries: "to make Pipelines' page fetch an artifact from any address: CVE-2026-88980",
    request: { target: `/pipeline/artifacts/get?source=http&bucket=3221225985&key=x` },
  },
  {
    id: 'pipelines-artifact-endpoint',
    tries: "to make Pipelines' page fetch an artifact from an attacker's store: CVE-2026-88981",
    request: {
      target: `/pipeline/artifacts/get?source=s3&bucket=x&key=x&providerInfo=${encoded(`{"Params":{"endpoint":"${nowhere}"}}`)}`,
    },
  },
  ...Object.entries(sharedUploads).map(([name, query]) => ({
    id: `pipelines-shared-upload-${name}`,
    tries: `to upload a pipeline that is shared with all users: CVE-2026-77596 (${name})`,
    request: { method: 'POST', target: `/pipeline/apis/v2beta1/pipelines/upload${query}`, body: '' },
  })),
  {
    id: 'pipelines-script',
    tries: "to run a script with the platform's origin, in a message that repeats the request: CVE-2026-88986",
    request: { target: `/pipeline/k8s/pod?podname=x&podnamespace=${encoded('<script>alert(1)</script>')}` },
    expect: noScripts,
  },
  {
    id: 'dex-devices',
    tries: "to fill the cluster's etcd with device logins",
    request: { method: 'POST', target: '/dex/device/code', body: '' },
  },
  {
    id: 'service-worker',
    tries: "to register a service worker from a user's page, which would see all later requests to the host",
    request: { target: '/notebook/x/y/worker.js', headers: [['Service-Worker', 'script']] },
  },
  {
    id: 'other-site-form',
    tries: "to submit a form with the user's session, from a page on another site",
    request: {
      method: 'POST',
      target: '/notebook/x/y/',
      headers: [
        ['Sec-Fetch-Site', 'cross-site'],
        ['Sec-Fetch-Mode', 'navigate'],
      ],
      body: '',
    },
  },
  {
    id: 'other-host-script',
    tries: "to read a page with the user's session, from another host of the same site",
    request: {
      target: '/notebook/x/y/',
      headers: [
        ['Sec-Fetch-Site', 'same-site'],
        ['Sec-Fetch-Mode', 'cors'],
      ],
    },
  },
];

/** Published vulnerabilities of programs behind the gateway, which it blocks for everyone, logged in or not. */
export const knownHoles: Group = {
  name: 'known-holes',
  title: 'Known vulnerabilities of programs behind the gateway',
  checks: () =>
    holes.map(({ id, tries, request, expect = forbidden }) => ({
      id,
      tries,
      send: ({ first }) => ({
        ...request,
        headers: [...(first === undefined ? [] : [['Cookie', cookieOf(first)] as const]), ...(request.headers ?? [])],
      }),
      expect,
    })),
};
