import type { Row } from './check.ts';
import type { Site } from './known.ts';
import type { Published } from './site.ts';

/** One call from a pod in the cluster. */
interface InsideCall {
  id: string;
  url: string;
  headers: readonly (readonly [name: string, value: string])[];
  /** True where anyone who is let through by the network still has to log in. */
  ownLogin?: boolean;
  /** False where nothing runs behind the address, so that no answer would mean nothing. */
  ready?: boolean;
  /** The NetworkPolicy that alone keeps others from it. */
  policy?: string;
}

/** What came back; `exit` is curl's exit code. */
export interface InsideAnswer {
  id: string;
  pod: 'in-mesh' | 'outside';
  exit: number;
  status: number;
  body: string;
}

/** What the cluster says and does for these checks; handed in, because this folder knows no cluster. */
export interface Inside {
  /** Services behind the gateway. */
  destinations: readonly { host: string; port: number; ready: boolean }[];
  /** Gateway objects that select the gateway's pods, as `namespace/name`. */
  gateways: readonly string[];
  /** Gateway object → VirtualServices that are bound to it. */
  bound: ReadonlyMap<string, readonly string[]>;
  /** Services (`name.namespace`) outside the mesh that ask for a login of their own, and believe no header. */
  ownLogin: readonly string[];
  /** Services that nothing but a NetworkPolicy keeps from a pod of another namespace. */
  closed: readonly { host: string; port: number; ready: boolean; policy: string }[];
  /** What the tree renders. */
  rendered: Published;
  /** The gateway's Service. */
  gatewayService: string;
  /** Identity of the gateway in the mesh. */
  gatewayPrincipal: string;
  /** Makes the calls from a pod in the mesh and from one outside of it. */
  call(calls: readonly InsideCall[]): Promise<readonly InsideAnswer[]>;
}

/** Name of the group. */
export const insideGroup = 'inside';
export const insideTitle = 'From inside the cluster';

const control = 'control';

/** @returns the row that stands for the group where no cluster is at hand */
export function insideSkipped(why: string): Row[] {
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

/** Calls what is behind the gateway without going through it, and looks at what else is published on it. */
export async function runInside(site: Site, forged: string, inside: Inside): Promise<Row[]> {
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
      .map((call): Row => {
        const answer = answers.find((entry) => entry.pod === pod && entry.id === call.id);
        return judged(call, pod, answer, works(pod));
      }),
  );
  return [...published(inside), ...rows];
}

/** Without this a network that lets nothing pass would look like a policy that does its work. */
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
      // What a proxy of the mesh would write about the gateway.
      ['x-forwarded-client-cert', `By=spiffe://forged;URI=spiffe://${gatewayPrincipal}`],
    ],
  }));
}

function gatewayCalls({ authority }: Site, forged: string, { gatewayService }: Inside): InsideCall[] {
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

/** From a pod in the mesh, its own proxy answers for these. */
function onlyOutside(id: string): boolean {
  return id.startsWith('gateway-') || id.startsWith('policy-');
}

function judged(call: InsideCall, pod: InsideAnswer['pod'], answer: InsideAnswer | undefined, works: boolean): Row {
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

/** Whatever came back, even a closed connection, came from behind the policy. curl: 6 no such name, 7 refused, 28 time is up. */
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

/** curl: 7 refused, 28 time is up, 52 nothing came, 56 reset: a NetworkPolicy's or mTLS' doing, since the service runs. */
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

/** Anyone who binds another Gateway or another route to the gateway's pods publishes past the check. */
function published({ gateways, bound, rendered }: Inside): Row[] {
  const others = gateways.filter((name) => !rendered.gateways.includes(name));
  const bound80 = rendered.plainGateways.flatMap((name) => bound.get(name) ?? []);
  const plain = bound80.filter((name) => !rendered.plainRoutes.includes(name));
  const row = (id: string, tries: string, found: readonly string[], answer: string): Row => ({
    id: `${insideGroup}/${id}`,
    group: insideGroup,
    tries,
    request: "the cluster's Gateway and VirtualService objects",
    expected: "only the platform's own",
    answer,
    ...(found.length === 0
      ? { outcome: 'passed' }
      : { outcome: 'failed', why: `not of this platform: ${found.join(', ')}` }),
  });
  return [
    row('other-gateways', 'whether anyone else has opened a port on the gateway', others, gateways.join(', ')),
    row('routes-without-tls', 'whether port 80 serves anything except the redirect', plain, bound80.join(', ')),
  ];
}
