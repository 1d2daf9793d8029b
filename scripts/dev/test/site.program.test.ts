import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkout } from './repository.ts';
import { begin, type Place, place, release } from './upstream.ts';

/** Installing the site's packages needs the registry; without it, the builds are skipped. */
let folder: string;
let repository: Place;
let installed = false;

function npm(...args: string[]) {
  const { status, stdout, stderr } = spawnSync('npm', args, {
    cwd: join(repository.root, 'docs', 'site'),
    encoding: 'utf8',
    env: { ...process.env, SITE: 'https://docs.example.com/breakwater/' },
  });
  return { code: status, said: stdout + stderr };
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'breakwater-site-'));
  repository = place(join(folder, 'a clone'));
  const skipped = ['node_modules', '.pages', '.built', 'dist', 'cache'].map((name) => join('docs/site', name));
  for (const part of ['docs', 'README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'SECURITY.md', '.gitignore'])
    cpSync(join(checkout, part), join(repository.root, part), {
      recursive: true,
      filter: (source) => !skipped.includes(source.slice(checkout.length)),
    });
  for (const part of ['package.json', 'package-lock.json']) cpSync(join(checkout, part), join(repository.root, part));
  begin(repository);
  release(repository, '0.1.0');
  installed = npm('ci', '--ignore-scripts', '--prefer-offline').code === 0;
}, 900_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const page = (path: string) => readFileSync(join(repository.root, 'docs/site/dist', path), 'utf8');

describe('the documentation site', () => {
  it('is built of the work tree and of each release, and each page knows all versions', ({ skip }) => {
    if (!installed) skip("the site's packages cannot be installed: no registry");
    repository.append('docs/waves.md', '\nOnly on main: {{ .Values.x }} and <name>.\n');
    const { code, said } = npm('run', 'build', '--', '--releases');
    expect(code, said).toBe(0);
    expect(page('index.html')).toContain('url=/breakwater/v0.1/');
    for (const version of ['main', 'v0.1']) {
      const waves = page(`${version}/waves.html`);
      expect(waves.includes('Only on main: {{ .Values.x }} and &lt;name&gt;.')).toBe(version === 'main');
      for (const other of ['main', 'v0.1']) expect(waves).toContain(`https://docs.example.com/breakwater/${other}/`);
    }
    expect(page('main/rehearsal.html')).toContain(
      'https://github.com/acme/breakwater/blob/main/scripts/dev/sandbox/README.md',
    );
    expect(existsSync(join(repository.root, 'docs/site/dist/main/how-to/eks.html'))).toBe(true);
  }, 1_800_000);

  it.for([
    ['a page', '[gone](gone.md)', /dead link/i],
    ['a heading', '[gone](config.md#no-such-heading)', /waves\.html: .*#no-such-heading: no such heading/],
  ] as const)(
    'is not built with a link to %s that does not exist',
    { timeout: 1_800_000 },
    ([, link, said], { skip }) => {
      if (!installed) skip("the site's packages cannot be installed: no registry");
      // A few pages are enough, and take a few seconds.
      repository.git('rm', '--quiet', '-r', '--force', '--ignore-unmatch', '*.md');
      repository.write('docs/README.md', '# Docs\n\n## Start\n\n[Waves](waves.md), [start](getting-started.md)\n');
      repository.write('docs/getting-started.md', '# Start\n');
      repository.write('docs/config.md', '# Config\n');
      repository.write('docs/waves.md', `# Waves\n\n${link}\n`);
      repository.git('add', 'docs');
      const outcome = npm('run', 'build');
      expect(outcome.code).not.toBe(0);
      expect(outcome.said).toMatch(said);
    },
  );
});
