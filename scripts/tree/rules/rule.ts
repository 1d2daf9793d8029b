import type { ParsedTree } from './parsed-tree.ts';

/** What a rule found wrong in a tree. */
export interface Finding {
  /** Path of the file, relative to the repository; for rendered objects that of their Application. */
  file: string;
  /** Key path in the file, or the rendered object, as `Deployment auth/dex`. */
  path?: string;
  /** Key path of the value in the file: path, line and column are found by it. */
  keys?: readonly (string | number)[];
  line?: number;
  column?: number;
  /** What is wrong, and what would be right. */
  message: string;
}

/** One thing that every tree must have or must not have. */
export interface Rule {
  /** Short and stable, as `pinned-upstreams`. */
  name: string;
  /** One sentence: what goes wrong otherwise, with the upstream issue or page. */
  reason: string;
  /** `charts` when it says something only about a tree whose charts and kustomizations were rendered. */
  needs?: 'charts';
  check(tree: ParsedTree): Finding[];
}
