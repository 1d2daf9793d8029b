import { describe, expect, it } from 'vitest';
import { closest } from './suggest.ts';

describe('the word that was probably meant', () => {
  it.each([
    ['emial', ['email', 'name'], 'email'],
    ['hots', ['host', 'git'], 'host'],
    ['loadbalancer', ['loadBalancer', 'tls'], 'loadBalancer'],
    ['oauth-proxy', ['dex', 'oauth2-proxy'], 'oauth2-proxy'],
    ['notebook', ['notebooks', 'volumes'], 'notebooks'],
    ['gpu', ['cpu', 'memory', 'gpus'], 'gpus'],
    ['gpu', ['gpus', 'cpu'], 'gpus'],
  ])('%s among %j is %s', (word, candidates, meant) => {
    expect(closest(word, candidates)).toBe(meant);
  });

  it.each([
    ['monitoring', ['host', 'tls', 'istio']],
    ['x', ['tls']],
    ['', ['host']],
    ['host', []],
  ])('%s among %j is nothing', (word, candidates) => {
    expect(closest(word, candidates)).toBeUndefined();
  });
});
