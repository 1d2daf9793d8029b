import { parse } from 'yaml';
import * as z from 'zod';

const manager = z.object({
  managerFilePatterns: z.array(z.string()),
  matchStrings: z.array(z.string()),
  matchStringsStrategy: z.enum(['any', 'recursive']).default('any'),
  datasourceTemplate: z.string(),
});
const settings = z.object({ customManagers: z.array(manager) });

/** One of the regular expressions that Renovate finds versions with. */
export type RenovateManager = z.output<typeof manager>;

/** A version that Renovate finds. */
export interface RenovateVersion {
  datasource: string;
  /** Chart, image or repository. */
  name: string;
  version: string;
  /** Commit or digest next to the version. */
  digest?: string;
  /** The text that Renovate rewrites with the new version. */
  replaced: string;
}

/**
 * Reads the custom managers of .github/renovate.json5.
 *
 * @returns the managers; undefined for a syntax that this reader does not support, although Renovate might
 */
export function readRenovate(text: string): RenovateManager[] | undefined {
  // The file's JSON5 is valid YAML flow style, except for comments and escapes in single quotes.
  const plain = text
    .replaceAll(/^\s*\/\/.*$/gm, '')
    .replaceAll(/'((?:[^'\\]|\\.)*)'/g, (_, inner: string) => `"${inner.replaceAll('"', '\\"')}"`);
  try {
    const read = settings.safeParse(parse(plain));
    return read.success ? read.data.customManagers : undefined;
  } catch {
    return undefined;
  }
}

/** @returns the versions that Renovate finds in a file, by https://docs.renovatebot.com/modules/manager/regex/ */
export function seenByRenovate(managers: readonly RenovateManager[], path: string, text: string): RenovateVersion[] {
  return managers
    .filter(({ managerFilePatterns }) =>
      managerFilePatterns.some((pattern) => new RegExp(pattern.slice(1, -1)).test(path)),
    )
    .flatMap((one) =>
      found(one, text).map(({ groups, replaced }) => ({
        datasource: one.datasourceTemplate,
        name: groups.depName ?? groups.packageName ?? groups.chart ?? '',
        version: groups.currentValue ?? '',
        ...(groups.currentDigest === undefined ? {} : { digest: groups.currentDigest }),
        replaced,
      })),
    );
}

interface Found {
  groups: Record<string, string | undefined>;
  replaced: string;
}

function found({ matchStrings, matchStringsStrategy }: RenovateManager, text: string): Found[] {
  const matches = (expression: string, content: string): Found[] =>
    [...content.matchAll(new RegExp(expression, 'g'))].map(({ 0: replaced, groups = {} }) => ({ groups, replaced }));
  if (matchStringsStrategy === 'any') return matchStrings.flatMap((expression) => matches(expression, text));
  return matchStrings.reduce<Found[]>(
    (outer, expression) =>
      outer.flatMap(({ groups, replaced }) =>
        matches(expression, replaced).map((match) => ({ ...match, groups: { ...groups, ...match.groups } })),
      ),
    [{ groups: {}, replaced: text }],
  );
}
