import type { Platform } from '../components/platform.ts';
import { count } from '../report/count.ts';
import { checkObject } from '../schemas/check.ts';
import { factsOf } from '../tree/rules/facts.ts';
import { checkTree, withPosition } from '../tree/rules/index.ts';
import { type ParsedTree, parseTree } from '../tree/rules/parsed-tree.ts';
import type { Finding } from '../tree/rules/rule.ts';
import { readInputs } from '../workspace/read-inputs.ts';
import { planCluster } from './plan-cluster.ts';

/** A finding of a check. */
export interface CheckFinding {
  /** Name of the rule, `schema`, or `drift`. */
  rule: string;
  file: string;
  /** Key path in the file, or the object, where the message is about one. */
  path?: string;
  line?: number;
  column?: number;
  message: string;
  /** Why it matters. */
  reason?: string;
}

const unrendered = {
  rule: 'drift',
  reason: 'the cluster gets what is in Git: run "npm run render", and commit what it writes',
};

/**
 * Checks a cluster's tree on disk: drift, the rules of a safe tree, and each object's schema.
 */
export async function checkCluster(root: string, platform: Platform): Promise<CheckFinding[]> {
  const { cluster } = platform;
  const { plan, documents } = await planCluster(root, platform);
  const { keep, change, blocked: inTheWay, unexpected } = plan;
  if (plan.create.length > 0 && keep.length + change.length + inTheWay.length + unexpected.length === 0)
    return [
      {
        ...unrendered,
        file: cluster.folder,
        message: `is not rendered yet: ${count(plan.create.length, 'file')} are missing`,
      },
    ];
  const drift = [
    ...plan.create.map(({ path }) => ({ file: path, message: 'is missing' })),
    ...plan.change.map(({ path, executable, conflict }) => ({
      file: path,
      message: executable
        ? 'is executable, and must not be'
        : conflict
          ? 'has a merge conflict, which render resolves'
          : 'differs from what cluster.yaml renders to',
    })),
    ...plan.delete.map(({ path }) => ({ file: path, message: 'is stale: cluster.yaml no longer renders it' })),
  ].map((found) => ({ ...unrendered, ...found }));
  const blocked = [...plan.blocked, ...plan.unexpected].map(({ path, reason }) => ({
    rule: 'drift',
    file: path,
    message: reason,
    reason: 'Argo CD might read it: remove it, or move it to overrides/ if it is your own setting',
  }));
  const files = await readInputs(root, [cluster.folder, 'infrastructure', 'apps']);
  const tree = parseTree(cluster.name, files, { documents, facts: factsOf(platform) });
  const own = [...tree.files].filter(([path]) => path.startsWith(`${cluster.folder}/`));
  const schema = own.flatMap(([file, { objects }]) =>
    objects
      .filter(({ kind }) => kind !== 'Kustomization')
      .flatMap((object) =>
        checkObject(object).map((problem) => ({
          rule: 'schema',
          ...(inClusterFile(tree, cluster.folder, object.kind, problem) ?? {
            file,
            message: `${object.kind} ${object.metadata.name}: ${problem}`,
          }),
        })),
      ),
  );
  return [...drift, ...blocked, ...schema, ...checkTree(tree)];
}

/** What the ClusterIssuer copies from cluster.yaml: the beginning of the path there, and the keys here. */
const copied: readonly [RegExp, readonly string[]][] = [
  [/^spec\.acme\.solvers\[0\]\.dns01\./, ['tls', 'acme', 'dns01', 'solver']],
  [/^spec\.(?=(vault|venafi|ca)\b)/, ['tls', 'issuer', 'spec']],
];

/** @returns a problem of the ClusterIssuer at its line in cluster.yaml; undefined if it comes from elsewhere */
function inClusterFile(tree: ParsedTree, folder: string, kind: string, problem: string): Finding | undefined {
  const [pattern, keys = []] = copied.find(([start]) => kind === 'ClusterIssuer' && start.test(problem)) ?? [];
  if (pattern === undefined) return undefined;
  const [, path = '', message = ''] = /^(\S+): (.*)$/s.exec(problem.replace(pattern, '')) ?? [];
  const parts = (path.match(/[^.[\]]+/g) ?? []).map((part) => (/^\d+$/.test(part) ? Number(part) : part));
  return withPosition(tree, { file: `${folder}/cluster.yaml`, keys: [...keys, ...parts], message });
}
