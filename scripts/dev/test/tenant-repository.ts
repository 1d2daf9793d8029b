import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { loadAllClusters } from '../../config/load.ts';
import { newClusterFile } from '../../config/new-cluster.ts';
import { loadTenants } from '../../config/tenants.ts';
import { type Problem, UsageError } from '../../report/errors.ts';

const repository = join(import.meta.dirname, '..', '..', '..');

/** A repository with one cluster, prod, whose label `stage` is `live`. */
export interface TenantRepository {
  root: string;
  write(file: string, text: string): void;
  /** Writes tenants, by name and by what stands below kind and owner. */
  tenants(texts: Readonly<Record<string, string>>): void;
  /** @returns what loading the tenants finds wrong */
  problems(): readonly Problem[];
  remove(): void;
}

/** Makes such a repository in a folder of its own. */
export function tenantRepository(): TenantRepository {
  const root = mkdtempSync(join(tmpdir(), "breakwater tenants 'test' "));
  const write = (file: string, text: string) => {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  };
  for (const folder of ['infrastructure', 'apps'])
    cpSync(join(repository, folder), join(root, folder), { recursive: true });
  write('clusters/prod/cluster.yaml', `${newClusterFile({ name: 'prod' })}\nlabels: {stage: live}\n`);
  return {
    root,
    write,
    tenants: (texts) => {
      for (const [name, text] of Object.entries(texts))
        write(`tenants/${name}/tenant.yaml`, `kind: namespace\nowner: ann@example.com\n${text}`);
    },
    problems: () => {
      try {
        loadTenants(root, loadAllClusters(root));
      } catch (error) {
        if (error instanceof UsageError) return error.problems;
        throw error;
      }
      return [];
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}
