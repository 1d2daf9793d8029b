import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { webhookSecretKeys } from '../../../components/webhook.ts';
import { openRepository } from '../../../git/repository.ts';
import { webhookMark } from '../../../steps/webhook.ts';
import type { Gitea } from '../../sandbox/gitea.ts';
import { type GiteaSite, openGiteaSite } from './gitea-site.ts';
import type { RunResult } from './run.ts';
import { bootstrap, clusterName, type TestSite } from './site.ts';
import { secretOf, snapshot } from './snapshot.ts';

// The whole command, on a real API server and a real Gitea that has no repository yet.
const repository = 'acme/platform';
const secretName = `breakwater-repository-${clusterName}`;
let place: GiteaSite;
let gitea: Gitea;
let site: TestSite;
let token: string;
let dry: RunResult;
let afterDry: string;
let first: RunResult;

beforeAll(async () => {
  place = await openGiteaSite(repository);
  ({ gitea, site, token } = place);
  dry = await site.run(...bootstrap(site, '--dry-run'));
  afterDry = await gitea.call(token, 'GET', `/repos/${repository}`).then(
    () => 'there',
    () => 'absent',
  );
  first = await site.run(...bootstrap(site));
});
afterAll(() => place?.stop());

interface Hook {
  id: number;
  updated_at: string;
}
interface Key {
  id: number;
  title: string;
  read_only: boolean;
}
const keys = async () => (await gitea.call(token, 'GET', `/repos/${repository}/keys`)) as Key[];
const privateKey = async () =>
  secretOf(await snapshot(site.cluster.connection.api), `argocd/${secretName}`).sshPrivateKey ?? '';

/** What Argo CD does: read over SSH with the key of the Secret. */
async function readWith(sshKey: string) {
  const opened = await openRepository(site.checkout.root);
  const credentials = { sshKey, knownHosts: gitea.knownHosts };
  return opened.probe({ url: gitea.sshUrl(repository), credentials });
}

describe('a bootstrap onto a host that has no repository', () => {
  it('says in a dry run that the repository and the key would be made, and makes nothing', () => {
    expect(dry).toMatchObject({ code: 0 });
    expect(dry.stdout).toContain(
      `planned repository: create the private repository ${gitea.sshUrl(repository)} (Gitea)`,
    );
    expect(dry.stdout).toContain('planned deploy-key: create a deploy key (ed25519, read-only)');
    expect(afterDry).toBe('absent');
  });

  it('makes it, private, and pushes the tree', async () => {
    expect(first.stderr).toBe('');
    expect(first).toMatchObject({ code: 0 });
    expect(await gitea.call(token, 'GET', `/repos/${repository}`)).toMatchObject({ private: true, empty: false });
  });

  it('FL#964 gives it one key that may only read, named after the cluster', async () => {
    expect(await keys()).toMatchObject([
      { title: expect.stringContaining(`Argo CD of cluster ${clusterName} (`), read_only: true },
    ]);
  });

  it('gives Argo CD the private half, with which the repository is read over SSH', async () => {
    const { branches } = await readWith(await privateKey());
    expect([...branches.keys()]).toEqual(['main']);
  });

  it('has it call Argo CD, and says what Gitea needs for a certificate of a CA of its own', () => {
    expect(first.stdout).toContain(
      'done webhook: Gitea calls https://kubeflow.example.com/hooks/argocd after each push;',
    );
    expect(first.stdout).toContain('SKIP_TLS_VERIFY = true in [webhook]');
  });

  it('shows neither the token nor the key: not in its output, nor in command lines, nor in Git', async () => {
    const key = (await privateKey()).split('\n')[2] ?? '';
    const shown = [first.stdout, first.stderr, ...first.commandLines, dry.stdout].join('\n');
    expect(key).toHaveLength(70);
    for (const secret of [token, key]) expect(shown.includes(secret)).toBe(false);
    const grep = ['grep', '-l', '-e', token, '-e', 'OPENSSH PRIVATE KEY', 'HEAD', '--', 'clusters'];
    // It ends with 1, which is thrown, when it finds nothing.
    expect(() => site.checkout.git(...grep)).toThrow();
  });
});

describe('another run', () => {
  it('uses the key again', async () => {
    const before = await keys();
    const again = await site.run(...bootstrap(site));
    expect(again.stdout).toContain('unchanged deploy-key: the key in the cluster is the read-only deploy key on Gitea');
    expect(again.stdout).toContain('unchanged repository:');
    expect(again.stdout).toContain(
      'unchanged webhook: Gitea calls https://kubeflow.example.com/hooks/argocd after each push',
    );
    expect(await keys()).toEqual(before);
  });

  it('adds the same key when the host has lost it', async () => {
    const key = await privateKey();
    for (const { id } of await keys()) await gitea.call(token, 'DELETE', `/repos/${repository}/keys/${id}`);
    const again = await site.run(...bootstrap(site));
    expect(again).toMatchObject({ code: 0 });
    expect(await privateKey()).toBe(key);
    expect((await readWith(key)).branches.has('main')).toBe(true);
  });

  it('FL#2414 replaces the key on request, and the old one reads no more', async () => {
    const old = await privateKey();
    const rotated = await site.run(...bootstrap(site, '--rotate', secretName));
    expect(rotated).toMatchObject({ code: 0 });
    const key = await privateKey();
    expect(key).not.toBe(old);
    expect(await keys()).toHaveLength(1);
    expect((await readWith(key)).branches.has('main')).toBe(true);
    await expect(readWith(old)).rejects.toMatchObject({ name: 'RunError' });
  });

  it("makes the webhook's secret again on request, in the cluster and at the host, and finishes what was cut short", async () => {
    const hooks = async () => (await gitea.call(token, 'GET', `/repos/${repository}/hooks`)) as Hook[];
    const secrets = async () => {
      const all = secretOf(await snapshot(site.cluster.connection.api), 'argocd/argocd-secret');
      return Object.fromEntries(webhookSecretKeys.map((key) => [key, all[key]]));
    };
    const [old, [hook]] = [await secrets(), await hooks()];
    const rotated = await site.run(...bootstrap(site, '--rotate', 'webhook'));
    expect(rotated).toMatchObject({ code: 0, stderr: '' });
    const made = await secrets();
    for (const key of webhookSecretKeys) {
      expect(made[key]).toMatch(/^[0-9a-f]{48}$/);
      expect(made[key]).not.toBe(old[key]);
      for (const text of [rotated.stdout, ...rotated.commandLines]) expect(text.includes(made[key] ?? '')).toBe(false);
    }
    const [after, ...others] = await hooks();
    expect(others).toEqual([]);
    expect(after?.id).toBe(hook?.id);
    expect(Date.parse(after?.updated_at ?? '')).toBeGreaterThan(Date.parse(hook?.updated_at ?? ''));
    // As a run leaves it that was killed before the host had the new secret.
    await site.cluster.connection.api.merge(
      { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'argocd-secret', namespace: 'argocd' } },
      { metadata: { annotations: { [webhookMark]: null } } },
    );
    expect((await site.run(...bootstrap(site))).stdout).toContain('done webhook: Gitea calls');
    expect(await secrets()).toEqual(made);
    const refused = await site.run(...bootstrap(site, '--rotate', 'webhok'));
    expect(refused.stderr).toMatch(/no Secret "webhok" to rotate\n.*webhook/);
    expect(await site.run(...bootstrap(site, '--rotate', 'webhook', '--no-push'))).toMatchObject({ code: 2 });
  });

  it('opens one pull request, though the address is one of SSH, and finds it again', async () => {
    const file = join(site.checkout.root, 'clusters', clusterName, 'cluster.yaml');
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.replace('"caFile"', '"publish":"pull-request","caFile"'));
    appendFileSync(file, 'loadBalancer: {annotations: {example.com/x: "1"}}\n');
    site.checkout.git('commit', '--quiet', '--all', '--message', 'Annotate the load balancer');
    const asked = await site.run(...bootstrap(site));
    expect(asked.stderr).toBe('');
    expect(asked.stdout).toContain(`${gitea.url}/${repository}/pulls/1`);
    const again = await site.run(...bootstrap(site));
    expect(again.stdout).toContain(`${gitea.url}/${repository}/pulls/1`);
    expect(await gitea.call(token, 'GET', `/repos/${repository}/pulls?state=open`)).toHaveLength(1);
  });

  it('is refused before anything is changed when the repository was archived', async () => {
    await gitea.call(token, 'PATCH', `/repos/${repository}`, { archived: true });
    const refused = await site.run(...bootstrap(site));
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('archived');
    await gitea.call(token, 'PATCH', `/repos/${repository}`, { archived: false });
  });
});
