import { ask } from '../https.ts';
import { type RehearsalSite, rootName } from '../site.ts';
import type { Expect } from './assert.ts';

/** Context of the webhook's test. */
export interface WebhookScene {
  site: RehearsalSite;
  expect: Expect;
  /** Reads the repository's webhooks from the Git host. */
  webhooks(): Promise<{ active: boolean; config: { url?: string } }[]>;
}

/**
 * The webhook exists on the host, and its path on the gateway admits nothing else. Paths without a route are refused without a login: they
 * lack the check's mark. This platform has no dashboard, which would serve all other paths.
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

/** A commit just pushed to the host; only the host tells Argo CD about it. */
export interface Pushed {
  commit: string;
  /** Cluster whose folder it adds. */
  tenant: string;
}

/** Waits for the effects of the host's call, and records how long each took. @throws RunError if they do not appear */
export async function hearOfPush({ site }: WebhookScene, { commit, tenant }: Pushed): Promise<void> {
  const began = Date.now();
  const seconds = () => Math.round((Date.now() - began) / 1000);
  const told = await site.until(
    'Argo CD learns of the push',
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
    name: 'the host tells Argo CD about a merge, and Argo CD refreshes at once',
    tried: "merge, without telling Argo CD; then its server's log, and the commit that the root is compared with",
    expected: 'Received push event',
    got: `${told}, after ${heard} s; the root compared after ${compared} s, the new tenant's Application there after ${seconds()} s`,
    ok: true,
  });
}
