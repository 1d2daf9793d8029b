import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { KubernetesObject } from '../components/component.ts';
import { runProcess } from '../processes/run.ts';
import { RunError } from '../report/errors.ts';
import { findTool } from './find.ts';

/** A chart, as in an Application. */
export interface ChartReference {
  /** http(s):// address of a classic repository; an OCI registry has `oci://` or no scheme. */
  repository: string;
  chart: string;
  version: string;
}

/** Options for rendering a chart. */
export interface ChartRelease {
  release: string;
  namespace: string;
  /** Absolute paths of values files, weakest first. */
  valueFiles: readonly string[];
  /** Values that override those of the files. */
  valuesObject?: object;
  /** API versions of the cluster, in addition to those that charts find on every cluster. */
  apiVersions?: readonly string[];
}

/** The Kubernetes version that charts are rendered for, without a cluster. */
const kubeVersion = '1.33.0';

/** API versions for charts' `.Capabilities`, as Argo CD passes them: those that the cluster has by then. */
const apiVersions = ['policy/v1', 'autoscaling/v2', 'networking.istio.io/v1', 'cert-manager.io/v1'];

/** An unreachable host must not block the run. */
const patienceSeconds = 120;
const noAnswer = `no answer within ${patienceSeconds} s`;

/**
 * Fetches a chart once; a later call reuses it.
 *
 * @param cache folder for charts, as `.breakwater/charts`
 * @returns absolute path of the chart's archive
 * @throws RunError with the chart's name when it cannot be fetched
 */
export async function fetchChart(cache: string, { repository, chart, version }: ChartReference): Promise<string> {
  const archive = archiveOf(cache, { repository, chart, version });
  if (existsSync(archive)) return archive;
  await mkdir(cache, { recursive: true });
  const temporary = await mkdtemp(join(cache, '.fetch-'));
  try {
    const helm = await findTool('helm');
    const where = /^https?:\/\//.test(repository)
      ? [chart, '--repo', repository]
      : [`oci://${repository.replace(/^oci:\/\//, '')}/${chart}`];
    const options = ['--version', version, '--destination', temporary];
    const pulled = await runProcess(helm, ['pull', ...where, ...options], { seconds: patienceSeconds });
    const file = (await readdir(temporary)).find((name) => name.endsWith('.tgz'));
    if (pulled.exitCode !== 0 || file === undefined)
      throw unfetched({ repository, chart, version }, pulled.timedOut ? noAnswer : pulled.stderr);
    await rename(join(temporary, file), archive);
    return archive;
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** @returns absolute path for the chart's archive */
function archiveOf(cache: string, { repository, chart, version }: ChartReference): string {
  const key = `${repository}_${chart}@${version}`.replaceAll(/[^A-Za-z0-9._@+-]+/g, '_');
  return join(cache, `${key}.tgz`);
}

/** @returns the digest of a fetched chart, as in an index.yaml or OCI registry; undefined when it was not fetched */
export async function chartDigest(cache: string, chart: ChartReference): Promise<string | undefined> {
  const archive = archiveOf(cache, chart);
  if (!existsSync(archive)) return undefined;
  return `sha256:${createHash('sha256')
    .update(await readFile(archive))
    .digest('hex')}`;
}

function unfetched({ repository, chart, version }: ChartReference, stderr: string): RunError {
  return new RunError(`cannot fetch chart ${chart} ${version} from ${repository}`, {
    details: lastLines(stderr),
    hint: 'Check the address and the network. If it is unreachable, set mirrors.charts in cluster.yaml.',
  });
}

/**
 * Renders a chart as Argo CD does: CRDs included, no hook of a test.
 *
 * @param chart path of an archive or folder
 * @throws RunError with helm's own message
 */
export async function renderChart(
  chart: string,
  { release, namespace, valueFiles, valuesObject, apiVersions: more = [] }: ChartRelease,
): Promise<KubernetesObject[]> {
  const helm = await findTool('helm');
  // In an empty folder, so that a chart cannot read the user's files by name.
  const folder = await mkdtemp(join(tmpdir(), 'breakwater-helm-'));
  try {
    const options = ['--namespace', namespace, '--kube-version', kubeVersion, '--include-crds', '--skip-tests'];
    const kinds = [...apiVersions, ...more].flatMap((version) => ['--api-versions', version]);
    // helm splits paths of values files at commas and quotes; the links in the empty folder have neither.
    const values = await linked(folder, valueFiles);
    if (valuesObject !== undefined) {
      values.push('values-object.json');
      await writeFile(join(folder, 'values-object.json'), JSON.stringify(valuesObject));
    }
    const files = values.flatMap((file) => ['--values', file]);
    const rendered = await runProcess(helm, ['template', release, chart, ...options, ...kinds, ...files], {
      cwd: folder,
      seconds: patienceSeconds,
    });
    if (rendered.exitCode !== 0)
      throw new RunError(`helm cannot render the release ${release}`, { details: lastLines(rendered.stderr) });
    return objectsOf(rendered.stdout);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function linked(folder: string, files: readonly string[]): Promise<string[]> {
  return await Promise.all(
    files.map(async (file, index) => {
      await symlink(file, join(folder, `values-${index}.yaml`));
      return `values-${index}.yaml`;
    }),
  );
}

function objectsOf(text: string): KubernetesObject[] {
  return parseAllDocuments(text, { version: '1.1' })
    .map((document): unknown => document.toJS())
    .filter((object): object is KubernetesObject => typeof object === 'object' && object !== null);
}

function lastLines(text: string): string[] {
  return text
    .trim()
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('Use --debug flag'))
    .slice(-3);
}
