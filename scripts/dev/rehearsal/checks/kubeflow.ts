import { setTimeout as sleep } from 'node:timers/promises';
import { ask } from '../observe/ask.ts';
import { logIn, type Session, startSession } from '../observe/session.ts';
import type { RehearsalSite } from '../site.ts';
import { type Expect, expecting } from './assert.ts';
import type { Check } from './check.ts';
import { runCell } from './kubeflow-kernel.ts';

const notebook = 'lab';
const image = 'ghcr.io/kubeflow/kubeflow/notebook-servers/jupyter-scipy:v1.10.0';

/** A user's work with Kubeflow's own programs, and other users' attempts at the same time. */
export const check: Check = {
  name: 'kubeflow',
  title: "Kubeflow's own programs",
  quick: false,
  needs: (site) => {
    const own = (name: string) => site.record.data().versions[`Kubeflow: ${name}`]?.startsWith('its own') ?? false;
    const missing = ['profile-controller', 'notebook-controller', 'central-dashboard', 'jupyter-web-app'].filter(
      (name) => !own(name),
    );
    return missing.length === 0 ? undefined : 'fakes run in its images; --kubeflow-sources DIR builds its own';
  },
  run: async (site) => {
    const base = `https://${await site.host()}`;
    const expect = expecting(site, 'kubeflow');
    const [ann, bob] = [startSession(), startSession()];
    await logIn(ann, `${base}/`, site.users.owner);
    await logIn(bob, `${base}/`, site.users.other);
    const namespace = await ownNamespace(site, expect);
    await squatting(site, base, bob, expect);
    await preset(site, namespace);
    try {
      await makeNotebook(site, base, namespace, { ann, bob }, expect);
      await useNotebook(site, base, namespace, { ann, bob }, expect);
    } finally {
      await site.kubectl(['-n', namespace, 'delete', 'notebook,poddefault', '--all', '--ignore-not-found']);
    }
    await idlePages(base, ann, expect);
  },
};

/** Sends a request with a session's cookies, without following redirects. */
function send(session: Session, url: string, method: string, body?: object, headers: Record<string, string> = {}) {
  const cookie = [cookieOf(session), headers.cookie ?? ''].filter((part) => part !== '').join('; ');
  return ask(url, {
    method,
    headers: { accept: 'application/json', 'content-type': 'application/json', ...headers, cookie },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

function cookieOf({ cookies }: Session): string {
  return [...cookies].map(([key, value]) => `${key.split(' ')[1]}=${value}`).join('; ');
}

/** Checks the objects that the profile controller creates for the Profile in Git. @returns the namespace */
async function ownNamespace(site: RehearsalSite, expect: Expect): Promise<string> {
  const { items } = JSON.parse(await site.kubectl(['get', 'profiles.kubeflow.org', '-o', 'json']));
  const namespace = String(items[0]?.metadata.name);
  const labels = await site.until(
    'the profile has its namespace',
    async () => {
      const found = JSON.parse(await site.kubectl(['get', 'namespace', namespace, '-o', 'json']));
      return found.metadata.labels['app.kubernetes.io/part-of'] === undefined ? undefined : found.metadata.labels;
    },
    120,
  );
  expect(
    'the namespace of a profile',
    `labels of ${namespace}`,
    ['kubeflow-profile', 'enabled', 'baseline'],
    [labels['app.kubernetes.io/part-of'], labels['istio-injection'], labels['pod-security.kubernetes.io/enforce']],
  );
  const words = ['-n', namespace, 'get', 'rolebinding', 'namespaceAdmin', '-o', 'jsonpath={.subjects[*].name}'];
  expect(
    'its owner is its administrator',
    `kubectl get rolebinding namespaceAdmin`,
    site.users.owner.email,
    await site.kubectl(words),
  );
  return namespace;
}

async function squatting(site: RehearsalSite, base: string, bob: Session, expect: Expect): Promise<void> {
  await send(bob, `${base}/api/workgroup/create`, 'POST', { namespace: 'bob-takes-one' });
  const made = await site.kubectl(['get', 'profile', 'bob-takes-one', '--ignore-not-found', '-o', 'name']);
  expect('no one makes a profile of his own', 'POST /api/workgroup/create as a user without any right', '', made);
  const { body } = await send(bob, `${base}/kfam/v1/bindings`, 'GET');
  expect('the access API is closed at the gateway', 'GET /kfam/v1/bindings', false, body.includes('"bindings"'));
}

/** A PodDefault that each notebook of the namespace gets. */
async function preset(site: RehearsalSite, namespace: string): Promise<void> {
  const object = {
    apiVersion: 'kubeflow.org/v1alpha1',
    kind: 'PodDefault',
    metadata: { name: 'mark', namespace },
    spec: { desc: 'A mark', selector: { matchLabels: { mark: 'true' } }, env: [{ name: 'MARK', value: 'here' }] },
  };
  await site.kubectl(['apply', '-f', '-'], JSON.stringify(object));
}

interface People {
  ann: Session;
  bob: Session;
}

async function makeNotebook(
  site: RehearsalSite,
  base: string,
  namespace: string,
  { ann, bob }: People,
  expect: Expect,
) {
  const body = {
    ...{ name: notebook, image, imagePullPolicy: 'IfNotPresent', serverType: 'jupyter', shm: false },
    ...{ cpu: '0.1', cpuLimit: '1', memory: '0.3Gi', memoryLimit: '1Gi', gpus: { num: 'none' } },
    ...{ noWorkspace: true, workspace: null, datavols: [], environment: '{}', configurations: ['mark'] },
    ...{ customImage: '', customImageCheck: false, tolerationGroup: '', affinityConfig: '' },
  };
  const url = `${base}/jupyter/api/namespaces/${namespace}/notebooks`;
  const make = async (who: Session, csrf: boolean) => {
    const page = await send(who, `${base}/jupyter/`, 'GET', undefined, { accept: 'text/html' });
    const token = /XSRF-TOKEN=([^;]+)/.exec((page.headers['set-cookie'] ?? []).join(';'))?.[1] ?? '';
    return await send(who, url, 'POST', body, csrf ? { cookie: `XSRF-TOKEN=${token}`, 'x-xsrf-token': token } : {});
  };
  expect(
    'without its CSRF cookie the Jupyter web app makes nothing',
    `POST ${url}`,
    403,
    (await make(ann, false)).status,
  );
  expect(
    'someone else makes no notebook there',
    `POST ${url} as ${site.users.other.email}`,
    403,
    (await make(bob, true)).status,
  );
  const made = await make(ann, true);
  expect(
    'the owner makes a notebook',
    `POST ${url}`,
    '200',
    made.status === 200 ? '200' : `${made.status} ${made.body.slice(0, 300)}`,
  );
  await site.kubectl(['-n', namespace, 'wait', '--for=create', `pod/${notebook}-0`, '--timeout=120s']);
  await site.kubectl(['-n', namespace, 'wait', '--for=condition=Ready', `pod/${notebook}-0`, '--timeout=300s']);
  const words = ['-n', namespace, 'get', 'pod', `${notebook}-0`, '-o'];
  const mark = `jsonpath={.spec.containers[?(@.name=="${notebook}")].env[?(@.name=="MARK")].value}`;
  expect('a PodDefault reaches its pod', 'kubectl get pod', 'here', await site.kubectl([...words, mark]));
}

async function useNotebook(site: RehearsalSite, base: string, namespace: string, { ann, bob }: People, expect: Expect) {
  const url = `${base}/notebook/${namespace}/${notebook}`;
  await site.until(
    'the notebook answers',
    async () => ((await send(ann, `${url}/api/status`, 'GET')).status === 200 ? true : undefined),
    60,
  );
  expect('the owner opens it', `GET ${url}/lab`, 200, (await send(ann, `${url}/lab`, 'GET')).status);
  expect('someone else does not', `as ${site.users.other.email}`, 403, (await send(bob, `${url}/lab`, 'GET')).status);
  expect(
    'nor starts a terminal',
    'POST api/terminals',
    403,
    (await send(bob, `${url}/api/terminals`, 'POST', {})).status,
  );
  expect('no one is asked to log in by what polls', 'GET api/kernels', 401, (await ask(`${url}/api/kernels`)).status);
  const page = await send(ann, `${url}/lab`, 'GET');
  const token = /_xsrf=([^;]+)/.exec((page.headers['set-cookie'] ?? []).join(';'))?.[1] ?? '';
  const csrf = { cookie: `_xsrf=${token}`, 'x-xsrftoken': token };
  const kernel = await send(ann, `${url}/api/kernels`, 'POST', { name: 'python3' }, csrf);
  expect('the owner starts a kernel', 'POST api/kernels', 201, kernel.status);
  const socket = `${url.replace('https:', 'wss:')}/api/kernels/${JSON.parse(kernel.body).id}/channels`;
  const cookies = { ann: cookieOf(ann), bob: cookieOf(bob) };
  expect(
    'and runs a cell over its WebSocket',
    'print(6 * 7)',
    '42',
    await runCell(socket, cookies.ann, 'print(6 * 7)'),
  );
  expect(
    'someone else gets no WebSocket',
    `as ${site.users.other.email}`,
    'closed',
    await runCell(socket, cookies.bob, '1'),
  );
}

const bursts = 20;
const pagesOfBurst = 100;

/** Node closes connections after five idle seconds: pages requested around that time must still load. */
async function idlePages(base: string, ann: Session, expect: Expect): Promise<void> {
  const bad = new Map<string, number>();
  for (let burst = 0; burst < bursts; burst += 1) {
    const pages = Array.from({ length: pagesOfBurst }, async () => {
      const { status, body } = await send(ann, `${base}/api/workgroup/exists`, 'GET');
      if (status !== 200)
        bad.set(`${status} ${body.slice(0, 60)}`, (bad.get(`${status} ${body.slice(0, 60)}`) ?? 0) + 1);
    });
    await Promise.all(pages);
    await sleep(4_900 + burst * 10);
  }
  expect(
    `${bursts * pagesOfBurst} pages of the dashboard with pauses around 5 s`,
    'GET /api/workgroup/exists, in bursts, with pauses of 4.9 to 5.1 s',
    'none failed',
    bad.size === 0 ? 'none failed' : [...bad].map(([what, count]) => `${what} × ${count}`).join(', '),
  );
}
