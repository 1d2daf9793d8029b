/** A file that differs between two commits. */
export interface ChangedPath {
  path: string;
  change: 'added' | 'changed' | 'removed';
}
