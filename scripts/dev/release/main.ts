/** `npm run release-notes -- TAG`: prints the notes of a release, or refuses it (docs/development.md). */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../../report/errors.ts';
import { releaseNotes } from './notes.ts';

const read = (file: string) => readFileSync(join(import.meta.dirname, '..', '..', '..', file), 'utf8');

try {
  const notes = releaseNotes({
    tag: process.argv[2] ?? '',
    changelog: read('CHANGELOG.md'),
    manifest: read('package.json'),
    repository: process.env.GITHUB_REPOSITORY,
  });
  process.stdout.write(`${notes}\n`);
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`error: ${error.message}\n${error.hint ?? ''}\n`);
  process.exitCode = 1;
}
