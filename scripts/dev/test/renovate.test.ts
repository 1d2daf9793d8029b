import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readRenovate, seenByRenovate } from '../../config/renovate.ts';
import { appFile } from '../../config/schema/app.ts';
import { upstreamFile } from '../../config/schema/upstream.ts';
import { checkout } from './repository.ts';

interface Settings {
  ignorePaths: readonly string[];
  gitIgnoredAuthors: readonly string[];
  minimumReleaseAge: string;
  minimumReleaseAgeBehaviour: string;
  vulnerabilityAlerts: { minimumReleaseAge: string | null };
  customManagers: readonly Record<string, unknown>[];
  packageRules: readonly Record<string, unknown>[];
}

const config = readFileSync(join(checkout, '.github/renovate.json5'), 'utf8');
const managers = readRenovate(config) ?? [];

/** All of renovate.json5, by the same reading as the program's own. */
const renovate = () =>
  parse(
    config
      .replaceAll(/^\s*\/\/.*$/gm, '')
      .replaceAll(/'((?:[^'\\]|\\.)*)'/g, (_, inner: string) => `"${inner.replaceAll('"', '\\"')}"`),
  ) as Settings;

/** What Renovate finds in a file: versions with where they come from, and the commit or digest beside them. */
const found = (path: string, text: string): string[] =>
  seenByRenovate(managers, path, text).map(({ datasource, name, version, digest }) =>
    [datasource, name, version, digest].filter((part) => part !== undefined).join(' '),
  );

function upstreams(): Map<string, string> {
  const paths = ['infrastructure', 'apps'].flatMap((folder) =>
    readdirSync(join(checkout, folder), { recursive: true, encoding: 'utf8' }).map((path) => `${folder}/${path}`),
  );
  const files = paths.filter((path) => path.endsWith('/upstream.yaml'));
  return new Map(files.map((path) => [path, readFileSync(join(checkout, path), 'utf8')]));
}

describe('Renovate', () => {
  it('finds every version in upstream.yaml, with its source', () => {
    const lines = [...upstreams()].flatMap(([path, text]) => found(path, text)).sort();
    const expected = [...upstreams().values()]
      .flatMap((text) => {
        const { chart, repository, version, commit, image } = parse(text) as Record<string, string> & {
          image?: { repository: string; version: string };
        };
        const own =
          chart === undefined
            ? `github-tags ${repository?.replace('https://github.com/', '')} ${version}${commit === undefined ? '' : ` ${commit}`}`
            : `${repository?.startsWith('oci://') === true ? 'docker' : 'helm'} ${chart} ${version}`;
        return image === undefined ? [own] : [own, `docker ${image.repository} ${image.version}`];
      })
      .sort();
    expect(lines).toEqual(expected);
    expect(lines.length).toBeGreaterThan(10);
  });

  it('reads a chart of an OCI registry', () => {
    const text = 'chart: cert-manager\nrepository: oci://quay.io/jetstack/charts\nversion: v1.21.2\n';
    expect(found('infrastructure/cert-manager/upstream.yaml', text)).toEqual(['docker cert-manager v1.21.2']);
  });

  const sha = '0123456789abcdef0123456789abcdef01234567';
  const digest = `sha256:${sha}${'0'.repeat(24)}`;
  const helm = 'helm x 1.2.3';
  const lines = (...keys: string[]) => `source:\n${keys.map((key) => `  ${key}\n`).join('')}`;
  it.each([
    ['in one line', 'source: {chart: x, repository: https://charts.example.com, version: 1.2.3}\n', helm],
    [
      'in one line, as JSON',
      'source: {"version":"1.2.3","chart":"x","repository":"https://charts.example.com"}\n',
      helm,
    ],
    [
      'in braces over several lines',
      'source: {\n  repository: https://charts.example.com,\n  version: "1.2.3",\n  chart: x,\n}\n',
      helm,
    ],
    ['chart first', lines('chart: x', 'repository: https://charts.example.com', 'version: 1.2.3'), helm],
    ['repository first', lines('repository: https://charts.example.com', 'chart: x', 'version: 1.2.3'), helm],
    ['version first', lines('version: 1.2.3', 'repository: https://charts.example.com', 'chart: x'), helm],
    [
      'the release between',
      lines('chart: x', 'repository: https://charts.example.com', 'release: y', 'version: 1.2.3'),
      helm,
    ],
    [
      'comments between and behind',
      'source: # from\n  chart: x # c\n# version: 9.9.9\n\n  repository: https://charts.example.com # r\n    # more\n  version: 1.2.3 # v\n',
      helm,
    ],
    [
      'four blanks',
      'source:\n    chart: x\n    repository: https://charts.example.com\n    version: 1.2.3\nplace: {path: /x/}\n',
      helm,
    ],
    [
      'CRLF',
      'source:\r\n  chart: x\r\n  repository: https://charts.example.com\r\n  version: 1.2.3\r\nplace: {path: /x/}\r\n',
      helm,
    ],
    ['in quotes', lines("chart: 'x'", 'repository: "https://charts.example.com"', "version: '1.2.3'"), helm],
    [
      'an OCI registry, version first',
      lines('version: "1.2.3"', 'chart: x', 'repository: oci://registry.example.com/charts'),
      'docker x 1.2.3',
    ],
    [
      'an OCI registry in one line',
      'source: {chart: x, repository: oci://registry.example.com/charts, version: 1.2.3}\n',
      'docker x 1.2.3',
    ],
    [
      'a kustomization',
      lines('repository: https://github.com/acme/x.git', 'path: deploy', 'version: v1'),
      'github-tags acme/x v1',
    ],
    [
      'a kustomization with its commit',
      lines('path: deploy', 'version: v1 # tag', `commit: ${sha}`, "repository: 'https://github.com/acme/x'"),
      `github-tags acme/x v1 ${sha}`,
    ],
    [
      'a kustomization with its commit in one line',
      `source: {repository: https://github.com/acme/x, path: deploy, version: v1, commit: ${sha}}\n`,
      `github-tags acme/x v1 ${sha}`,
    ],
    [
      'a kustomization elsewhere',
      lines('repository: https://git.example.com/acme/x', 'path: deploy', 'version: v1', `commit: ${sha}`),
      `git-tags https://git.example.com/acme/x v1 ${sha}`,
    ],
    [
      'a kustomization at a host whose name ends like another',
      lines('repository: https://github.com.example.com/acme/x', 'path: deploy', 'version: v1'),
      'git-tags https://github.com.example.com/acme/x v1',
    ],
  ])('reads the source of an app, %s', (_, source, expected) => {
    const values = 'values:\n  image:\n    repository: https://other.example.com\n    chart: y\n    version: 7.7.7\n';
    expect(appFile.shape.source.safeParse((parse(source) as { source: unknown }).source).success).toBe(true);
    expect(found('apps/x/app.yaml', `description: an app\n${source}${values}`)).toEqual([expected]);
    expect(found('apps/x/app.yaml', source)).toEqual([expected]);
  });

  it('reads the app.yaml that the documentation shows', () => {
    const text = readFileSync(join(checkout, 'docs/apps.md'), 'utf8');
    const examples = [...text.matchAll(/```yaml\n([\s\S]*?)```/g)]
      .map(([, example = '']) => example)
      .filter((example) => /^source:.*\b(chart|path)\b|^source:\s*\n/m.test(example));
    expect(examples.length).toBeGreaterThan(0);
    for (const example of examples) {
      const { source } = parse(example) as { source: { version: string } };
      expect(seenByRenovate(managers, 'apps/x/app.yaml', example).map(({ version }) => version)).toEqual([
        source.version,
      ]);
    }
  });

  it.each([
    ['version: 1.2.3\nrepository: "https://charts.example.com"\n# c\nchart: x # c\n', ['helm x 1.2.3']],
    ['chart: x\r\nversion: 1.2.3\r\nrepository: oci://registry.example.com/charts\r\n', ['docker x 1.2.3']],
    [
      `chart: x\nrepository: https://charts.example.com\nversion: 1.2.3\nimage:\n  version: v2 # c\n  digest: ${digest}\n  repository: ghcr.io/acme/x\n`,
      ['helm x 1.2.3', `docker ghcr.io/acme/x v2 ${digest}`],
    ],
    [`version: v1 # c\ncommit: "${sha}"\nrepository: https://github.com/acme/x\n`, [`github-tags acme/x v1 ${sha}`]],
    [
      `repository: https://git.example.com/acme/x.git\nversion: 'v1'\npath: deploy\n`,
      ['git-tags https://git.example.com/acme/x.git v1'],
    ],
  ])('reads an upstream.yaml, whatever the order of its keys', (text, expected) => {
    expect(upstreamFile.safeParse(parse(text)).success).toBe(true);
    expect(found('infrastructure/x/upstream.yaml', text)).toEqual(expected);
  });

  it('raises a version together with its commit or digest, which it writes where there is none', () => {
    const replacedIn = (text: string) =>
      seenByRenovate(managers, 'infrastructure/x/upstream.yaml', text).at(-1)?.replaced;
    const repository = 'repository: https://github.com/acme/x\n';
    expect(replacedIn(`${repository}version: v1\ncommit: ${sha}\npath: x\n`)).toBe(`\nversion: v1\ncommit: ${sha}`);
    expect(replacedIn(`${repository}version: v1 # c\n`)).toBe('\nversion: v1');
    const image =
      'chart: x\nrepository: https://charts.example.com\nversion: 1\nimage:\n  repository: ghcr.io/acme/x\n';
    expect(replacedIn(`${image}  version: v2\n  digest: ${digest}\n`)).toBe(`\n  version: v2\n  digest: ${digest}`);
    const pinned = renovate().customManagers.filter(({ depTypeTemplate }) => depTypeTemplate === 'pinned');
    expect(pinned.map(({ autoReplaceStringTemplate }) => autoReplaceStringTemplate)).toEqual([
      '\nversion: "{{{newValue}}}"{{#if newDigest}}\ncommit: {{{newDigest}}}{{/if}}',
      '\nversion: "{{{newValue}}}"{{#if newDigest}}\ncommit: {{{newDigest}}}{{/if}}',
      '\n  version: "{{{newValue}}}"{{#if newDigest}}\n  digest: {{{newDigest}}}{{/if}}',
    ]);
    expect(renovate().packageRules).toContainEqual(
      expect.objectContaining({ matchDepTypes: ['pinned'], pinDigests: true }),
    );
  });

  it('uses no expression that RE2 cannot read', () => {
    for (const expression of managers.flatMap(({ matchStrings }) => matchStrings))
      expect(expression).not.toMatch(/\(\?(?!:|<[A-Za-z])|\\[1-9]/);
  });

  it('reads what ships', () => {
    const text = (app: string) => readFileSync(join(checkout, 'apps', app, 'app.yaml'), 'utf8');
    expect(found('apps/grafana/app.yaml', text('grafana'))).toEqual([expect.stringMatching(/^helm grafana \d/)]);
    expect(found('apps/prometheus/app.yaml', text('prometheus'))).toEqual([
      expect.stringMatching(/^helm prometheus \d/),
    ]);
  });

  it('waits a week for a release, but for what closes a known hole', () => {
    expect(renovate()).toMatchObject({
      minimumReleaseAge: '7 days',
      minimumReleaseAgeBehaviour: 'timestamp-required',
      vulnerabilityAlerts: { minimumReleaseAge: null },
    });
  });

  it('continues with a branch on which the workflow has rendered the tree', () => {
    const workflow = readFileSync(join(checkout, '.github/workflows/render.yaml'), 'utf8');
    // The author of what a workflow's token commits by the API.
    expect(workflow).toContain('createCommitOnBranch');
    expect(renovate().gitIgnoredAuthors).toEqual(['41898282+github-actions[bot]@users.noreply.github.com']);
    expect(workflow).toContain("branches: ['renovate/**']");
  });

  it('reads nothing in generated files', () => {
    const apps = join(checkout, 'clusters/demo/apps');
    for (const name of readdirSync(apps))
      expect(found(`clusters/demo/apps/${name}`, readFileSync(join(apps, name), 'utf8'))).toEqual([]);
    expect(renovate().ignorePaths).toContain('clusters/*/apps/**');
  });
});
