import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import {
  chmod,
  chown,
  copyFile,
  lchown,
  mkdir,
  mkdtemp,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { $ } from 'zx/core';
import { cacheFolder, hashOf } from './cache.ts';

/** A file of an image: a copy of one on this machine, a text, or a link to another path in the image. */
export type ImageFile = { copy: string } | { text: string } | { link: string };

/** What an image holds and how it starts. */
export interface ImageSpec {
  /** Path in the image → file. Programs and scripts are executable for all. */
  files: Readonly<Record<string, ImageFile>>;
  /** A folder in the cache whose files lie at the root, as readable and executable as they are there. */
  tree?: string;
  /** Folders with an owner of their own. */
  folders?: Readonly<Record<string, { owner: number }>>;
  /** The path of a tar archive that lies below the image's own files. */
  base?: string;
  entrypoint: readonly string[];
  user?: string;
  workingFolder?: string;
  env?: readonly string[];
}

/** An image in the cache, as a registry serves it. */
export interface Image {
  /** A JSON file in the format of the OCI image specification. */
  manifest: string;
  /** Digest → file, for its config and its layers. */
  blobs: Readonly<Record<string, string>>;
}

/** Makes an image, or takes it from the cache when one of the same content is there. */
export async function makeImage(name: string, spec: ImageSpec): Promise<Image> {
  // Programs and the base lie in the cache under names that tell their content, so their paths stand for it.
  const key = hashOf([JSON.stringify(spec), ...(await contents(spec))]);
  const folder = join(cacheFolder(), 'images', `${name.replaceAll(/\W+/g, '-')}-${key}`);
  if (!existsSync(folder)) {
    await mkdir(dirname(folder), { recursive: true });
    const unfinished = await mkdtemp(`${folder}.unfinished-`);
    await writeImage(unfinished, spec);
    try {
      await rename(unfinished, folder);
    } catch (error) {
      await rm(unfinished, { recursive: true, force: true });
      if (!existsSync(folder)) throw error;
    }
  }
  const blobs: Record<string, string> = JSON.parse(await readFile(join(folder, 'blobs.json'), 'utf8'));
  const absolute = Object.entries(blobs).map(([digest, file]) => [digest, join(folder, file)] as const);
  return { manifest: join(folder, 'manifest.json'), blobs: Object.fromEntries(absolute) };
}

async function contents(spec: ImageSpec): Promise<string[]> {
  const sizes: string[] = [];
  for (const file of Object.values(spec.files)) {
    if ('copy' in file) sizes.push(String((await stat(file.copy)).size));
  }
  return sizes;
}

async function writeImage(folder: string, spec: ImageSpec): Promise<void> {
  const layer = join(folder, 'layer.tar');
  await writeLayer(layer, join(folder, 'files'), spec);
  const layers = [...(spec.base ? [spec.base] : []), layer];
  const descriptors = [];
  const blobs: Record<string, string> = {};
  for (const file of layers) {
    const { digest, size } = await describe(file);
    descriptors.push({ mediaType: 'application/vnd.oci.image.layer.v1.tar', digest, size });
    // The base lies beside the image's folder and is shared.
    blobs[digest] = file === layer ? 'layer.tar' : join('..', file.slice(file.lastIndexOf('/') + 1));
  }
  const config = join(folder, 'config.json');
  await writeFile(
    config,
    JSON.stringify({
      architecture: process.arch === 'x64' ? 'amd64' : process.arch,
      os: 'linux',
      config: {
        Entrypoint: spec.entrypoint,
        User: spec.user ?? '',
        WorkingDir: spec.workingFolder ?? '/',
        Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', ...(spec.env ?? [])],
      },
      // Layers are not compressed, so their digests are those of their content.
      rootfs: { type: 'layers', diff_ids: descriptors.map(({ digest }) => digest) },
    }),
  );
  const described = await describe(config);
  blobs[described.digest] = 'config.json';
  const manifest = {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', ...described },
    layers: descriptors,
  };
  await writeFile(join(folder, 'manifest.json'), JSON.stringify(manifest));
  await writeFile(join(folder, 'blobs.json'), JSON.stringify(blobs));
}

async function writeLayer(archive: string, folder: string, spec: ImageSpec): Promise<void> {
  await mkdir(folder);
  if (spec.tree !== undefined) {
    await $({ quiet: true })`cp --recursive --no-dereference --preserve=mode ${spec.tree}/. ${folder}`;
    await $({ quiet: true })`chmod -R a+rX ${folder}`;
  }
  for (const [path, file] of Object.entries(spec.files)) {
    const at = join(folder, path);
    await mkdir(dirname(at), { recursive: true });
    if ('link' in file) await symlink(file.link, at);
    else if ('text' in file) await writeFile(at, file.text, { mode: 0o755 });
    else await copyFile(file.copy, at);
    if ('link' in file) await lchown(at, 0, 0);
    else await chmod(at, 0o755);
  }
  for (const [path, { owner }] of Object.entries(spec.folders ?? {})) {
    await mkdir(join(folder, path), { recursive: true });
    await chown(join(folder, path), owner, owner);
  }
  // The same files give the same archive on every machine.
  const same = ['--sort=name', '--mtime=@0', '--numeric-owner', '--format=gnu'];
  await $({ quiet: true })`tar --create --file=${archive} --directory=${folder} ${same} .`;
  await rm(folder, { recursive: true });
}

async function describe(file: string): Promise<{ digest: string; size: number }> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk);
  return { digest: `sha256:${hash.digest('hex')}`, size: (await stat(file)).size };
}
