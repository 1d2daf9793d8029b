import { runProcess } from '../processes/run.ts';

/** Result of running npm. */
export interface NpmResult {
  exitCode: number | null;
  /** Lines of both streams, without empty ones. */
  lines: string[];
}

/**
 * Runs npm in a folder. If npm started us, its variables about that run are not passed on.
 *
 * @param folder absolute path of a folder with a package.json
 */
export async function npm(folder: string, args: readonly string[]): Promise<NpmResult> {
  const result = await runProcess('npm', args, { cwd: folder, env: npmEnvironment(process.env) });
  const lines = `${result.stdout}\n${result.stderr}`.split('\n').filter((line) => line.trim() !== '');
  return { exitCode: result.exitCode, lines };
}

/** https://docs.npmjs.com/cli/v11/using-npm/scripts#environment; the user's registry, proxy and cache settings stay. */
function npmEnvironment(ambient: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const ofRun = /^(npm_(lifecycle|package)_.*|npm_(command|execpath|node_execpath|config_local_prefix)|INIT_CWD)$/;
  return Object.fromEntries(Object.entries(ambient).filter(([name]) => !ofRun.test(name)));
}
