import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type NewCluster, newClusterFile } from './new-cluster.ts';
import { parseClusterFile } from './parse.ts';

const root = join(import.meta.dirname, '..', '..');

function clusterOf(text: string, name: string) {
  const parsed = parseClusterFile(text, 'cluster.yaml', name);
  if ('problems' in parsed) throw new Error(`${JSON.stringify(parsed.problems)}\n${text}`);
  return parsed.value;
}

/** What the file says when its examples are switched on. */
function uncommented(text: string): string {
  return text.replace(/^( *)# (?=( *)(- )?[A-Za-z]+:( |$)(?!\/\/))/gm, '$1').replace(/^# yaml-language.*\n/, '');
}

describe('the file of a new cluster', () => {
  it('is the demo for the options of the demo', () => {
    const demo = newClusterFile({ name: 'demo', host: 'kubeflow.example.com' });
    expect(readFileSync(join(root, 'clusters/demo/cluster.yaml'), 'utf8')).toBe(demo);
  });

  it('names its JSON Schema in the first line', () => {
    expect(newClusterFile({ name: 'x' })).toMatch(/^# yaml-language-server: \$schema=\.\.\/cluster\.schema\.json\n/);
  });

  it('is complete with a name alone', () => {
    expect(clusterOf(newClusterFile({ name: 'prod' }), 'prod')).toMatchObject({
      name: 'prod',
      host: 'auto',
      git: { branch: 'main' },
    });
  });

  it('holds what it was given', () => {
    const options: NewCluster = {
      name: 'prod',
      host: '2001:db8::1',
      context: 'admin@prod: eu',
      gitUrl: 'ssh://git@git.example.com:2222/acme/platform.git',
      branch: 'clusters/prod',
      email: "o'neil@example.com",
    };
    expect(clusterOf(newClusterFile(options), 'prod')).toMatchObject({
      host: options.host,
      kubernetes: { context: options.context },
      git: { url: options.gitUrl, branch: options.branch },
      auth: { users: [{ email: options.email }] },
    });
  });

  it.each([
    'no',
    '012',
    '1e3',
    'null',
    '~',
    'true',
    '12:30',
    '- x',
    '# x',
    'a: b',
    '{x}',
    '"',
    "'",
    'x\ny',
    '2026-01-01',
  ])('takes %j as the text that it is', (context) => {
    const value = clusterOf(newClusterFile({ name: 'x', context, branch: '2026' }), 'x');
    expect(value.kubernetes.context).toBe(context);
    expect(value.git.branch).toBe('2026');
  });

  it.each([
    { name: 'x', host: 'kubeflow.example.com', gitUrl: 'https://github.com/acme/platform.git' },
    { name: 'x', host: 'kubeflow.example.com', gitUrl: 'git@github.com:acme/platform.git' },
    { name: 'x', host: 'kubeflow.example.com' },
  ])('has examples that are good when they are switched on: %j', (options) => {
    const value = clusterOf(uncommented(newClusterFile(options)), 'x');
    expect(value.git.credentials).toBeDefined();
    expect(value.tls.acme).toBeDefined();
    expect(value.loadBalancer.metallb).toBeDefined();
    expect(value.auth.connectors).toHaveLength(1);
    expect(value.auth.users[0]?.password).toBeDefined();
    expect(value.kubernetes.context).toBe('x');
  });

  it('shows defaults that are the defaults', () => {
    const stated = clusterOf(newClusterFile({ name: 'x' }), 'x');
    const text = newClusterFile({ name: 'x', host: 'kubeflow.example.com', gitUrl: 'https://github.com/a/b.git' });
    const shown = clusterOf(uncommented(text), 'x');
    expect(shown.auth.session).toEqual(stated.auth.session);
    expect(shown.kubeflow).toEqual(stated.kubeflow);
    expect(shown.git.branch).toBe(stated.git.branch);
  });
});
