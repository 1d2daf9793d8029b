import { ask } from '../https.ts';
import { type RehearsalSite, rootName } from '../site.ts';
import type { Expect } from './assert.ts';

/** What the webhook is tried with. */
export interface WebhookScene {
  site: RehearsalSite;
  expect: Expect;
  /** Asks the Git host for the webhooks of the repository. */
  webhooks(): Promise<{ active: boolean; config: { url?: string } }[]>;
}

/**
 * The webhook stands at the host, and the gateway lets nothing else through by its path. What no route leads to is refused, and no one
 * is asked who they are: the gate misses the check's mark. This platform has no dashboard, to which all other paths belong.
 */
export async function tryWebhook({ site, expect, webhooks }: WebhookScene): Promise<void> {
  const url = `https://${await site.host()}/hooks/argocd`;
  expect(
    'the repository has one webhook, to the gateway',
    'its webhooks at Gitea',
    [[true, url]],
    (await webhooks()).map(({ active, config }) => [active, config.url]),
  );
  const ca = await site.ca();
  const json = { accept: 'application/json' };
  const push = JSON.stringify({ ref: 'refs/heads/main', repository: { html_url: 'https://git.example.com/acme/x' } });
  const unsigned = await ask(url, { ca, method: 'POST', headers: { ...json, 'x-gogs-event': 'push' }, body: push });
  expect('Argo CD takes no call without a signature', `POST ${url}`, 400, unsigned.status);
  for (const [method, path] of [
    ['GET', ''],
    ['PUT', ''],
    ['POST', '/'],
    ['POST', '/../../api/v1/session'],
    ['POST', '%2f..%2f..%2fapi'],
  ] as const) {
    const { status } = await ask(url + path, { ca, method, headers: json });
    expect(`nothing else passes by that path: ${method} ${path}`, `${method} ${url}${path}`, 403, status);
  }
}

/** What was pushed to the host just now, of which no one but the host tells Argo CD. */
export interface Pushed {
  commit: string;
  /** Whose folder it brings. */
  tenant: string;
}

/** Waits for what the host's call brings about, and records how long each took. @throws RunError when it does not come */
export async function hearOfPush({ site }: WebhookScene, { commit, tenant }: Pushed): Promise<void> {
  const began = Date.now();
  const seconds = () => Math.round((Date.now() - began) / 1000);
  const told = await site.until(
    'Argo CD hears of the push',
    async () => {
      const log = await site.kubectl(['-n', 'argocd', 'logs', 'deployment/argocd-server', '--since=2m']);
      return log.match(/Received push event repo: [^\s,]+/)?.[0];
    },
    60,
  );
  const heard = seconds();
  await site.until(
    'the root is compared with the commit',
    async () => {
      const root = (await site.applications()).find(({ metadata }) => metadata.name === rootName);
      return root?.status?.sync?.revision === commit ? true : undefined;
    },
    180,
  );
  const compared = seconds();
  await site.until(
    "the new tenant's Applications exist",
    async () => (await site.applications()).find(({ metadata }) => metadata.name === `tenant-${tenant}-access`),
    180,
  );
  site.record.check({
    group: 'gitea',
    name: 'Argo CD hears of a merge from the host, and looks at once',
    tried: "merge, and tell Argo CD nothing; its server's log, and what the root is compared with",
    expected: 'Received push event',
    got: `${told}, after ${heard} s; the root compared after ${compared} s, the new tenant's Application there after ${seconds()} s`,
    ok: true,
  });
}
