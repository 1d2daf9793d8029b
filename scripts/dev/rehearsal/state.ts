import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** A user who can log in. */
export interface Account {
  email: string;
  password: string;
  groups: readonly string[];
}

/** State of a rehearsal between two commands: FOLDER/site.json, readable by its owner only, since it contains passwords. */
export interface SiteState {
  cluster: string;
  kubeconfig: string;
  context: string;
  /** Whether the cluster is a sandbox, in FOLDER/sandbox; otherwise it is the user's own. */
  sandbox: boolean;
  users: { owner: Account; other: Account };
}

/** @returns the default folder of a rehearsal; root uses a machine-wide one */
export function defaultFolder(environment: NodeJS.ProcessEnv = process.env, root = process.getuid?.() === 0): string {
  if (root) return '/var/lib/breakwater/rehearsal';
  return join(environment.XDG_STATE_HOME || join(homedir(), '.local', 'state'), 'breakwater', 'rehearsal');
}

/** The folders and files of a rehearsal. */
export function placesOf(folder: string) {
  const at = resolve(folder);
  return {
    folder: at,
    /** The clone in which the program runs. */
    root: join(at, 'repository'),
    /** The repository that Argo CD reads; also the clone's remote. */
    bare: join(at, 'platform.git'),
    /** Repositories that replace Kubeflow's. */
    fakes: join(at, 'fakes'),
    sandbox: join(at, 'sandbox'),
    state: join(at, 'site.json'),
    record: join(at, 'report', 'record.json'),
    pictures: join(at, 'report'),
  };
}

/** @returns the state in a folder; undefined when no rehearsal was started there */
export async function readState(folder: string): Promise<SiteState | undefined> {
  const file = placesOf(folder).state;
  return existsSync(file) ? JSON.parse(await readFile(file, 'utf8')) : undefined;
}

export async function writeState(folder: string, state: SiteState): Promise<void> {
  const file = placesOf(folder).state;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(`${file}.new`, JSON.stringify(state, null, 2), { mode: 0o600 });
  await rename(`${file}.new`, file);
}
