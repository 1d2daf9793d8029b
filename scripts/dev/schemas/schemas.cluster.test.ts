import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { deriveAll, schemasFolder } from './update.ts';

it('has the schemas of the pinned versions (npm run schemas)', async () => {
  const derived = await deriveAll();
  const names = (await readdir(schemasFolder)).filter((name) => name.endsWith('.json'));
  expect(names.sort()).toEqual([...derived.keys()].sort());
  for (const [name, text] of derived) expect(await readFile(join(schemasFolder, name), 'utf8'), name).toBe(text);
});
