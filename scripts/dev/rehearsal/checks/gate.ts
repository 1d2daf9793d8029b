import { setTimeout as sleep } from 'node:timers/promises';
import { type Answer, ask } from '../observe/ask.ts';
import { logIn, type Session, startSession } from '../observe/session.ts';
import type { RehearsalSite } from '../site.ts';
import type { Check } from './check.ts';

const group = 'Two locks';
/** Occurs only in values that this check forges. */
const forged = 'forged-by-the-rehearsal';
const forgedHeaders = {
  'kubeflow-userid': `${forged}@example.com`,
  'kubeflow-groups': forged,
  'x-breakwater-app': forged,
  [`x-breakwater-group-${Buffer.from(forged).toString('hex')}`]: '1',
};

/** The objects of the gate; the ConfigMap contains the provider of the login check. */
const objects: readonly (readonly [namespace: string, kind: string, name: string])[] = [
  ['ingress', 'authorizationpolicy.security.istio.io', 'login-required'],
  ['ingress', 'envoyfilter.networking.istio.io', 'identity'],
  ['ingress', 'envoyfilter.networking.istio.io', 'group-headers'],
  ['istio-system', 'authorizationpolicy.security.istio.io', 'gateway-lock'],
  ['istio-system', 'configmap', 'istio'],
];

/** Deletes each object of the gate in turn, during requests by users and attackers. */
export const check: Check = {
  name: 'gate',
  title: 'While an object of the gate is gone, nothing is served unchecked',
  quick: false,
  run: async (site) => {
    const base = `https://${await site.host()}`;
    const session = startSession();
    await logIn(session, `${base}/`, site.users.owner);
    for (const object of objects) await withoutObject(site, base, cookieOf(session), object);
  },
};

async function withoutObject(
  site: RehearsalSite,
  base: string,
  cookie: string,
  [namespace, kind, name]: (typeof objects)[number],
): Promise<void> {
  const words = ['-n', namespace, 'get', kind, name, '--ignore-not-found', '-o', 'jsonpath={.metadata.uid}'];
  const before = await site.kubectl(words);
  const traffic = knock(base, cookie);
  const back = async () => {
    const now = await site.kubectl(words);
    return now !== '' && now !== before ? true : undefined;
  };
  try {
    await site.kubectl(['-n', namespace, 'delete', kind, name]);
    await site.until(`${kind} ${name} is back`, back, 120);
    await sleep(5000);
  } finally {
    await traffic.end();
  }
  const { answers, unchecked } = traffic;
  const total = [...answers.values()].reduce((sum, count) => sum + count, 0);
  site.record.check({
    group,
    name: `without ${kind.split('.')[0]} ${namespace}/${name}`,
    tried: `kubectl delete, during requests without a session, without one but with forged headers, and by ${site.users.owner.email} with forged headers`,
    expected: 'no unchecked response, and nothing forged in any response',
    got: `${unchecked.length} of ${total}: ${[...answers].map(([what, count]) => `${what} × ${count}`).join(', ')}${unchecked.length === 0 ? '' : `; ${unchecked.slice(0, 3).join('; ')}`}`,
    ok: before !== '' && total > 50 && unchecked.length === 0,
  });
}

function knock(base: string, cookie: string) {
  const answers = new Map<string, number>();
  const unchecked: string[] = [];
  let ended = false;
  const asks: Readonly<Record<string, Record<string, string>>> = {
    nobody: {},
    forger: forgedHeaders,
    known: { ...forgedHeaders, cookie },
  };
  const asking = Object.entries(asks).map(async ([who, headers]) => {
    while (!ended) {
      const answer = await ask(`${base}/`, { headers: { accept: 'text/html', ...headers } });
      const what = `${who} ${answer.status}`;
      answers.set(what, (answers.get(what) ?? 0) + 1);
      if (wasUnchecked(who, answer)) unchecked.push(`${what} ${answer.body.slice(0, 100)}`);
      await sleep(30);
    }
  });
  const end = async () => {
    ended = true;
    await Promise.all(asking);
  };
  return { answers, unchecked, end };
}

/** Envoy adds this header only to responses of an upstream: https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/router_filter */
function wasUnchecked(who: string, { status, headers, body }: Answer): boolean {
  const reached = headers['x-envoy-upstream-service-time'] !== undefined || status === 200;
  return who === 'known' ? body.includes(forged) || body.includes('__Host-breakwater') : reached;
}

function cookieOf({ cookies }: Session): string {
  return [...cookies].map(([key, value]) => `${key.split(' ')[1]}=${value}`).join('; ');
}
