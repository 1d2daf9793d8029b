import { RunError } from '../../../report/errors.ts';
import type { KubeflowProgramName } from '../kubeflow/sources/programs.ts';
import { type Answer, ask } from '../observe/ask.ts';
import { logIn, type Session, startSession } from '../observe/session.ts';
import type { RehearsalSite } from '../site.ts';
import { type Expect, expecting } from './assert.ts';

/** The image of a new notebook, as the Jupyter web app offers it. */
const image = 'ghcr.io/kubeflow/kubeflow/notebook-servers/jupyter-scipy:v1.10.0';

/** Whether Kubeflow's own program runs here, and not the fake. */
export function runsOwn(site: RehearsalSite, program: KubeflowProgramName | 'trainer-controller-manager'): boolean {
  return site.record.data().versions[`Kubeflow: ${program}`]?.startsWith('its own') ?? false;
}

/** @returns why a check of Kubeflow's own programs can't be tried; undefined when all that it needs run */
export function lackOfPrograms(site: RehearsalSite): string | undefined {
  const needed = ['profile-controller', 'kfam', 'notebook-controller', 'central-dashboard', 'jupyter-web-app'] as const;
  const missing = needed.filter((program) => !runsOwn(site, program));
  return missing.length === 0
    ? undefined
    : `fakes run as ${missing.join(', ')}; --kubeflow-sources DIR builds Kubeflow's own`;
}

/** What a check of Kubeflow's own programs works with. */
export interface Visit {
  site: RehearsalSite;
  /** The platform's address, as `https://HOST`. */
  base: string;
  expect: Expect;
  /** The owner of the profile and of the tenants, logged in. */
  ann: Session;
  /** The site's other user, logged in. */
  bob: Session;
}

/** Logs both users in. @param group name of the check */
export async function startVisit(site: RehearsalSite, group: string): Promise<Visit> {
  const base = `https://${await site.host()}`;
  const [ann, bob] = [startSession(), startSession()];
  await logIn(ann, `${base}/`, site.users.owner);
  await logIn(bob, `${base}/`, site.users.other);
  return { site, base, expect: expecting(site, group), ann, bob };
}

/** A session's cookies, for a header. */
export function cookieOf({ cookies }: Session): string {
  return [...cookies].map(([key, value]) => `${key.split(' ')[1]}=${value}`).join('; ');
}

/** Sends a request with a session's cookies, without following redirects. */
export function send(
  session: Session,
  url: string,
  method = 'GET',
  body?: object,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const cookie = [cookieOf(session), headers.cookie ?? ''].filter((part) => part !== '').join('; ');
  return ask(url, {
    method,
    headers: { accept: 'application/json', 'content-type': 'application/json', ...headers, cookie },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

/** Opens a page for its CSRF cookie. @returns what a request has to send besides */
export async function csrfOf(
  session: Session,
  page: string,
  cookie: string,
  header: string,
): Promise<Record<string, string>> {
  const { headers } = await send(session, page, 'GET', undefined, { accept: 'text/html' });
  const token =
    new RegExp(`(?:^|;)\\s*${cookie}=([^;]+)`, 'm').exec((headers['set-cookie'] ?? []).join('\n'))?.[1] ?? '';
  return { cookie: `${cookie}=${token}`, [header]: token };
}

/** Sends what one of the web apps sends to its backend. */
export async function sendAsPage(
  session: Session,
  app: string,
  path: string,
  method: string,
  body?: object,
): Promise<Answer> {
  return await send(
    session,
    `${app}/${path}`,
    method,
    body,
    await csrfOf(session, `${app}/`, 'XSRF-TOKEN', 'x-xsrf-token'),
  );
}

/** What the Jupyter web app sends for a small notebook without a volume. */
export function notebookForm(name: string, configurations: readonly string[] = []): object {
  return {
    ...{ name, image, imagePullPolicy: 'IfNotPresent', serverType: 'jupyter', shm: false },
    ...{ cpu: '0.1', cpuLimit: '1', memory: '0.3Gi', memoryLimit: '1Gi', gpus: { num: 'none' } },
    ...{ workspace: null, datavols: [], environment: '{}', configurations },
    ...{ customImage: '', customImageCheck: false, tolerationGroup: 'none', affinityConfig: 'none' },
  };
}

/** Waits for a notebook's pod. @throws RunError with its events when it does not start */
export async function untilNotebookRuns(site: RehearsalSite, namespace: string, name: string): Promise<void> {
  const pod = `pod/${name}-0`;
  try {
    await site.kubectl(['-n', namespace, 'wait', '--for=create', pod, '--timeout=120s']);
    await site.kubectl(['-n', namespace, 'wait', '--for=condition=Ready', pod, '--timeout=300s']);
  } catch (error) {
    const events = await site.kubectl(['-n', namespace, 'get', 'events', '--sort-by=.lastTimestamp']);
    throw new RunError(`the notebook ${namespace}/${name} does not start`, {
      details: [String(error), ...events.split('\n').slice(-15)],
    });
  }
}

/** The namespaces that the dashboard shows a person. */
export async function namespacesOf(session: Session, base: string): Promise<string[]> {
  const { status, body } = await send(session, `${base}/api/workgroup/env-info`);
  if (status !== 200) throw new RunError(`GET /api/workgroup/env-info answered ${status}: ${body.slice(0, 200)}`);
  return (JSON.parse(body) as { namespaces: { namespace: string }[] }).namespaces
    .map(({ namespace }) => namespace)
    .sort();
}

/** The namespace of the first user's profile. */
export async function profileOf(site: RehearsalSite): Promise<string> {
  const { items } = JSON.parse(await site.kubectl(['get', 'profiles.kubeflow.org', '-o', 'json']));
  const own = (items as { metadata: { name: string }; spec: { owner: { name: string } } }[]).find(
    ({ spec }) => spec.owner.name === site.users.owner.email,
  );
  if (own === undefined) throw new RunError(`no profile belongs to ${site.users.owner.email}`);
  return own.metadata.name;
}
