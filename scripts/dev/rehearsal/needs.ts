import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { RunError } from '../../report/errors.ts';
import { type Lack, lackOf, searchPath } from '../sandbox/needs.ts';

/** Programs that the checks need besides those of the sandbox, with their Debian packages. */
const checkPrograms = [
  { what: 'chromium', package: 'chromium' },
  { what: 'certutil', package: 'libnss3-tools' },
  { what: 'slapd', package: 'slapd' },
] as const;

/**
 * @param own true: the cluster is the user's own, so only the checks' programs are needed
 * @param checks false: only `up` is run, which needs no browser
 * @returns requirements of a rehearsal that this machine does not meet
 */
export function lackForRehearsal(own: boolean, checks = true): Lack {
  return lackOf({ programs: checks ? checkPrograms : [], sandbox: !own });
}

/** @throws RunError if a program is missing */
export function findProgram(name: string): string {
  const found = searchPath()
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path));
  if (found === undefined) {
    const known = checkPrograms.find(({ what }) => what === name);
    throw new RunError(`${name} is not there`, {
      hint: `On Debian: apt-get install --no-install-recommends ${known?.package ?? name}`,
    });
  }
  return found;
}
