import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkout } from './repository.ts';

// What docs/development.md promises of a new component, done for external-dns: its file, its facts, its line in the registry, its folder.
let root: string;

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'breakwater component '));
  const parts = ['scripts', 'clusters', 'infrastructure', 'apps', 'tenants', 'docs', 'package.json', 'tsconfig.json'];
  for (const part of [
    ...parts,
    'README.md',
    'vitest.config.ts',
    '.gitignore',
    '.gitattributes',
    '.github',
    '.vscode',
    '.ci',
  ])
    cpSync(join(checkout, part), join(root, part), { recursive: true });
  symlinkSync(join(checkout, 'node_modules'), join(root, 'node_modules'));
  const git = (...args: string[]) => execFileSync('git', args, { cwd: root });
  git('init', '--quiet', '--initial-branch=main');
  write('infrastructure/external-dns/upstream.yaml', upstream);
  write('infrastructure/external-dns/values.yaml', 'provider: {name: aws}\n');
  write('scripts/components/external-dns.ts', component);
  edit(
    'scripts/config/schema/component-facts.ts',
    '  tenants: {',
    "  'external-dns': { namespaces: ['external-dns'], upstream: 'chart' },\n  tenants: {",
  );
  edit('scripts/components/index.ts', '  tenants,\n};', "  'external-dns': externalDns,\n  tenants,\n};");
  edit(
    'scripts/components/index.ts',
    'import { gateway }',
    "import { externalDns } from './external-dns.ts';\nimport { gateway }",
  );
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const upstream =
  '# yaml-language-server: $schema=../upstream.schema.json\nchart: external-dns\nrepository: https://kubernetes-sigs.github.io/external-dns\nversion: 1.19.0\n';
const component = `import type { Component } from './component.ts';
import { chartSource } from './upstream.ts';

/** ExternalDNS: writes the gateway's address into a DNS zone. */
export const externalDns: Component = {
  name: 'external-dns',
  summary: 'DNS records for the gateway',
  folder: 'infrastructure/external-dns',
  namespace: () => 'external-dns',
  dependsOn: ['gateway'],
  sources: (cluster) => [chartSource(cluster, 'external-dns', 'external-dns')],
  values: () => ({ sources: ['istio-gateway'] }),
  namespaces: () => [{ name: 'external-dns', labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } }],
  clusterKinds: () => ['rbac.authorization.k8s.io/ClusterRole', 'rbac.authorization.k8s.io/ClusterRoleBinding'],
  readyWithinSeconds: 300,
};
`;

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

function edit(path: string, from: string, to: string): void {
  const text = readFileSync(join(root, path), 'utf8');
  if (!text.includes(from)) throw new Error(`${path} has no ${from}`);
  writeFileSync(join(root, path), text.replace(from, to));
}

/** @returns exit code and what was said */
function run(program: string, ...args: string[]): { code: number; said: string } {
  try {
    // Its own report would overwrite the one of the run that it belongs to.
    const { BREAKWATER_TEST_REPORT: _, ...inherited } = process.env;
    const env = { ...inherited, UPDATE_GOLDEN: '1', HTTPS_PROXY: 'http://127.0.0.1:9' };
    return { code: 0, said: execFileSync(program, args, { cwd: root, encoding: 'utf8', env, stdio: 'pipe' }) };
  } catch (error) {
    const { status, stdout, stderr } = error as { status: number; stdout: string; stderr: string };
    return { code: status, said: `${stdout}${stderr}` };
  }
}
const breakwater = (...args: string[]) => run(process.execPath, 'scripts/start.mjs', ...args);

describe('a new component', () => {
  it('is rendered into its wave, with its namespace and values, and no check asks for more', () => {
    expect(breakwater('render', '--all')).toMatchObject({ code: 0 });
    expect(readFileSync(join(root, 'clusters/demo/values/external-dns.yaml'), 'utf8')).toContain('istio-gateway');
    const application = execFileSync('sh', ['-c', 'cat clusters/demo/apps/*-external-dns.yaml'], {
      cwd: root,
      encoding: 'utf8',
    });
    expect(application).toContain('chart: external-dns');
    execFileSync('git', ['add', '.'], { cwd: root });
    expect(breakwater('validate')).toMatchObject({ code: 0 });
  });

  it('satisfies the type checker and the tests of the registry, the schemas and the waves', () => {
    expect(run(process.execPath, 'node_modules/typescript/bin/tsc', '--noEmit')).toEqual({ code: 0, said: '' });
    const tests = [
      'scripts/dev/test/contract.test.ts',
      'scripts/tree/waves.test.ts',
      'scripts/tree/render.test.ts',
      'scripts/config',
    ];
    const outcome = run(process.execPath, 'node_modules/vitest/vitest.mjs', 'run', '--project', 'unit', ...tests);
    expect(outcome.code, outcome.said).toBe(0);
  });

  it('has its namespace to itself', () => {
    write('tenants/external-dns/tenant.yaml', 'kind: namespace\nowner: ann@example.com\n');
    const { code, said } = breakwater('validate');
    rmSync(join(root, 'tenants/external-dns'), { recursive: true });
    expect({ code, said }).toEqual({ code: 2, said: expect.stringContaining('tenants/external-dns') });
  });

  it('needs its upstream.yaml, and the file is named where it is gone', () => {
    rmSync(join(root, 'infrastructure/external-dns/upstream.yaml'));
    const { code, said } = breakwater('render', '--all');
    write('infrastructure/external-dns/upstream.yaml', upstream);
    expect({ code, said }).toEqual({
      code: 2,
      said: expect.stringContaining('infrastructure/external-dns/upstream.yaml'),
    });
    expect(said).not.toContain('bug');
  });
});
