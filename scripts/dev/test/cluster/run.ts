import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { checkout, withoutProgress } from '../repository.ts';

/** What became of a run of the program. */
export interface RunResult {
  /** Undefined when it was killed. */
  code: number | null;
  stdout: string;
  /** Without the lines that say what is waited for. */
  stderr: string;
  /** Command lines of the run's own process and of all that it started, as anybody on the machine can read them. */
  commandLines: readonly string[];
}

/** A run of the program that continues beside the test, which can thus play the cluster's part. */
export interface Run {
  result: Promise<RunResult>;
  /** Ends the program as an operator or the kernel would: with SIGKILL, and without its children. */
  kill(): void;
  /** Lets the program stand still, and go on. Its children run meanwhile. */
  pause(): void;
  resume(): void;
  /** As Ctrl+C does. */
  interrupt(): void;
  /** What it has said so far, on both outputs. */
  said(): string;
}

/** Starts the command line as npm would, in a process group of its own. */
export function startRun(root: string, parameters: readonly string[], env: NodeJS.ProcessEnv): Run {
  const child = spawn(process.execPath, [join(checkout, 'scripts', 'start.mjs'), ...parameters], {
    cwd: root,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const texts = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text) => (texts.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text) => (texts.stderr += text));
  const seen = new Set<string>();
  const result = new Promise<RunResult>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      const stderr = withoutProgress(texts.stderr);
      resolve({ code, stdout: texts.stdout, stderr, commandLines: [...seen] });
    });
  });
  void watchCommandLines(child, seen);
  return {
    result,
    kill: () => child.kill('SIGKILL'),
    pause: () => child.kill('SIGSTOP'),
    resume: () => child.kill('SIGCONT'),
    interrupt: () => child.kill('SIGINT'),
    said: () => texts.stdout + texts.stderr,
  };
}

async function watchCommandLines(child: ChildProcess, seen: Set<string>): Promise<void> {
  while (child.exitCode === null && child.signalCode === null) {
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      const line = groupOf(pid) === child.pid ? read(`/proc/${pid}/cmdline`) : undefined;
      if (line !== undefined) seen.add(line.replaceAll('\0', ' ').trim());
    }
    await sleep(25);
  }
}

function groupOf(pid: string): number | undefined {
  const stat = read(`/proc/${pid}/stat`);
  // Behind the program's name, which may contain anything: state, parent, process group.
  return stat === undefined ? undefined : Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[2]);
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // The process has ended.
    return undefined;
  }
}
