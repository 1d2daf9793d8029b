import { run } from '../processes/run.ts';

/** What a run of npm gave. */
export interface NpmResult {
  exitCode: number | null;
  /** What it printed on both streams, line by line, empty ones left out. */
  lines: string[];
}

/**
 * Runs npm in a folder. When we were started by npm ourselves, what it told us about its own run is not passed on.
 *
 * @param folder absolute path of a folder with a package.json
 */
export async function npm(folder: string, args: readonly string[]): Promise<NpmResult> {
  const result = await run('npm', args, { cwd: folder, env: npmEnvironment(process.env) });
  const lines = `${result.stdout}\n${result.stderr}`.split('\n').filter((line) => line.trim() !== '');
  return { exitCode: result.exitCode, lines };
}

/** https://docs.npmjs.com/cli/v11/using-npm/scripts#environment; registry, proxy and cache that the user has set go on. */
function npmEnvironment(ambient: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const ofRun = /^(npm_(lifecycle|package)_.*|npm_(command|execpath|node_execpath|config_local_prefix)|INIT_CWD)$/;
  return Object.fromEntries(Object.entries(ambient).filter(([name]) => !ofRun.test(name)));
}
