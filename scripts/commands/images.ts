import { join } from 'node:path';
import { loadCluster } from '../config/load.ts';
import { count } from '../report/count.ts';
import { UsageError } from '../report/errors.ts';
import { copyScript, type Upstreams, upstreamsOf } from '../steps/list-upstreams.ts';
import { placePlatform } from '../tree/place.ts';
import { chooseCluster } from './choose-cluster.ts';
import { hideSecrets } from './hide-secrets.ts';
import type { InvocationOf } from './invocation.ts';

/** `npm run images`: what a cluster takes from outside, as a list or as the script that copies it. */
export async function run(invocation: InvocationOf<'images'>): Promise<number> {
  const { root, options, reporter } = invocation;
  const { copyTo, gitTo } = options;
  if (copyTo !== undefined && !/^[a-z0-9.-]+(:\d+)?(\/[a-z0-9._-]+)*$/.test(copyTo))
    throw new UsageError(`--copy-to ${copyTo} is not a registry`, {
      hint: 'Write a registry with an optional path, without a scheme: registry.example.com/mirror',
    });
  if (gitTo !== undefined && !/^(https|ssh|file):\/\/[\w.:@~/-]*[\w-]$/.test(gitTo))
    throw new UsageError(`--git-to ${gitTo} is not an address`, { hint: 'Write https://git.example.com/mirror' });
  if (gitTo !== undefined && copyTo === undefined)
    throw new UsageError('--git-to needs --copy-to', { hint: 'Add --copy-to REGISTRY.' });
  const platform = placePlatform(loadCluster(root, chooseCluster(invocation)));
  hideSecrets(invocation, [platform.cluster]);
  const upstreams = await upstreamsOf(root, join(root, '.breakwater'), platform);
  const { problems } = upstreams;
  for (const problem of problems) reporter.warn(`images are missing: ${problem}`);
  const script = copyTo === undefined ? undefined : copyScript(upstreams, copyTo, gitTo);
  reporter.result(
    { cluster: platform.cluster.name, ...upstreams, ...(script === undefined ? {} : { script }) },
    script ?? listText(upstreams),
  );
  return problems.length === 0 ? 0 : 1;
}

function listText({ images, charts, git }: Upstreams): string {
  return [
    ...images.map(({ image, applications }) => `image  ${image}  (${applications.join(', ')})`),
    ...charts.map(({ repository, chart, version, digest }) =>
      `chart  ${repository} ${chart} ${version} ${digest ?? ''}`.trimEnd(),
    ),
    ...git.map(({ repository, version, commit }) => `git    ${repository} ${version} ${commit ?? ''}`.trimEnd()),
    `${count(images.length, 'image')}, ${count(charts.length, 'chart')}, ${count(git.length, 'Git version')}`,
  ].join('\n');
}
