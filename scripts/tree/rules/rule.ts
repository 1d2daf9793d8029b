import { nameOf, type ParsedTree, type TreeObject } from './parsed-tree.ts';

/** Something wrong in a tree. */
export interface Finding {
  /** Path of the file, relative to the repository; for a rendered object the file of its Application. */
  file: string;
  /** Key path in the file, or the rendered object, as `Deployment auth/dex`. */
  path?: string;
  /** Keys of the value in the file, from which path, line and column follow. */
  keys?: readonly (string | number)[];
  line?: number;
  column?: number;
  /** What is wrong, and what to do. */
  message: string;
}

/** One thing that every tree must have or must not have. */
export interface Rule {
  /** Short and stable, for example `pinned-upstreams`. */
  name: string;
  /** One sentence: what goes wrong otherwise, with the upstream issue or page. */
  reason: string;
  /** `charts` when the rule needs rendered charts and kustomizations. */
  needs?: 'charts';
  check(tree: ParsedTree): Finding[];
}

/** @returns a finding about an object, or about one of its fields */
export function about({ file, object }: Pick<TreeObject, 'file' | 'object'>, message: string, field?: string): Finding {
  return { file, path: field === undefined ? nameOf(object) : `${nameOf(object)} ${field}`, message };
}
