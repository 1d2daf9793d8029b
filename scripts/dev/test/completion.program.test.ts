import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commands } from '../../commands/index.ts';
import { type TestRepository, testRepository } from './repository.ts';

let repository: TestRepository;

beforeAll(() => {
  repository = testRepository();
});

afterAll(() => repository.remove());

describe('completion', () => {
  it.each([
    [['ren'], ['render']],
    [['render', '--ch'], ['--check']],
    [['render', '--cluster', 'd'], ['demo']],
    [['render', '--dry'], []],
    [['tenant', 'l'], ['list']],
    [['completion', 'f'], ['fish']],
  ])('in bash, of %j is %j', (typed, completed) => {
    const script = repository.breakwater('completion', 'bash').stdout;
    const line = ['breakwater', ...typed].map((word) => `'${word}'`).join(' ');
    const ask = `COMP_WORDS=(${line}); COMP_CWORD=${typed.length}; _breakwater; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const said = execFileSync('bash', ['-c', `${script}\n${ask}`], { cwd: repository.root, encoding: 'utf8' });
    expect(said.split('\n').filter((word) => word !== '')).toEqual(completed);
  });

  it('knows every command and option for zsh and fish, too, and refuses other shells', () => {
    const [zsh, fish] = ['zsh', 'fish'].map((shell) => repository.breakwater('completion', shell).stdout);
    for (const { usage, words = [], options } of commands) {
      const name = usage.replace(/ .*/, '');
      expect(fish).toContain(`-a ${name} -d`);
      if (words.length > 0) expect(fish).toContain(`from ${name}' -a '${words.join(' ')}'`);
      for (const { flags } of Object.values(options)) {
        expect(zsh).toContain(flags.replace(/ .*/, ''));
        expect(fish).toContain(`from ${name}' -l ${flags.replace(/^--| .*/g, '')} `);
      }
    }
    expect(repository.breakwater('completion', 'bsh')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Did you mean "bash"?'),
    });
  });
});
