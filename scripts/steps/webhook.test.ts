import { describe, expect, it } from 'vitest';
import { webhookSecretKeys } from '../components/webhook.ts';
import { decideWebhook } from './webhook.ts';

const url = 'https://platform.example.com/hooks/argocd';
const found = { url, host: 'GitHub', id: '7', missing: [], mark: `7 ${url}` };

describe('the webhook', () => {
  it('is left as it is when the host has it and the cluster has its secrets', () => {
    expect(decideWebhook(found, false)).toMatchObject({ kind: 'up-to-date' });
  });

  it.each([
    ['the host has none', { id: undefined }],
    ['a secret is missing, also one of a host that is not used', { missing: ['webhook.gitlab.secret'] }],
    ['a run was killed before the host had the secret', { mark: undefined }],
    ['it was made again at the host by somebody', { id: '8' }],
  ])('is set when %s', (_case, change) => {
    expect(decideWebhook({ ...found, ...change }, false)).toMatchObject({ kind: 'do' });
  });

  it('gets all secrets again on request', () => {
    const decision = decideWebhook(found, true);
    expect(decision).toMatchObject({ kind: 'do', work: { missing: webhookSecretKeys } });
  });
});
