import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Report } from './build.ts';
import { cacheFolder, hashOf, makeOnce } from './cache.ts';
import { messageOf, SandboxError } from './errors.ts';
import type { ImageFile } from './images.ts';

/**
 * Gets a Debian package, and installs nothing: a program that is served as an image.
 *
 * @param name the package
 * @returns its regular files, by path: for an image with Debian as its base
 * @throws SandboxError when the package is not available
 */
export async function debianProgram(name: string, report: Report): Promise<Record<string, ImageFile>> {
  const release = await readFile('/etc/os-release');
  const folder = join(cacheFolder(), 'programs', `debian-${name}-${hashOf([release])}`);
  try {
    await makeOnce({
      path: folder,
      command: (output) => [
        'sh',
        '-euc',
        'mkdir -p "$1" && cd "$1" && apt-get -qq download "$2" && dpkg-deb -x ./*.deb . && rm -f ./*.deb',
        'sh',
        output,
        name,
      ],
      onMake: () => report(`getting Debian's ${name} …`),
    });
  } catch (error) {
    throw new SandboxError(
      `Debian's package ${name} could not be fetched with apt-get (try "apt-get update"): ${messageOf(error)}`,
    );
  }
  const entries = await readdir(join(folder, 'usr'), { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(
    files
      .filter(
        (file) => !file.startsWith(join(folder, 'usr/share/doc')) && !file.startsWith(join(folder, 'usr/share/man')),
      )
      .sort()
      .map((file) => [file.slice(folder.length), { copy: file }]),
  );
}
