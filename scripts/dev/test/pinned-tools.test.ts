import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readRenovate, seenByRenovate } from '../../config/renovate.ts';
import { carriedTool } from '../../tools/find.ts';
import { runProgram } from '../rehearsal/run-program.ts';
import { checkout } from './repository.ts';

const read = (file: string) => readFileSync(join(checkout, file), 'utf8');
/** mise.toml's tools, which Renovate's manager "mise" reads in this form. */
const tools = Object.fromEntries([...read('mise.toml').matchAll(/^(\w+) = "([^"]+)"$/gm)].map(([, ...pair]) => pair));

it('mise.toml pins whole versions, in the section that Renovate reads', () => {
  expect(read('mise.toml')).toMatch(/^\[tools\]$/m);
  expect(Object.keys(tools).sort()).toEqual(['helm', 'kind', 'kubectl', 'node']);
  for (const version of Object.values(tools)) expect(version).toMatch(/^\d+\.\d+\.\d+$/);
});

it.runIf(process.platform === 'linux' && process.arch === 'x64')(
  'its kubectl and helm are those that the npm package brings, up to the patch',
  async () => {
    for (const [tool, ...words] of [
      ['kubectl', 'version', '--client'],
      ['helm', 'version', '--short'],
    ] as const) {
      const { stdout } = await runProgram([await carriedTool(tool), ...words]);
      const minor = /v(\d+\.\d+)\./.exec(stdout)?.[1];
      expect(tools[tool]?.split('.').slice(0, 2).join('.'), tool).toBe(minor);
    }
  },
);

it('the dev container pins its image and features, and installs the tools from mise.toml', () => {
  const { image, features, postCreateCommand } = JSON.parse(read('.devcontainer/devcontainer.json'));
  expect(image).toMatch(/:\d+\.\d+\.\d+-[a-z]+$/);
  for (const feature of Object.keys(features)) expect(feature).toMatch(/:\d+\.\d+\.\d+$/);
  const mise = Object.keys(features).find((feature) => feature.includes('/mise:')) ?? '';
  const managers = readRenovate(read('.github/renovate.json5')) ?? [];
  const path = '.devcontainer/devcontainer.json';
  expect(seenByRenovate(managers, path, read(path))).toMatchObject([
    { datasource: 'github-releases', version: features[mise].version },
  ]);
  expect(postCreateCommand).toContain('mise install');
});
