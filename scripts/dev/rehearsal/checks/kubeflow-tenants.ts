import type { Session } from '../observe/session.ts';
import type { RehearsalSite } from '../site.ts';
import type { Check } from './check.ts';
import {
  lackOfPrograms,
  namespacesOf,
  notebookForm,
  send,
  sendAsPage,
  startVisit,
  untilNotebookRuns,
  type Visit,
} from './kubeflow-site.ts';
import { lookAtFolders, said, settled } from './tenants-site.ts';

const notebook = 'lab';
// Ann's, with bob as a member, and bob's own.
const [crew, guild] = ['crew', 'guild'] as const;

/** Tenants of kind kubeflow: a team's file says who looks, who works, and who is out. */
export const check: Check = {
  name: 'kubeflow-tenants',
  title: "Tenants of kind kubeflow, with Kubeflow's own programs",
  quick: false,
  needs: lackOfPrograms,
  run: async (site) => {
    const visit = await startVisit(site, 'kubeflow-tenants');
    await site.change('Add two tenants of kind kubeflow', {
      [`tenants/${crew}/tenant.yaml`]: crewFile(site, 'view'),
      [`tenants/${crew}/apps/note.yaml`]: note,
      [`tenants/${guild}/tenant.yaml`]: `kind: kubeflow\nowner: ${site.users.other.email}\n`,
      [`tenants/${guild}/apps/note.yaml`]: note,
    });
    await lookAtFolders(site);
    try {
      await settled(site, [crew, guild]);
      await seeNamespaces(visit);
      await workAndLook(visit);
      await changeMembers(visit);
    } finally {
      await leave(site);
    }
  },
};

const note = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: note}\n';

/** @param role of the other user; none: no member */
function crewFile({ users }: RehearsalSite, role?: 'view' | 'edit'): string {
  const members = role === undefined ? '' : `members: [{email: ${users.other.email}, role: ${role}}]\n`;
  return `kind: kubeflow\nowner: ${users.owner.email}\n${members}`;
}

async function seeNamespaces({ site, base, expect, ann, bob }: Visit): Promise<void> {
  for (const namespace of [crew, guild])
    await site.until(
      `the profile controller has made the accounts of ${namespace}`,
      () => site.kubectl(['-n', namespace, 'get', 'serviceaccount', 'default-editor', '-o', 'name']),
      120,
    );
  const ours = async (session: Session) =>
    (await namespacesOf(session, base)).filter((name) => name === crew || name === guild);
  const tried = 'GET /api/workgroup/env-info';
  expect('the dashboard shows an owner their tenant', tried, [crew], await ours(ann));
  expect('and a member theirs as well', tried, [crew, guild], await ours(bob));
}

async function workAndLook({ site, base, expect, ann, bob }: Visit): Promise<void> {
  const app = `${base}/jupyter`;
  const path = (namespace: string) => `api/namespaces/${namespace}/notebooks`;
  const make = (who: Session, namespace: string) =>
    sendAsPage(who, app, path(namespace), 'POST', notebookForm(notebook));
  const url = `${base}/notebook/${crew}/${notebook}`;
  const made = await make(ann, crew);
  expect('the owner makes a notebook', `POST ${path(crew)}`, 200, made.status);
  expect('a tenant makes none at another', `POST ${path(guild)}`, 403, (await make(ann, guild)).status);
  expect('nor looks', `GET ${path(guild)}`, 403, (await send(ann, `${app}/${path(guild)}`)).status);
  await untilNotebookRuns(site, crew, notebook);
  const opened = () => send(ann, `${url}/api/status`);
  await site.until('the notebook answers', async () => ((await opened()).status === 200 ? true : undefined), 90);
  const list = await send(bob, `${app}/${path(crew)}`);
  expect(
    'a member with the role view sees it in the list',
    `GET ${path(crew)}`,
    true,
    list.body.includes(`"${notebook}"`),
  );
  expect('but makes none', `POST ${path(crew)}`, 403, (await make(bob, crew)).status);
  expect('does not open it', `GET ${url}/lab`, 403, (await send(bob, `${url}/lab`)).status);
  const terminal = await send(bob, `${url}/api/terminals`, 'POST', {});
  expect('and gets no terminal', 'POST api/terminals', 403, terminal.status);
}

async function changeMembers({ site, base, expect, bob }: Visit): Promise<void> {
  const page = async (status: number) => {
    const answer = await send(bob, `${base}/notebook/${crew}/${notebook}/api/status`);
    return answer.status === status ? status : undefined;
  };
  const merge = async (subject: string, role?: 'edit') => {
    await site.change(subject, { [`tenants/${crew}/tenant.yaml`]: crewFile(site, role) });
    await lookAtFolders(site);
  };
  await merge('Let a member work', 'edit');
  const inside = await site.until('the member gets in', () => page(200), 180);
  expect("by a merge of the team's file, the member gets in", 'role: edit', 200, inside);
  await merge('Remove a member');
  const out = await site.until('the member is out', () => page(403), 180);
  expect('and by another one, out', 'no member', 403, out);
  const list = await send(bob, `${base}/jupyter/api/namespaces/${crew}/notebooks`);
  expect('also of the list', 'GET the notebooks', 403, list.status);
}

async function leave(site: RehearsalSite): Promise<void> {
  await said(site, ['-n', crew, 'delete', 'notebooks.kubeflow.org', notebook, '--ignore-not-found']);
  await site.change('Remove both tenants', { [`tenants/${crew}`]: undefined, [`tenants/${guild}`]: undefined });
  await lookAtFolders(site);
  await site.until(
    'no Application of these tenants is left',
    async () => {
      const names = (await site.applications()).map(({ metadata }) => metadata.name);
      return names.some((name) => name.startsWith(`tenant-${crew}-`) || name.startsWith(`tenant-${guild}-`))
        ? undefined
        : true;
    },
    180,
  );
  for (const name of [crew, guild]) await site.program(['tenant', 'purge', name, '--cluster', site.cluster, '--yes']);
}
