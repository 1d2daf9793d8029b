import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ask } from '../../rehearsal/observe/ask.ts';
import { freePort } from '../../sandbox/api-server.ts';
import { pythonPackage } from '../../sandbox/base-image.ts';

const application = `def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"a page"]
`;

/** A running server. */
export interface Gunicorn {
  /** On loopback, for plain HTTP. */
  url: string;
  stop(): void;
}

/** Starts the real gunicorn, which serves Kubeflow's web apps, with its own limits. */
export async function startGunicorn(): Promise<Gunicorn> {
  const packages = await pythonPackage('gunicorn', (line) => console.log(line));
  const folder = mkdtempSync(join(tmpdir(), 'breakwater-gunicorn-'));
  writeFileSync(join(folder, 'web_app.py'), application);
  const port = await freePort();
  const args = ['-m', 'gunicorn', '--bind', `127.0.0.1:${port}`, '--log-level', 'error', '--no-control-socket'];
  const server = spawn('python3', [...args, 'web_app:application'], {
    cwd: folder,
    env: { PATH: process.env.PATH, PYTHONPATH: packages, PYTHONDONTWRITEBYTECODE: '1' },
    stdio: 'inherit',
  });
  const url = `http://127.0.0.1:${port}/`;
  for (let tries = 0; tries < 300 && (await ask(url)).status !== 200; tries += 1) await sleep(100);
  return {
    url,
    stop: () => {
      server.kill('SIGTERM');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
