import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { newClusterFile } from '../../config/new-cluster.ts';
import { UsageError } from '../../report/errors.ts';
import { checkout } from './repository.ts';

/** A folder with what a cluster is loaded from: the template's components and apps, and one cluster, prod. */
export interface ConfigRoot {
  root: string;
  write(file: string, text: string | Uint8Array): void;
  remove(): void;
}

export function configRoot(): ConfigRoot {
  const root = mkdtempSync(join(tmpdir(), "breakwater load 'test' "));
  for (const folder of ['infrastructure', 'apps'])
    cpSync(join(checkout, folder), join(root, folder), { recursive: true });
  const write = (file: string, text: string | Uint8Array) => {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  };
  write('clusters/prod/cluster.yaml', newClusterFile({ name: 'prod' }));
  return { root, write, remove: () => rmSync(root, { recursive: true, force: true }) };
}

/** @returns the error with which the input is refused. @throws Error when it is loaded */
export function refused(load: () => unknown): UsageError {
  try {
    load();
  } catch (error) {
    if (error instanceof UsageError) return error;
    throw error;
  }
  throw new Error('it was loaded');
}
