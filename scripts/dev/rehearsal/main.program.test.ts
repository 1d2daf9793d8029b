import { expect, test } from 'vitest';
import { repositoryRoot } from '../sandbox/of-repository.ts';
import { runProgram } from './run-program.ts';

test('the program itself refuses wrong usage before it does anything', async () => {
  const program = [process.execPath, '--import', 'tsx', 'scripts/dev/rehearsal/main.ts'] as const;
  const { code, stdout, stderr } = await runProgram([...program, 'status', '--json', '--keep'], {
    cwd: repositoryRoot,
  });
  expect(code).toBe(2);
  expect(JSON.parse(stdout).error.message).toBe("unknown option '--keep', which is an option of run");
  expect(stderr).toContain('error: unknown option');
});
