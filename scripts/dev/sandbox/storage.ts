import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { programVersion } from './build.ts';
import { moduleFolder } from './modules.ts';

/** The images that upstream's manifest names: of the program, tagged as its module, and of the pod that makes and removes a volume's folder. */
export const storageImages = async () => ({
  provisioner: `docker.io/rancher/local-path-provisioner:v${await programVersion('local-path-provisioner')}`,
  helper: 'docker.io/library/busybox:latest',
});

/**
 * Rancher's local-path-provisioner, as upstream's manifest has it, as the default storage class. Its volumes are folders of the
 * node below /opt, so they go with the sandbox.
 */
export async function storageObjects(): Promise<object[]> {
  const file = join(await moduleFolder('local-path-provisioner'), 'deploy/local-path-storage.yaml');
  const documents = parseAllDocuments(await readFile(file, 'utf8'));
  return documents.map((document) => {
    if (document.get('kind') === 'StorageClass')
      document.setIn(['metadata', 'annotations', 'storageclass.kubernetes.io/is-default-class'], 'true');
    return document.toJS() as object;
  });
}
