import { describe, expect, it } from 'vitest';
import type { DeployKey } from '../hosts/host.ts';
import { makeSshKey } from '../hosts/ssh-key.ts';
import { decideKey, deployKeyTitle } from './deploy-key.ts';

const pair = makeSshKey('x');
const title = deployKeyTitle('prod', pair.publicKey);
const mine: DeployKey = { id: '1', title, publicKey: pair.publicKey, readOnly: true };
const others: DeployKey = {
  id: '9',
  title: deployKeyTitle('prod-2', 'ssh-ed25519 AAAA'),
  publicKey: 'ssh-ed25519 AAAA',
  readOnly: true,
};
const found = (atHost: DeployKey[], privateKey?: string) => ({
  cluster: 'prod',
  host: 'GitHub',
  atHost,
  ...(privateKey === undefined ? {} : { privateKey }),
});

describe('the deploy key', () => {
  it('is used again when the host knows the one in the cluster', () => {
    expect(decideKey(found([others, mine], pair.privateKey), false)).toMatchObject({ kind: 'up-to-date' });
  });

  it('is added again, not made again, when the host has lost it', () => {
    const work = { make: false, add: true, remove: [] };
    expect(decideKey(found([others], pair.privateKey), false)).toMatchObject({ kind: 'do', work });
  });

  it('has another title for each key, since Gitea takes each only once', () => {
    expect(deployKeyTitle('prod', 'a')).not.toBe(deployKeyTitle('prod', 'b'));
  });

  it('is made when the cluster has none, and the one that a lost cluster left at the host goes', () => {
    const work = { make: true, add: true, remove: ['1'] };
    expect(decideKey(found([others, mine]), false)).toMatchObject({ kind: 'do', work });
  });

  it('FL#2414 is made again on request, and the old one goes', () => {
    const work = { make: true, add: true, remove: ['1'] };
    expect(decideKey(found([mine, others], pair.privateKey), true)).toMatchObject({ kind: 'do', work });
  });

  it('that a killed rotation left behind goes', () => {
    const left = { ...mine, id: '2', publicKey: 'ssh-ed25519 BBBB' };
    const work = { make: false, add: false, remove: ['2'] };
    expect(decideKey(found([mine, left], pair.privateKey), false)).toMatchObject({ kind: 'do', work });
  });

  it('is replaced when it may write', () => {
    const work = { make: true, add: true, remove: ['1'] };
    expect(decideKey(found([{ ...mine, readOnly: false }], pair.privateKey), false)).toMatchObject({
      kind: 'do',
      work,
    });
  });

  it('is made again when what the cluster holds is not a key', () => {
    expect(decideKey(found([], 'nonsense'), false)).toMatchObject({ kind: 'do', work: { make: true, add: true } });
  });

  it('FL#964 FL#3749 of another cluster is left alone, also when it has the same key', () => {
    const shared = { ...others, publicKey: pair.publicKey };
    expect(decideKey(found([shared, mine], pair.privateKey), false)).toMatchObject({ kind: 'up-to-date' });
  });
});
