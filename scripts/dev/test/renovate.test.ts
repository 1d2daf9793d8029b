import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { checkout } from './repository.ts';

interface Manager {
  managerFilePatterns: readonly string[];
  matchStrings: readonly string[];
  datasourceTemplate: string;
}

/** JSON5 of the few kinds that the file uses is YAML's flow style, but for comments and trailing commas. */
function renovate(): {
  customManagers: readonly Manager[];
  ignorePaths: readonly string[];
  gitIgnoredAuthors: readonly string[];
  minimumReleaseAge: string;
  minimumReleaseAgeBehaviour: string;
  vulnerabilityAlerts: { minimumReleaseAge: string | null };
} {
  const text = readFileSync(join(checkout, '.github/renovate.json5'), 'utf8');
  const plain = text
    .replaceAll(/^\s*\/\/.*$/gm, '')
    // In single quotes, JSON5 reads escapes, and YAML does not.
    .replaceAll(/'((?:[^'\\]|\\.)*)'/g, (_, inner: string) => `"${inner.replaceAll('"', '\\"')}"`);
  return parse(plain);
}

/** What Renovate finds in a file: versions with where they come from. */
function found(path: string, text: string): string[] {
  return renovate()
    .customManagers.filter(({ managerFilePatterns }) =>
      managerFilePatterns.some((pattern) => new RegExp(pattern.slice(1, -1)).test(path)),
    )
    .flatMap(({ matchStrings, datasourceTemplate }) =>
      matchStrings.flatMap((match) =>
        [...text.matchAll(new RegExp(match, 'g'))].map(
          ({ groups }) => `${datasourceTemplate} ${groups?.depName ?? groups?.chart} ${groups?.currentValue}`,
        ),
      ),
    );
}

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
        const { chart, repository, version, image } = parse(text) as Record<string, string> & {
          image?: { repository: string; version: string };
        };
        const own =
          chart === undefined
            ? `github-tags ${repository?.replace('https://github.com/', '')} ${version}`
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

  it.each([
    ['chart: x\n  repository: https://charts.example.com\n  version: 1.2.3', 'helm x 1.2.3'],
    ['chart: x\n  repository: oci://registry.example.com/charts\n  version: "1.2.3"', 'docker x 1.2.3'],
    ['repository: https://github.com/acme/x\n  path: deploy\n  version: v1', 'github-tags acme/x v1'],
  ])('reads the source of an app', (source, expected) => {
    expect(found('apps/x/app.yaml', `description: an app\nsource:\n  ${source}\nplace: {path: /x/}\n`)).toEqual([
      expected,
    ]);
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

  it('goes on with a branch on which the workflow has rendered the tree', () => {
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
