import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { $ } from 'zx/core';
import { carriedTool } from '../../tools/find.ts';
import { chartFolder, chartNames } from './charts.ts';

describe('chartFolder', () => {
  it.each(chartNames)('makes %s under the version that is asked for, and helm takes it', async (name) => {
    const folder = await chartFolder(name, '9.8.7');
    const chart = parse(await readFile(join(folder, 'Chart.yaml'), 'utf8'));
    expect(chart.name).toBe(name);
    expect(chart.version.replace(/^v/, '')).toBe('9.8.7');
    await $({ quiet: true })`${await carriedTool('helm')} show values ${folder}`;
  });

  it('names the released images of Istio, as the published chart does', async () => {
    const values = parse(await readFile(join(await chartFolder('istiod', '1.31.0'), 'values.yaml'), 'utf8'));
    expect(values._internal_defaults_do_not_set.global).toMatchObject({ hub: 'docker.io/istio', tag: '1.31.0' });
  });

  it.each(['dex', 'oauth2-proxy'] as const)('refuses a key that the fake for %s does not implement', async (name) => {
    const helm = await carriedTool('helm');
    const result = await $({
      quiet: true,
      nothrow: true,
    })`${helm} template x ${await chartFolder(name, '1.0.0')} --set noSuchKey=1`;
    expect(result.exitCode).not.toBe(0);
    expect(result.stderr).toContain('noSuchKey');
  });
});
