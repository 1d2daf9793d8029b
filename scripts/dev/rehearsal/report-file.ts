import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { pageHtml } from '../../page/page.ts';
import type { RehearseOptions } from './options.ts';
import type { RecordData } from './record.ts';
import { reportPage } from './report-page.ts';
import { placesOf } from './state.ts';

/** Writes a record as one self-contained page. @returns its file */
export async function writeReport({ folder, report }: RehearseOptions, data: RecordData): Promise<string> {
  const file = report === undefined ? join(placesOf(folder).pictures, 'rehearsal.html') : resolve(report);
  const there = data.pictures.filter((picture) => existsSync(picture.file));
  const pictures = await Promise.all(
    there.map(async ({ name, file }) => ({ caption: name, png: (await readFile(file)).toString('base64') })),
  );
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, pageHtml(reportPage(data, pictures, new Date().toISOString())));
  return file;
}
