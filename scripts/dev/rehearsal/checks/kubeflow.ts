import { setTimeout as sleep } from 'node:timers/promises';
import { ask } from '../observe/ask.ts';
import type { Session } from '../observe/session.ts';
import type { RehearsalSite } from '../site.ts';
import type { Check } from './check.ts';
import { runCell } from './kubeflow-kernel.ts';
import {
  cookieOf,
  csrfOf,
  lackOfPrograms,
  namespacesOf,
  notebookForm,
  profileOf,
  runsOwn,
  send,
  sendAsPage,
  startVisit,
  untilNotebookRuns,
  type Visit,
} from './kubeflow-site.ts';

const notebook = 'lab';

/** A user's work with Kubeflow's own programs, and other users' attempts at the same time. */
export const check: Check = {
  name: 'kubeflow',
  title: "Kubeflow's own programs",
  quick: false,
  needs: lackOfPrograms,
  run: async (site) => {
    const visit = await startVisit(site, 'kubeflow');
    const namespace = await ownNamespace(visit);
    await squatting(visit);
    await preset(site, namespace);
    try {
      await makeNotebook(visit, namespace);
      await useNotebook(visit, namespace);
      await letBobIn(visit, namespace);
      await makeOtherObjects(visit, namespace);
    } finally {
      const kinds = ['notebooks.kubeflow.org', 'poddefaults.kubeflow.org', 'tensorboards.tensorboard.kubeflow.org'];
      await site.kubectl(['-n', namespace, 'delete', [...kinds, 'pvc'].join(','), '--all', '--ignore-not-found']);
    }
    await idlePages(visit);
  },
};

/** Checks the objects that the profile controller creates for the Profile in Git. @returns the namespace */
async function ownNamespace({ site, base, expect, ann, bob }: Visit): Promise<string> {
  const namespace = await profileOf(site);
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
  expect(
    'the dashboard shows it to its owner, and to no one else',
    'GET /api/workgroup/env-info as both',
    [true, false],
    [(await namespacesOf(ann, base)).includes(namespace), (await namespacesOf(bob, base)).includes(namespace)],
  );
  return namespace;
}

async function squatting({ site, base, expect, bob }: Visit): Promise<void> {
  const { body: answer } = await send(bob, `${base}/api/workgroup/create`, 'POST', { namespace: 'bob-takes-one' });
  const made = await site.kubectl(['get', 'profile', 'bob-takes-one', '--ignore-not-found', '-o', 'name']);
  expect(
    'no one makes a profile of their own',
    'POST /api/workgroup/create as a user without any right',
    'refused: by pull request only; no profile',
    `${answer.includes('by pull request only') ? 'refused: by pull request only' : answer.slice(0, 200)}; ${made || 'no profile'}`,
  );
  const { body } = await send(bob, `${base}/kfam/v1/bindings`);
  expect('the access API is closed at the gateway', 'GET /kfam/v1/bindings', false, body.includes('"bindings"'));
}

/** A PodDefault that each notebook of the namespace may choose. */
async function preset(site: RehearsalSite, namespace: string): Promise<void> {
  const object = {
    apiVersion: 'kubeflow.org/v1alpha1',
    kind: 'PodDefault',
    metadata: { name: 'mark', namespace },
    spec: { desc: 'A mark', selector: { matchLabels: { mark: 'true' } }, env: [{ name: 'MARK', value: 'here' }] },
  };
  await site.kubectl(['apply', '-f', '-'], JSON.stringify(object));
}

async function makeNotebook({ site, base, expect, ann, bob }: Visit, namespace: string): Promise<void> {
  const app = `${base}/jupyter`;
  const path = `api/namespaces/${namespace}/notebooks`;
  const form = notebookForm(notebook, ['mark']);
  const { status } = await send(ann, `${app}/${path}`, 'POST', form);
  expect('without its CSRF cookie the Jupyter web app makes nothing', `POST ${path}`, 403, status);
  const others = await sendAsPage(bob, app, path, 'POST', form);
  expect('someone else makes no notebook there', `POST ${path} as ${site.users.other.email}`, 403, others.status);
  const made = await sendAsPage(ann, app, path, 'POST', form);
  const got = made.status === 200 ? '200' : `${made.status} ${made.body.slice(0, 300)}`;
  expect('the owner makes a notebook', `POST ${path}`, '200', got);
  await untilNotebookRuns(site, namespace, notebook);
  const mark = `jsonpath={.spec.containers[?(@.name=="${notebook}")].env[?(@.name=="MARK")].value}`;
  const value = await site.kubectl(['-n', namespace, 'get', 'pod', `${notebook}-0`, '-o', mark]);
  expect('a PodDefault reaches its pod', 'kubectl get pod', 'here', value);
}

async function useNotebook({ site, base, expect, ann, bob }: Visit, namespace: string): Promise<void> {
  const url = `${base}/notebook/${namespace}/${notebook}`;
  const other = site.users.other.email;
  const answers = async () => ((await send(ann, `${url}/api/status`)).status === 200 ? true : undefined);
  await site.until('the notebook answers', answers, 60);
  expect('the owner opens it', `GET ${url}/lab`, 200, (await send(ann, `${url}/lab`)).status);
  expect('someone else does not', `as ${other}`, 403, (await send(bob, `${url}/lab`)).status);
  const terminal = await send(bob, `${url}/api/terminals`, 'POST', {});
  expect('nor starts a terminal', 'POST api/terminals', 403, terminal.status);
  const asked = await ask(`${url}/api/kernels`);
  expect('what polls without a session gets no login page', 'GET api/kernels', 401, asked.status);
  const csrf = await csrfOf(ann, `${url}/lab`, '_xsrf', 'x-xsrftoken');
  const kernel = await send(ann, `${url}/api/kernels`, 'POST', { name: 'python3' }, csrf);
  expect('the owner starts a kernel', 'POST api/kernels', 201, kernel.status);
  const { id } = JSON.parse(kernel.body) as { id: string };
  const socket = `${url.replace('https:', 'wss:')}/api/kernels/${id}/channels`;
  const printed = await runCell(socket, cookieOf(ann), 'print(6 * 7)');
  expect('and runs a cell over its WebSocket', 'print(6 * 7)', '42', printed);
  expect('someone else gets no WebSocket', `as ${other}`, 'closed', await runCell(socket, cookieOf(bob), '1'));
}

/** The owner of a Profile shares it in the dashboard, and takes that back. */
async function letBobIn({ site, base, expect, ann, bob }: Visit, namespace: string): Promise<void> {
  const contributor = site.users.other.email;
  const change = (who: Session, method: string, word: string) =>
    send(who, `${base}/api/workgroup/${word}-contributor/${namespace}`, method, { contributor });
  const seen = async (status: number) => {
    const page = await send(bob, `${base}/notebook/${namespace}/${notebook}/api/status`);
    return page.status === status ? status : undefined;
  };
  const self = await change(bob, 'POST', 'add');
  expect('no one lets themselves in', 'POST add-contributor as someone else', 403, self.status);
  const added = await change(ann, 'POST', 'add');
  expect(
    'the owner lets someone in by the dashboard',
    'POST add-contributor',
    `200 ["${contributor}"]`,
    `${added.status} ${added.body}`,
  );
  const opened = await site.until('the contributor gets in', () => seen(200), 60);
  expect('who opens the notebook then', 'GET api/status as the contributor', 200, opened);
  const removed = await change(ann, 'DELETE', 'remove');
  expect('and takes it back', 'DELETE remove-contributor', '200 []', `${removed.status} ${removed.body}`);
  const closed = await site.until('the contributor is out', () => seen(403), 60);
  expect('after which the notebook is closed to them', 'GET api/status as who was removed', 403, closed);
}

/** A claim and a TensorBoard by the other two web apps, for the owner only. */
async function makeOtherObjects({ site, base, expect, ann, bob }: Visit, namespace: string): Promise<void> {
  const claim = { name: 'files', mode: 'ReadWriteOnce', class: '{empty}', size: '1Gi', type: 'empty' };
  const board = { name: 'board', logspath: 'pvc://files/logs', configurations: [] };
  const apps = [
    { program: 'volumes-web-app', page: 'volumes', path: 'pvcs', form: claim, kind: 'pvc' },
    { program: 'tensorboards-web-app', page: 'tensorboards', path: 'tensorboards', form: board, kind: 'tensorboards' },
  ] as const;
  for (const { page, path, form, kind } of apps.filter(({ program }) => runsOwn(site, program))) {
    const make = (who: Session) =>
      sendAsPage(who, `${base}/${page}`, `api/namespaces/${namespace}/${path}`, 'POST', form);
    const statuses = [(await make(bob)).status, (await make(ann)).status];
    const made = await site.kubectl(['-n', namespace, 'get', kind, form.name, '-o', 'jsonpath={.metadata.name}']);
    expect(
      `${page}: the owner makes one, and no one else`,
      `POST ${path} as both`,
      [403, 200, form.name],
      [...statuses, made],
    );
  }
}

const bursts = 20;
const pagesOfBurst = 100;

/** Node closes connections after five idle seconds: pages requested around that time must still load. */
async function idlePages({ base, expect, ann }: Visit): Promise<void> {
  const bad = new Map<string, number>();
  for (let burst = 0; burst < bursts; burst += 1) {
    const pages = Array.from({ length: pagesOfBurst }, async () => {
      const { status, body, error } = await send(ann, `${base}/api/workgroup/exists`);
      const said = `${status} ${(error ?? body).slice(0, 60)}`;
      if (status !== 200) bad.set(said, (bad.get(said) ?? 0) + 1);
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
