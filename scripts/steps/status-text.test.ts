import { describe, expect, it } from 'vitest';
import type { ApplicationStatus, PlatformStatus } from '../cluster/status.ts';
import { pageHtml } from '../page/page.ts';
import { statusPage } from './status-page.ts';
import { statusText } from './status-text.ts';

const commit = '1234567890123456789012345678901234567890';

function application(name: string, more: Partial<ApplicationStatus> = {}): ApplicationStatus {
  return { name, sync: 'Synced', health: 'Healthy', revision: commit, stage: 'healthy', message: '', ...more };
}

const status: PlatformStatus = {
  cluster: 'prod',
  ok: false,
  summary: '1 of 2 Applications are Synced and Healthy',
  root: {
    ...application('platform', { sync: 'OutOfSync', health: 'Progressing', stage: 'syncing', message: 'syncing' }),
    git: { revision: 'main', commit, applied: 'a'.repeat(40), current: false },
  },
  waves: [
    { wave: 0, applications: [application('argocd')] },
    {
      wave: 11,
      applications: [application('istiod', { health: 'Progressing', stage: 'progressing', message: 'not ready' })],
    },
  ],
  tenants: [],
  waitingFor: {
    application: 'istiod',
    wave: 11,
    why: 'not ready for 95 s of 900',
    elapsed: 95,
    limit: 900,
    afterwards: 'the root retries with the newest commit',
  },
  missing: ['issuer'],
  orphaned: [],
};

describe('the status as text', () => {
  it('is an aligned table with what is waited for, what Git has and what is missing', () => {
    expect(statusText(status)).toBe(`WAVE  APPLICATION  SYNC    HEALTH       REVISION  MESSAGE
0     argocd       Synced  Healthy      1234567
11    istiod       Synced  Progressing  1234567   not ready

Root platform: OutOfSync, Progressing at 1234567; syncing.
Git: main is at 1234567; aaaaaaa is applied.
The root is waiting for istiod: not ready for 95 s of 900; then the root retries with the newest commit.
Not in the cluster: issuer; their wave has not started.
1 of 2 Applications are Synced and Healthy.`);
  });

  it('wraps what says why below its row, and never cuts it', () => {
    const message =
      'Deployment istiod: pod istiod-7c8f9d-abcde: ImagePullBackOff: failed to pull registry.example.com/istio/pilot:1.31.1: not found';
    const waves = [{ wave: 11, applications: [application('istiod', { health: 'Degraded', message })] }];
    const lines = statusText({ ...status, waves }, 80).split('\n');
    const at = lines.findIndex((line) => line.startsWith('11 '));
    expect(lines.slice(at, at + 3)).toEqual([
      '11    istiod       Synced  Degraded  1234567',
      '    Deployment istiod: pod istiod-7c8f9d-abcde: ImagePullBackOff: failed to pull',
      '    registry.example.com/istio/pilot:1.31.1: not found',
    ]);
  });

  it.each([
    [60, true, /in 60 days\.\n/],
    [10, false, /in 10 days\.\n/],
    [10, true, /in 10 days, and nothing renews it: .* --cluster prod --rotate platform-certificate\n/],
    [-3, false, /^The certificate expired on \d{4}-\d\d-\d\d\.\n/m],
  ])("says when the certificate expires: in %i days, with one's own: %s", (days, own, line) => {
    const until = new Date(Date.now() + days * 86_400_000 + 60_000).toISOString();
    expect(statusText({ ...status, certificate: { until, own } })).toMatch(line);
  });

  it('names what is kept of removed tenants', () => {
    const namespaces = ['red', 'red--data'].map((name) => ({ name, claims: ['data'], pods: 1, terminating: false }));
    const kept: PlatformStatus = {
      ...status,
      keptTenants: [{ tenant: 'red', namespaces, profiles: [], orphaned: true }],
    };
    expect(statusText(kept)).toContain(
      'Orphaned tenant red: red, red--data with 2 volume claims; npm run tenant -- purge red deletes it.',
    );
    const [, dropped] = namespaces;
    const keptTenants = [{ tenant: 'red', namespaces: [dropped ?? expect.fail()], profiles: [], orphaned: false }];
    expect(statusText({ ...status, keptTenants })).toContain(
      'Orphaned namespaces of tenant red: red--data with 1 volume claim; npm run tenant -- purge red deletes it.',
    );
  });

  it('says what to run where nothing is registered', () => {
    const { waitingFor: _, ...rest } = status;
    const absent: PlatformStatus = {
      ...rest,
      root: { ...status.root, stage: 'absent' },
      waves: [],
      summary: 'The platform is not registered: there is no root Application',
    };
    expect(statusText(absent)).toBe(
      'The root Application platform does not exist. Create it: npm run bootstrap -- --cluster prod\nThe platform is not registered: there is no root Application.',
    );
  });
});

describe('the status as a page', () => {
  const now = Date.parse('2026-11-25T00:10:00Z');

  it('has the same sentences, the table, and a picture of the last syncs where they belong together', () => {
    const syncedAt = (started: string): Partial<ApplicationStatus> => ({
      syncStarted: started,
      syncFinished: '2026-11-25T00:09:00Z',
    });
    const near: PlatformStatus = {
      ...status,
      waves: [
        {
          wave: 0,
          applications: [
            application('argocd', syncedAt('2026-11-25T00:08:00Z')),
            application('istiod', syncedAt('2026-11-25T00:08:30Z')),
          ],
        },
      ],
    };
    const page = statusPage(near, [], now);
    expect(page.verdict).toMatchObject({ state: 'waiting', text: '1 of 2 Applications are Synced and Healthy' });
    expect(page.timelines).toHaveLength(1);
    expect(pageHtml(page)).toContain('The root is waiting for istiod');
    const apart: PlatformStatus = {
      ...near,
      waves: [...near.waves, { wave: 1, applications: [application('old', { ...syncedAt('2026-11-20T00:08:00Z') })] }],
    };
    expect(statusPage(apart, [], now)).not.toHaveProperty('timelines');
  });

  it('names what failed, and links commits, Applications and the platform', () => {
    const commit = 'a'.repeat(40);
    const broken: PlatformStatus = {
      ...status,
      waves: [
        { wave: 0, applications: [application('argocd', { healthSince: '2026-11-25T00:07:00Z', revision: commit })] },
        { wave: 1, applications: [application('dex', { stage: 'failed', health: 'Degraded', message: 'no image' })] },
      ],
    };
    const links = {
      commit: (id: string) => `https://git.example.com/acme/platform/commit/${id}`,
      application: (name: string) => `https://argocd.example.com/applications/argocd/${name}`,
    };
    const page = statusPage(broken, [], now, links);
    expect(page.verdict.details?.[0]).toBe('dex failed: no image');
    const text = pageHtml(page);
    expect(text).toContain('<a href="https://argocd.example.com/applications/argocd/dex">dex</a>');
    expect(text).toMatch(new RegExp(`<a href="https://git.example.com/acme/platform/commit/${commit}">a+</a>`));
    expect(text).toContain('>3 min ago</time>');
    // The wave that failed is open and first; the healthy one is folded.
    expect(text).toMatch(
      /<details class="check wave" open><summary><span class="what">Wave 1<.*<details class="check wave"><summary><span class="what">Wave 0</s,
    );
  });
});
