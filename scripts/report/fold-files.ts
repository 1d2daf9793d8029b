import { count } from './count.ts';

/** Files of one folder from which they are counted instead of listed. */
const many = 4;

/**
 * Folds lines about files, as `new        clusters/prod/values/dex.yaml`, into one for each of the cluster's folders. Lines with a
 * remark, and those that are about something else, stay.
 */
export function foldFiles(lines: readonly string[]): string[] {
  const keys = lines.map((line) => /^(?:new|change|delete) +[^/\s]+\/[^/\s]+\/[^/\s]+\/(?=\S+$)/.exec(line)?.[0]);
  const sizes = new Map<string | undefined, number>();
  for (const key of keys) sizes.set(key, (sizes.get(key) ?? 0) + 1);
  return lines.flatMap((line, index) => {
    const key = keys[index];
    const size = sizes.get(key) ?? 0;
    if (key === undefined || size < many) return [line];
    return keys.indexOf(key) === index ? [`${key} (${count(size, 'file')})`] : [];
  });
}
