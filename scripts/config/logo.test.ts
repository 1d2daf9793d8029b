import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ConfigRoot, configRoot, refused } from '../dev/test/config-root.ts';
import { loadCluster } from './load.ts';
import { newClusterFile } from './new-cluster.ts';

let root: string;
let write: ConfigRoot['write'];
let remove: () => void;

beforeEach(() => {
  ({ root, write, remove } = configRoot());
});

afterEach(() => remove());

describe('the logo', () => {
  const svg = '<svg xmlns="http://www.w3.org/2000/svg"></svg>\n';
  const load = (path: string) => {
    write('clusters/prod/cluster.yaml', `${newClusterFile({ name: 'prod' })}branding:\n  logo: ${path}\n`);
    return loadCluster(root, 'prod');
  };

  it('is read from the repository', () => {
    write('branding/logo.svg', svg);
    expect(load('branding/logo.svg').logo).toEqual({ svg });
    const png = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1]);
    write('branding/logo.png', png);
    expect(load('branding/logo.png').logo).toEqual({ png: png.toString('base64') });
  });

  it.each([
    ['that is missing', 'branding/none.svg', 'does not exist'],
    ['that is a link', 'branding/link.svg', 'is not a regular file of the repository'],
    ['behind a link', 'linked/logo.svg', 'is not a regular file of the repository'],
    ['that is too large', 'branding/large.svg', 'has 65 KiB, and the limit is 64 KiB'],
    ['that is HTML', 'branding/page.svg', 'is not an SVG image'],
    ['that is an SVG by another name', 'branding/svg.png', 'is not a PNG image'],
  ])('is refused with its line: a file %s', (_, path, message) => {
    write('branding/logo.svg', svg);
    write('branding/large.svg', svg.padEnd(65 * 1024));
    write('branding/page.svg', '<html></html>');
    write('branding/svg.png', svg);
    symlinkSync('logo.svg', join(root, 'branding', 'link.svg'));
    symlinkSync('branding', join(root, 'linked'));
    const [problem] = refused(() => load(path)).problems;
    expect(problem).toMatchObject({ file: 'clusters/prod/cluster.yaml', path: 'branding.logo', column: 9 });
    expect(problem?.message).toBe(`${path} ${message}`);
    expect(problem?.line).toBeGreaterThan(1);
  });
});
