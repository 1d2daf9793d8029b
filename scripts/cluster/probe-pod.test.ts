import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type ProbeAnswer, probePod, readAnswers } from './probe-pod.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'breakwater-probe-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Runs the pod's script by a real shell, with a curl that fails as told and says what it was given. */
function logOf(calls: Parameters<typeof probePod>[0]['calls'], curl: string): string {
  const pod = probePod({ name: 'outside', namespace: 'n', image: 'i', calls, seconds: 60 });
  const { containers } = pod.spec as { containers: { command: string[] }[] };
  const [, flag = '', script = ''] = containers[0]?.command ?? [];
  // Where it is to write what came back.
  const file = 'for word in "$@"; do if [ "$last" = -o ]; then body=$word; fi; last=$word; done';
  writeFileSync(join(folder, 'curl'), `#!/bin/sh\n${file}\n${curl}\n`);
  chmodSync(join(folder, 'curl'), 0o755);
  const env = { PATH: `${folder}:${process.env.PATH}` };
  return execFileSync('/bin/sh', [flag, script.replaceAll('/tmp/', `${folder}/`)], { env, encoding: 'utf8' });
}

const call = (id: string, value = 'x') => ({
  id,
  url: `http://${id}/`,
  headers: [['kubeflow-userid', value]] as const,
});

/** Calls that run at the same time end in any order. */
const sorted = (answers: ProbeAnswer[]) => answers.sort((a, b) => (a.id < b.id ? -1 : 1));

it('writes an answer for each call, with the body and the status', () => {
  const log = logOf([call('one'), call('two')], 'echo "RBAC: access denied" > "$body"; printf 403');
  expect(sorted(readAnswers(`some noise\n${log}`, 'outside'))).toEqual([
    { id: 'one', pod: 'outside', exit: 0, status: 403, body: 'RBAC: access denied\n' },
    { id: 'two', pod: 'outside', exit: 0, status: 403, body: 'RBAC: access denied\n' },
  ]);
});

it('tells a connection that was reset by the exit code, and keeps no body of the call before', () => {
  const curl = `case "$*" in *one*) echo body > "$body"; printf 200;; *) printf 000; exit 56;; esac`;
  expect(sorted(readAnswers(logOf([call('one'), call('two')], curl), 'in-mesh'))).toEqual([
    { id: 'one', pod: 'in-mesh', exit: 0, status: 200, body: 'body\n' },
    { id: 'two', pod: 'in-mesh', exit: 56, status: 0, body: '' },
  ]);
});

it('hands a header to curl as it is, quotes and dollars included', () => {
  const curl = `for word in "$@"; do echo "$word"; done > "$body"; printf 200`;
  const [answer] = readAnswers(logOf([call('one', `it's "$HOME" \`id\``)], curl), 'outside');
  expect(answer?.body).toContain(`kubeflow-userid: it's "$HOME" \`id\``);
});
