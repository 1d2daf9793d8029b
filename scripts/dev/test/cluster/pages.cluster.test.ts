import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ApplicationStatus, PlatformStatus } from '../../../cluster/status.ts';
import { pageHtml } from '../../../page/page.ts';
import type { Page } from '../../../page/types.ts';
import { statusPage } from '../../../steps/status-page.ts';
import { openViewer, type Viewer, views } from '../viewer.ts';

let viewer: Viewer;
beforeAll(async () => {
  viewer = await openViewer();
});
afterAll(() => viewer?.close());

const now = Date.parse('2026-11-25T10:00:00Z');
const commit = 'b3c1f0a4'.padEnd(40, '0');

function application(name: string, more: Partial<ApplicationStatus> = {}): ApplicationStatus {
  return {
    name,
    sync: 'Synced',
    health: 'Healthy',
    revision: commit,
    stage: 'healthy',
    message: '',
    syncStarted: '2026-11-25T09:40:00Z',
    syncFinished: '2026-11-25T09:41:00Z',
    healthSince: '2026-11-25T09:42:00Z',
    ...more,
  };
}

const status: PlatformStatus = {
  cluster: 'prod',
  ok: false,
  summary: '4 of 6 Applications are Synced and Healthy',
  root: { ...application('platform'), git: { revision: 'main', commit, applied: commit, current: true } },
  waves: [
    { wave: 0, applications: [application('argocd'), application('istio-base')] },
    { wave: 1, applications: [application('istiod'), application('gateway')] },
    {
      wave: 2,
      applications: [
        application('oauth2-proxy', { stage: 'failed', health: 'Degraded', message: 'cannot pull its image' }),
        application('dex', { stage: 'waiting', health: 'Progressing' }),
      ],
    },
  ],
  tenants: [application('tenant-red')],
  missing: [],
  orphaned: [],
};

const links = {
  home: 'https://kubeflow.example.com/',
  commit: (id: string) => `https://git.example.com/acme/platform/commit/${id}`,
  application: (name: string) => `https://argocd.kubeflow.example.com/applications/argocd/${name}`,
};
const facts = [{ name: 'Host', value: 'kubeflow.example.com', link: links.home }];

const pages: Record<string, Page> = {
  'the status': statusPage(status, facts, now, links),
  'the status that refreshes itself': {
    ...statusPage(status, facts, now, links),
    live: { text: 'Stop refreshing', path: '/paused' },
  },
  'a report with checks, attacks and phases': {
    title: 'Rehearsal',
    made: new Date(now).toISOString(),
    verdict: { state: 'bad', text: '1 passed, 1 failed', details: ['TLS: a name'] },
    checks: [
      { group: 'TLS', name: 'a name', tried: 'a', expected: 'b', got: 'c', outcome: 'failed' },
      { group: 'TLS', name: 'another', tried: 'a', expected: 'b', got: 'b', outcome: 'passed' },
    ],
    requests: [
      {
        ...{ id: 'identity-1', group: 'identity', tries: 'to forge an identity', request: 'GET /' },
        ...{ expected: '302', answer: '302', outcome: 'passed' },
      },
    ],
    phases: [{ name: 'bootstrap', seconds: 300 }],
    fakes: [{ what: 'Kubeflow', by: 'a small program', why: 'its images cannot be pulled' }],
  },
};

it.each(Object.entries(pages))('%s looks right: light, dark, narrow, by keyboard, with axe', async (_, page) => {
  const url = 'http://127.0.0.1:8080/';
  const body = pageHtml(page);
  for (const view of views) {
    const seen = await viewer.look(url, async () => ({ status: 200, headers: {}, body }), view);
    const { violations, complaints, overflows, asked } = seen;
    expect({ violations, complaints, overflows, asked }, JSON.stringify(view)).toEqual({
      violations: [],
      complaints: [],
      overflows: false,
      asked: [],
    });
    expect(seen.byKeyboard.length).toBeGreaterThan(3);
  }
});
