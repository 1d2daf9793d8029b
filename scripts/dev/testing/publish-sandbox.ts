import { pathToFileURL } from 'node:url';
import type { Published } from '../../git/remote.ts';
import { openRepository } from '../../git/repository.ts';
import { makeSandbox, type Sandbox } from './git-sandbox.ts';

/** A sandbox with an empty remote. */
export interface PublishSandbox extends Sandbox {
  /** Path of the remote. */
  remote: string;
  url: string;
  /** Writes one generated file, commits it and publishes. */
  bootstrap(root: string, file: string, text?: string): Promise<Published>;
  /** A clone whose first generated commit is on the remote, and another person's clone. */
  twoClones(): Promise<{ mine: string; theirs: string }>;
  /** Another person commits a file and pushes. */
  someoneCommits(root: string, file: string, text: string, subject: string): Promise<void>;
}

/** Creates a sandbox for tests that publish. */
export async function makePublishSandbox(): Promise<PublishSandbox> {
  const box = await makeSandbox();
  const remote = await box.bare('remote.git');
  const url = pathToFileURL(remote).href;
  const bootstrap = async (root: string, file: string, text = `${file}\n`) => {
    await box.write(root, file, text);
    const repository = await openRepository(root);
    await repository.commit({ paths: [file], message: `Render ${file}` });
    return repository.publish({ remote: { url }, branch: 'main' });
  };
  return {
    ...box,
    remote,
    url,
    bootstrap,
    twoClones: async () => {
      const mine = await box.clone('mine');
      await bootstrap(mine, 'clusters/a/x.yaml');
      return { mine, theirs: await box.clone('theirs', remote) };
    },
    someoneCommits: async (root, file, text, subject) => {
      await box.write(root, file, text);
      await box.git(root, 'add', '-A');
      await box.git(root, 'commit', '--quiet', '-m', subject);
      await box.git(root, 'push', '--quiet', 'origin', 'HEAD:main');
    },
  };
}
