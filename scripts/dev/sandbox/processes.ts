// Node's own spawn, here alone, for what zx does not do: processes that outlive this one with their outputs in a file, and streams
// that are not kept in memory.
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { SandboxError } from './errors.ts';
import { waitUntil } from './https-get.ts';

/** A program to be run in the background. */
export interface ProcessSpec {
  /** Names its log and its pid file. */
  name: string;
  command: readonly [string, ...string[]];
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  /** End it with the process that starts it, however that one ends. Without it, it runs on. */
  endWithParent?: boolean;
}

/** What is known of a process that was started; `since` tells it from a later one with the same pid. */
interface ProcessRecord {
  pid: number;
  since: string;
}

/** The log of a process: what it wrote on both of its outputs. */
export function logFile(folder: string, name: string): string {
  return join(folder, 'logs', `${name}.log`);
}

function recordFile(folder: string, name: string): string {
  return join(folder, 'run', `${name}.json`);
}

/**
 * Starts a program that runs in the background, its outputs in folder/logs, its pid in folder/run.
 * @throws SandboxError when it cannot be started, or when one of that name still runs.
 */
export async function startProcess(folder: string, spec: ProcessSpec): Promise<void> {
  await mkdir(join(folder, 'logs'), { recursive: true });
  await mkdir(join(folder, 'run'), { recursive: true });
  if (await isRunning(folder, spec.name)) throw new SandboxError(`${spec.name} still runs in ${folder}: stop it first`);
  const [program, ...args] = spec.endWithParent
    ? (['setpriv', '--pdeathsig', 'KILL', '--', ...spec.command] as const)
    : spec.command;
  const log = openSync(logFile(folder, spec.name), 'a', 0o600);
  const child = spawn(program, args, {
    detached: true,
    env: spec.env ?? process.env,
    cwd: spec.cwd,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (error) => reject(new SandboxError(`${program} could not be started: ${error.message}`)));
  });
  child.unref();
  const pid = child.pid;
  if (pid === undefined) throw new SandboxError(`${program} could not be started`);
  const record: ProcessRecord = { pid, since: startOf(pid) ?? '' };
  // Whole or not at all: a record that is cut short would hide a running process from the next stop.
  const file = recordFile(folder, spec.name);
  await writeFile(`${file}.new`, JSON.stringify(record));
  await rename(`${file}.new`, file);
}

/**
 * Starts a program, and waits until it is ready.
 * @param ready asked again and again; an error is passed on.
 * @throws SandboxError with the end of its log, when it ends before or takes too long.
 */
export async function startUntilReady(
  folder: string,
  spec: ProcessSpec,
  ready: () => Promise<boolean>,
  milliseconds = 60_000,
): Promise<void> {
  await startProcess(folder, spec);
  let running = true;
  const settled = async () => {
    running = await isRunning(folder, spec.name);
    return !running || (await ready());
  };
  const inTime = await waitUntil(settled, milliseconds, 100);
  if (inTime && running) return;
  const what = running ? `was not ready within ${milliseconds / 1000} s` : 'ended';
  const log = logTail(folder, spec.name);
  await stopProcess(folder, spec.name);
  throw new SandboxError(`${spec.name} ${what}; the end of its log in ${folder}/logs:\n${log}`);
}

/** Starts a program that is fed and read as its data comes; what it writes on stderr goes to this process's. */
export function startStreaming(
  [program, ...args]: ProcessSpec['command'],
  env: NodeJS.ProcessEnv,
): ChildProcessByStdio<Writable, Readable, null> {
  return spawn(program, args, { env, stdio: ['pipe', 'pipe', 'inherit'] });
}

/** The names of the processes that were started in a folder and not stopped since. */
export async function startedProcesses(folder: string): Promise<string[]> {
  const run = join(folder, 'run');
  if (!existsSync(run)) return [];
  const files = await readdir(run);
  return files.filter((file) => file.endsWith('.json')).map((file) => file.slice(0, -'.json'.length));
}

/** Whether the process that was started under that name still runs. */
export async function isRunning(folder: string, name: string): Promise<boolean> {
  return (await runningPid(folder, name)) !== undefined;
}

/** The pid of the process that was started under that name, if it still runs. */
export async function runningPid(folder: string, name: string): Promise<number | undefined> {
  const record = await readRecord(folder, name);
  return record && startOf(record.pid) === record.since ? record.pid : undefined;
}

/**
 * Ends the process of that name with those that it started, and no other: first by request, after a while by force. Returns when it is
 * gone. A program in a sandbox is the child of the nsenter that brought it there, which passes no signal on.
 * What never ran, or has ended, is not an error.
 * @param patience milliseconds to wait before force is used.
 */
export async function stopProcess(folder: string, name: string, patience = 20_000): Promise<void> {
  const record = await readRecord(folder, name);
  if (record) {
    const alive = () => startOf(record.pid) === record.since;
    if (alive()) {
      signalGroup(record.pid, 'SIGTERM');
      const deadline = Date.now() + patience;
      while (alive() && Date.now() < deadline) await sleep(50);
      signalGroup(record.pid, 'SIGKILL');
      while (alive()) await sleep(50);
    }
  }
  await rm(recordFile(folder, name), { force: true });
}

/** Ends every process that was started in a folder. */
export async function stopProcesses(folder: string): Promise<void> {
  for (const name of await startedProcesses(folder)) await stopProcess(folder, name);
}

/** The last lines of a process's log, for a message that says why it did not come up. */
export function logTail(folder: string, name: string, lines = 15): string {
  const file = logFile(folder, name);
  if (!existsSync(file)) return '';
  return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
}

/** Each was started as the first of a process group. */
function signalGroup(first: number, name: NodeJS.Signals): void {
  try {
    process.kill(-first, name);
  } catch {
    // It ended between the look and the signal.
  }
}

async function readRecord(folder: string, name: string): Promise<ProcessRecord | undefined> {
  try {
    const record: ProcessRecord = JSON.parse(await readFile(recordFile(folder, name), 'utf8'));
    return record.since === '' ? undefined : record;
  } catch {
    return undefined;
  }
}

/** When a process started, in the kernel's ticks; undefined when there is none, or only its exit code is left. */
function startOf(pid: number): string | undefined {
  try {
    // The second field, the program's name in parentheses, may contain spaces: count from behind it.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}
