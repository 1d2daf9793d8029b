import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { checkout, type TestRepository, testRepository } from './repository.ts';

// Set-ups of five public repositories, as far as cluster.yaml can say them; each file names the one that it follows.

let repository: TestRepository;
beforeAll(() => {
  repository = testRepository({});
  cpSync(join(checkout, 'scripts/dev/fixtures/owners'), repository.root, { recursive: true });
  repository.git('add', '.');
  repository.git('commit', '--quiet', '--message', 'Set-ups of five owners');
});
afterAll(() => repository.remove());

it('renders the set-up of each owner, and validate finds nothing in it', () => {
  const rendered = repository.breakwater('render', '--all');
  expect([rendered.code, rendered.stderr]).toEqual([0, '']);
  const { code, stdout } = repository.breakwater('validate', '--json');
  expect(JSON.parse(stdout)).not.toHaveProperty('error');
  const { clusters, tenants, ...rest } = JSON.parse(stdout);
  const found = clusters.flatMap(({ findings }: { findings: object[] }) => findings);
  expect({ code, found, ...rest }).toMatchObject({ code: 0, found: [], repository: [], tenantApps: [], removals: [] });
  expect(clusters.map(({ cluster }: { cluster: string }) => cluster)).toHaveLength(5);
  expect(tenants).toEqual(['analysts', 'census', 'vision']);
});
