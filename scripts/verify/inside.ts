import type { AttackResult } from '../page/types.ts';
import type { PlatformSite } from './known.ts';
import type { GatewayObjects } from './site.ts';

/** One call from a pod in the cluster. */
interface InsideCall {
  id: string;
  url: string;
  headers: readonly (readonly [name: string, value: string])[];
  /** True when the service has a login of its own. */
  ownLogin?: boolean;
  /** False when no pod is ready, so that a missing answer proves nothing. */
  ready?: boolean;
  /** The NetworkPolicy that is the service's only protection. */
  policy?: string;
}

/** The result of a call; `exit` is curl's exit code. */
export interface InsideAnswer {
  id: string;
  pod: 'in-mesh' | 'outside';
  exit: number;
  status: number;
  body: string;
}

/** The cluster as these checks need it; the caller provides it, since this folder does not access clusters. */
export interface Inside {
  /** Services behind the gateway. */
  destinations: readonly { host: string; port: number; ready: boolean }[];
  /** Gateway objects that select the gateway's pods, as `namespace/name`. */
  gateways: readonly string[];
  /** Gateway object → VirtualServices bound to it. */
  bound: ReadonlyMap<string, readonly string[]>;
  /** Services (`name.namespace`) outside the mesh with a login of their own, which trust no header. */
  ownLogin: readonly string[];
  /** Services that only a NetworkPolicy protects from pods of other namespaces. */
  closed: readonly { host: string; port: number; ready: boolean; policy: string }[];
  /** The rendered Gateways and routes. */
  rendered: GatewayObjects;
  /** The gateway's Service. */
  gatewayService: string;
  /** Identity of the gateway in the mesh. */
  gatewayPrincipal: string;
  /** Makes the calls from a pod in the mesh and from one outside. */
  call(calls: readonly InsideCall[]): Promise<readonly InsideAnswer[]>;
}

/** Name of the group. */
export const insideGroup = 'inside';
export const insideTitle = 'From inside the cluster';

const control = 'control';

/** @returns the result of the group without access to a cluster */
export function insideSkipped(why: string): AttackResult[] {
  return [
    {
      id: `${insideGroup}/services`,
      group: insideGroup,
      tries: 'to call the services behind the gateway directly, from a pod in another namespace',
      request: 'GET http://SERVICE/ with forged identity headers',
      expected: 'no connection, or 403',
      answer: '',
      outcome: 'skipped',
      why,
    },
  ];
}

/** Calls the services behind the gateway directly, and looks for other routes on the gateway. */
export async function runInside(site: PlatformSite, forged: string, inside: Inside): Promise<AttackResult[]> {
  const calls = [
    controlCall,
    ...serviceCalls(forged, inside),
    ...gatewayCalls(site, forged, inside),
    ...closedCalls(inside),
  ];
  const answers = await inside.call(calls);
  const works = (pod: InsideAnswer['pod']) =>
    answers.some((answer) => answer.pod === pod && answer.id === control && answer.exit === 0 && answer.status > 0);
  const rows = (['in-mesh', 'outside'] as const).flatMap((pod) =>
    calls
      .filter(({ id }) => id !== control && (pod === 'outside' || !onlyOutside(id)))
      .map((call): AttackResult => {
        const answer = answers.find((entry) => entry.pod === pod && entry.id === call.id);
        return judged(call, pod, answer, works(pod));
      }),
  );
  return [...published(inside), ...rows];
}

/** Proves that the pod has a network at all: without one, every policy would seem to work. */
const controlCall: InsideCall = { id: control, url: 'https://kubernetes.default.svc/version', headers: [] };

function serviceCalls(forged: string, { destinations, gatewayPrincipal, ownLogin }: Inside): InsideCall[] {
  return destinations.map(({ host, port, ready }) => ({
    ready,
    ownLogin: ownLogin.includes(host.split('.').slice(0, 2).join('.')),
    id: `${host.replace(/\.svc\..*$/, '')}-${port}`,
    url: `http://${host}:${port}/`,
    headers: [
      ['kubeflow-userid', forged],
      ['x-auth-request-email', forged],
      ['Authorization', `Bearer ${forged}`],
      // The header with which the mesh's proxies report the gateway's identity.
      ['x-forwarded-client-cert', `By=spiffe://forged;URI=spiffe://${gatewayPrincipal}`],
    ],
  }));
}

function gatewayCalls({ authority }: PlatformSite, forged: string, { gatewayService }: Inside): InsideCall[] {
  const headers = [
    ['Host', authority],
    ['kubeflow-userid', forged],
  ] as const;
  return [
    { id: 'gateway-http', url: `http://${gatewayService}/`, headers },
    { id: 'gateway-https', url: `https://${gatewayService}/`, headers },
  ];
}

function closedCalls({ closed }: Inside): InsideCall[] {
  return closed.map(({ host, port, ready, policy }) => ({
    id: `policy-${host.replace(/\.svc\..*$/, '')}-${port}`,
    url: `http://${host}:${port}/`,
    headers: [],
    ready,
    policy,
  }));
}

/** Calls that the pod's own proxy would answer in the mesh. */
function onlyOutside(id: string): boolean {
  return id.startsWith('gateway-') || id.startsWith('policy-');
}

function judged(
  call: InsideCall,
  pod: InsideAnswer['pod'],
  answer: InsideAnswer | undefined,
  works: boolean,
): AttackResult {
  const where = pod === 'in-mesh' ? 'a pod in the mesh, in another namespace' : 'a pod outside the mesh';
  const { tries, expected, verdict } = kindOf(call);
  const row = {
    id: `${insideGroup}/${call.id}-${pod}`,
    group: insideGroup,
    tries: `${tries}: ${where}`,
    request: `GET ${call.url} | ${call.headers.map(([name, value]) => `${name}: ${value}`).join(' | ')}`.slice(0, 200),
    expected,
    answer: answer === undefined ? '' : described(answer),
  };
  if (answer === undefined) return { ...row, outcome: 'failed', why: 'the pod did not make the call' };
  if (call.ready === false) return { ...row, outcome: 'skipped', why: 'it has no ready pod' };
  if (!works) return { ...row, outcome: 'skipped', why: 'the pod could not reach anything, not even the API server' };
  const { wrong, unclear } = verdict(answer);
  if (wrong !== undefined && call.ownLogin === true)
    return {
      ...row,
      outcome: 'skipped',
      why: `${wrong}: outside the mesh, with its own login; only a NetworkPolicy protects it`,
    };
  if (unclear !== undefined) return { ...row, outcome: 'skipped', why: unclear };
  return wrong === undefined ? { ...row, outcome: 'passed' } : { ...row, outcome: 'failed', why: wrong };
}

interface Verdict {
  wrong?: string;
  unclear?: string;
}

function kindOf({ id, url, policy }: InsideCall): {
  tries: string;
  expected: string;
  verdict: (answer: InsideAnswer) => Verdict;
} {
  if (policy !== undefined)
    return {
      tries: `to reach a Service that only the NetworkPolicy ${policy} protects`,
      expected: 'no connection',
      verdict: (answer) => policyVerdict(answer, policy),
    };
  if (id.startsWith('gateway-'))
    return {
      tries: 'to be served by the gateway because the request comes from inside',
      expected: 'the redirect to HTTPS, the login, or no connection',
      verdict: gatewayVerdict,
    };
  return {
    tries: `to call ${url} directly as another user`,
    expected: 'no connection, or 403',
    verdict: serviceVerdict,
  };
}

/** Any answer, even a closed connection, means that the policy does not work. curl: 6 unknown name, 7 refused, 28 timeout. */
function policyVerdict({ exit }: InsideAnswer, policy: string): Verdict {
  if (exit === 7 || exit === 28) return {};
  if (exit === 6) return { unclear: 'the Service does not exist' };
  return {
    wrong:
      `it was reached. Unless ${policy} is missing, this cluster's network plugin does not enforce NetworkPolicies: any pod can make Argo CD's ` +
      'repository server run code (CVE-2026-15416) or write to its store, and only the mesh isolates tenants. ' +
      'Use a plugin that enforces them: docs/security.md, "Network policies"',
  };
}

/** curl: 7 refused, 28 timeout, 52 empty, 56 reset: a NetworkPolicy or mTLS, since the service runs. */
function serviceVerdict({ exit, status, body }: InsideAnswer): Verdict {
  if ([7, 28, 52, 56].includes(exit)) return {};
  if (exit !== 0) return { unclear: `curl failed with exit code ${exit}` };
  if (status === 403 && body.includes('RBAC')) return {};
  if (status === 503) return { unclear: "the pod's own proxy could not reach it (503)" };
  return { wrong: `it answered ${status}` };
}

function gatewayVerdict({ exit, status }: InsideAnswer): Verdict {
  if (exit !== 0) return {};
  return [301, 302, 308, 401, 403].includes(status) ? {} : { wrong: `it answered ${status}` };
}

function described({ exit, status, body }: InsideAnswer): string {
  if (exit === 0) return `${status}${body.includes('RBAC') ? ' (RBAC: access denied)' : ''}`;
  const words: Readonly<Record<number, string>> = {
    6: 'unknown host name',
    7: 'connection refused',
    28: 'timeout',
    35: 'no TLS connection',
    52: 'connection closed',
    56: 'connection reset',
  };
  return words[exit] ?? `no answer (curl ${exit})`;
}

/** Another Gateway or another route on the gateway's pods would bypass the check. */
function published({ gateways, bound, rendered }: Inside): AttackResult[] {
  const others = gateways.filter((name) => !rendered.gateways.includes(name));
  const bound80 = rendered.plainGateways.flatMap((name) => bound.get(name) ?? []);
  const plain = bound80.filter((name) => !rendered.plainRoutes.includes(name));
  const row = (id: string, tries: string, found: readonly string[], answer: string): AttackResult => ({
    id: `${insideGroup}/${id}`,
    group: insideGroup,
    tries,
    request: "the cluster's Gateway and VirtualService objects",
    expected: "only the platform's own",
    answer,
    ...(found.length === 0
      ? { outcome: 'passed' }
      : { outcome: 'failed', why: `not part of this platform: ${found.join(', ')}` }),
  });
  return [
    row('other-gateways', 'whether anyone else has opened a port on the gateway', others, gateways.join(', ')),
    row('routes-without-tls', 'whether port 80 serves anything except the redirect', plain, bound80.join(', ')),
  ];
}
