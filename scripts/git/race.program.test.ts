import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { makeSandbox, type Sandbox } from '../dev/testing/git-sandbox.ts';
import { openRepository } from './repository.ts';

let box: Sandbox;
let bare: string;
beforeEach(async () => {
  box = await makeSandbox();
  bare = await box.bare('remote.git');
});
afterEach(() => box.remove());

async function bootstrap(root: string, file: string): Promise<void> {
  await box.write(root, file, `${file}\n`);
  const repository = await openRepository(root);
  await repository.commit({ paths: [file], message: `Render ${file}` });
  await repository.publish({ remote: { url: pathToFileURL(bare).href }, branch: 'main' });
}

it('TF#662 TF#465 two clones at once, twenty times: every commit arrives, once and in a line', async () => {
  const mine = await box.clone('mine');
  await bootstrap(mine, 'clusters/a/x.yaml');
  const theirs = await box.clone('theirs', bare);
  const rounds = Array.from({ length: 20 }, (_, index) => index + 1);
  for (const round of rounds)
    await Promise.all([bootstrap(mine, `clusters/a/${round}.yaml`), bootstrap(theirs, `clusters/b/${round}.yaml`)]);
  const expected = rounds.flatMap((round) => [`Render clusters/a/${round}.yaml`, `Render clusters/b/${round}.yaml`]);
  const subjects = await box.subjects(bare, 'main');
  expect([...subjects].sort()).toEqual([...expected, 'Render clusters/a/x.yaml', 'Start'].sort());
  expect(await box.git(bare, 'rev-list', '--merges', '--count', 'main')).toBe('0');
});
