import type { Platform } from '../components/platform.ts';
import { chartLockFile, chartLockText } from '../config/chart-lock.ts';
import { chartDigest } from '../tools/helm.ts';
import { chartRepository } from '../tree/application.ts';
import { writeInput } from '../workspace/write-input.ts';
import type { CheckFinding } from './check-cluster.ts';

/**
 * Compares the fetched charts with their recorded digests. Argo CD fetches charts itself and does not check digests, so only this
 * check finds a chart that was replaced under its version.
 *
 * @param cache folder for charts, as `.breakwater/charts`
 * @param options.recorded see readChartLock
 * @param options.record write the digests of charts that have none yet
 * @returns findings, and a note on charts without a digest; a chart that could not be fetched is a finding of its rendering
 */
export async function checkCharts(
  root: string,
  cache: string,
  platforms: readonly Platform[],
  { recorded, record }: { recorded: ReadonlyMap<string, string>; record: boolean },
): Promise<{ findings: CheckFinding[]; notes: string[] }> {
  const found = await digestsOf(cache, platforms);
  const findings = found.flatMap(({ name, from, digest }): CheckFinding[] => {
    const expected = recorded.get(name);
    if (expected === undefined || expected === digest) return [];
    const message = `${name}, fetched from ${from}, has the digest ${digest}, not ${expected}. Ask its publisher which digest is right; if it is the new one, remove the line and record it again`;
    return [{ rule: 'chart-content', file: chartLockFile, message }];
  });
  const missing = new Map(found.filter(({ name }) => !recorded.has(name)).map(({ name, digest }) => [name, digest]));
  if (missing.size === 0) return { findings, notes: [] };
  if (!record) {
    const names = [...missing.keys()].join(', ');
    const note = `${chartLockFile}: no digest is recorded for ${names}. Run: npm run validate -- --rendered --record`;
    return { findings, notes: [note] };
  }
  await writeInput(root, chartLockFile, chartLockText(new Map([...recorded, ...missing])));
  return { findings, notes: [`${chartLockFile}: recorded ${[...missing.keys()].join(', ')}. Commit it.`] };
}

/** What was fetched for a chart. */
interface Fetched {
  /** REPOSITORY/CHART@VERSION with the original address: a mirror must have the same chart. */
  name: string;
  from: string;
  digest: string;
}

async function digestsOf(cache: string, platforms: readonly Platform[]): Promise<Fetched[]> {
  const fetched = new Map<string, Fetched>();
  for (const { cluster, enabled } of platforms)
    for (const source of enabled.flatMap((component) => component.sources(cluster))) {
      if (source.kind !== 'chart') continue;
      const { chart, version, repository } = source;
      const [name, from] = [`${repository}/${chart}@${version}`, chartRepository(cluster, repository)];
      const digest = await chartDigest(cache, { repository: from, chart, version });
      if (digest !== undefined) fetched.set(`${name} ${from}`, { name, from, digest });
    }
  return [...fetched.values()];
}
