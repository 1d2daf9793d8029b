import { clusterLabel } from '../components/domain.ts';
import { type LiveApplication, sourcesOf } from './applications.ts';
import { decoded, judgeCluster } from './judge-cluster.ts';
import { judgeExisting } from './judge-existing.ts';
import { describeObject } from './live.ts';
import { describeOwner, ownerOf } from './owner.ts';
import type { ArgoCDState, Ownership, OwnershipFinding, OwnershipQuestion, Verdict } from './ownership.ts';
import {
  applicationNamed,
  isController,
  isOurs,
  isRepository,
  isRestored,
  note,
  readsRepository,
  refusal,
} from './whose.ts';

/** Decides which existing objects the run may own. Pure. */
export function judgeOwnership(found: Ownership, question: OwnershipQuestion): Verdict {
  const argocd = question.argocd.install ? judgeInstall(found, question) : judgeExisting(found, question);
  const another = judgeCluster(found, question);
  if (another !== undefined) return { cluster: question.cluster, ...argocd, findings: [another] };
  return {
    cluster: question.cluster,
    ...argocd,
    findings: [
      ...argocd.findings,
      ...judgeRestored(found, question),
      ...judgeNamespaces(found, question),
      ...judgeRoot(found, question),
      ...judgeProject(found, question),
      ...judgeRepositories(found, question),
    ],
  };
}

type ArgoCDVerdict = Omit<Verdict, 'cluster'>;

function judgeInstall(found: Ownership, question: OwnershipQuestion): ArgoCDVerdict {
  const { namespace } = question.argocd;
  const here = found.workloads.filter(({ metadata }) => metadata.namespace === namespace);
  const elsewhere = found.workloads.filter((item) => isController(item) && item.metadata.namespace !== namespace);
  const findings = elsewhere.map(({ metadata }) =>
    refusal(
      'argocd-elsewhere',
      `Argo CD already runs in namespace ${metadata.namespace}, and a cluster can have only one set of its CRDs`,
      `To use it, set argocd.namespace: ${metadata.namespace} and argocd.install: false. To install a new one, remove it first.`,
    ),
  );
  const first = here.find((item) => !isOurs(item, found, question));
  if (first !== undefined) {
    findings.push(
      refusal(
        'argocd-foreign',
        `the Argo CD in namespace ${namespace} belongs to ${describeOwner(ownerOf(first))} (seen on ${describeObject(first)})`,
        'To use it unchanged, set argocd.install: false. To manage it from this repository, hand it over (npm run adopt prints the commands), or remove it there first (its Applications stay).',
      ),
    );
  }
  const definitions = judgeDefinitions(found, question, here.length + elsewhere.length > 0);
  const managed = here
    .map(ownerOf)
    .some((owner) => owner.kind === 'application' && applicationNamed(owner.name, found, question) !== undefined);
  const state: ArgoCDState = managed ? 'self-managed' : here.length > 0 || definitions.ours ? 'ours' : 'absent';
  return {
    argocd: state,
    takeOverDefinitions: definitions.takeOver,
    findings: [...findings, ...definitions.findings],
  };
}

/** CRDs can outlive their Argo CD: leftover ones are taken over, unless Applications exist. */
function judgeDefinitions(
  found: Ownership,
  question: OwnershipQuestion,
  running: boolean,
): { ours: boolean; takeOver: boolean; findings: OwnershipFinding[] } {
  const foreign = found.definitions.filter((crd) => !isOurs(crd, found, question));
  const ours = found.definitions.length > foreign.length;
  if (running || foreign.length === 0) return { ours, takeOver: false, findings: [] };
  const names = foreign.map(({ metadata }) => metadata.name).join(', ');
  const others = found.applications.filter((application) => !readsRepository(application, question));
  if (others.length > 0) {
    const list = others.slice(0, 5).map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
    return {
      ours,
      takeOver: false,
      findings: [
        refusal(
          'applications-left',
          `no Argo CD runs, but ${others.length} Applications of an earlier one exist (${list.join(', ')}${others.length > 5 ? ', …' : ''}), and a new one would act on them`,
          'Delete them (without their finalizers, the objects they deployed stay), or restore their Argo CD and set argocd.install: false.',
        ),
      ],
    };
  }
  return {
    ours,
    takeOver: true,
    findings: [
      note('definitions-left', `taking over the CRDs ${names}, left over from an earlier Argo CD`, 'Nothing to do.'),
    ],
  };
}

/** Lists the objects that count as restored, so that no one mistakes them for foreign and deletes the data. */
function judgeRestored(found: Ownership, question: OwnershipQuestion): OwnershipFinding[] {
  const objects = [...found.namespaces, ...found.neighbours].filter((object) => isRestored(object, found, question));
  if (objects.length === 0) return [];
  const names = objects.slice(0, 5).map(describeObject);
  return [
    note(
      'restored',
      `${names.join(', ')}${objects.length > 5 ? ', …' : ''} belong to this cluster's Applications, and no Argo CD runs: treating them as restored from a backup, and keeping them`,
      `If an Argo CD in another cluster manages them, pass another --context.`,
    ),
  ];
}

/** Explains a stuck deletion, from Kubernetes' conditions and the Applications in the namespace. */
function holdersOf(item: Ownership['namespaces'][number], found: Ownership): string {
  const { conditions = [] } = (item.status ?? {}) as {
    conditions?: { type: string; status: string; message?: string }[];
  };
  const said = conditions
    .filter(({ type, status }) => status === 'True' && /Remaining$/.test(type))
    .flatMap(({ message = '' }) => message);
  const held = heldApplications(item.metadata.name, found).map(
    (application) => `${describeObject(application)} waits for its finalizers`,
  );
  const all = [...held, ...said];
  return all.length === 0 ? '' : `: ${all.join('; ')}`;
}

function heldApplications(namespace: string, found: Ownership): LiveApplication[] {
  return found.applications.filter(
    ({ metadata }) =>
      metadata.namespace === namespace &&
      metadata.deletionTimestamp !== undefined &&
      (metadata.finalizers ?? []).length > 0,
  );
}

function terminatingHint(name: string, found: Ownership): string {
  const running = found.workloads.some(isController);
  const held = heldApplications(name, found);
  if (held.length === 0 || running)
    return `Wait until it is gone; \`kubectl get namespace ${name} -o yaml\` shows what is left.`;
  const commands = held.map(
    ({ metadata }) =>
      `kubectl -n ${name} patch application ${metadata.name} --type merge -p '{"metadata":{"finalizers":null}}'`,
  );
  return `No Argo CD runs to remove these finalizers. Remove them by hand (the objects these Applications deployed stay): ${commands.join('; ')}`;
}

/** The context in parentheses, where it is known. */
function contextOf({ context }: OwnershipQuestion): string {
  return context === undefined ? '' : ` (${context})`;
}

function judgeNamespaces(found: Ownership, question: OwnershipQuestion): OwnershipFinding[] {
  const findings: OwnershipFinding[] = [];
  for (const item of found.namespaces) {
    const { name, deletionTimestamp } = item.metadata;
    if (deletionTimestamp !== undefined) {
      findings.push(
        refusal(
          'namespace-terminating',
          `the namespace ${name} is being deleted (Terminating)${holdersOf(item, found)}`,
          terminatingHint(name, found),
        ),
      );
      continue;
    }
    const owner = ownerOf(item);
    const free = owner.kind === 'manager' || owner.kind === 'nobody';
    if (name === question.argocd.namespace && !question.argocd.install) continue;
    if (!free && !isOurs(item, found, question)) {
      findings.push(
        refusal(
          'namespace-foreign',
          `the namespace ${name} belongs to ${describeOwner(owner)}`,
          name === question.argocd.namespace
            ? 'Remove it there, or choose another argocd.namespace.'
            : 'Hand it over (npm run adopt prints the commands), remove it there, or disable the component that needs this namespace (components.<name>.enabled: false).',
        ),
      );
    }
  }
  for (const item of found.neighbours) {
    const owner = ownerOf(item);
    if ((owner.kind === 'helm' || owner.kind === 'application') && !isOurs(item, found, question)) {
      findings.push(
        refusal(
          'workload-foreign',
          `${describeObject(item)} belongs to ${describeOwner(owner)}`,
          'Hand it over (npm run adopt prints the commands), remove it there, or disable the component that it conflicts with (components.<name>.enabled: false).',
        ),
      );
    }
  }
  return findings;
}

function judgeRoot(found: Ownership, question: OwnershipQuestion): OwnershipFinding[] {
  const { name, repositoryUrl, path } = question.root;
  const { namespace } = question.argocd;
  const reads = (application: LiveApplication) =>
    sourcesOf(application).some((source) => isRepository(source.repoURL, question.root) && source.path === path);
  const findings: OwnershipFinding[] = [];
  for (const application of found.applications) {
    const { metadata } = application;
    if (metadata.name === name && metadata.namespace === namespace) {
      if (metadata.deletionTimestamp !== undefined) {
        findings.push(
          refusal(
            'root-terminating',
            `the root Application ${name} is being deleted`,
            'Wait until it is gone, then run it again.',
          ),
        );
      } else if (!reads(application)) {
        const sources = sourcesOf(application);
        const source = sources.find((item) => item.path !== undefined) ?? sources[0];
        findings.push(
          refusal(
            'root-foreign',
            `the Application ${namespace}/${name} deploys ${source?.path ?? '?'} of ${source?.repoURL ?? '?'}, not ${path} of ${repositoryUrl}`,
            `Is this the right context${contextOf(question)}? If so, choose another argocd.root.name, or remove that Application.`,
          ),
        );
      }
    } else if (reads(application)) {
      findings.push(
        refusal(
          'root-twice',
          `the Application ${metadata.namespace}/${metadata.name} already deploys ${path} of ${repositoryUrl}`,
          `Set argocd.root.name: ${metadata.name}, or remove that Application.`,
        ),
      );
    }
  }
  return findings;
}

function judgeProject(found: Ownership, question: OwnershipQuestion): OwnershipFinding[] {
  const { project } = found;
  if (project === undefined) return [];
  const owner = ownerOf(project);
  const labelled = project.metadata.labels?.[clusterLabel];
  if (labelled === question.cluster || (labelled === undefined && isOurs(project, found, question))) return [];
  const whose = labelled === undefined ? describeOwner(owner) : `the cluster folder "${labelled}"`;
  return [
    refusal(
      'project-foreign',
      `the AppProject ${question.argocd.namespace}/${question.root.project} belongs to ${whose}`,
      'Choose another argocd.root.project, or remove that project.',
    ),
  ];
}

function judgeRepositories(found: Ownership, question: OwnershipQuestion): OwnershipFinding[] {
  const rivals = found.repositories.filter((secret) => {
    const project = decoded(secret, 'project');
    return (
      secret.metadata.name !== question.repositorySecret &&
      isRepository(decoded(secret, 'url'), question.root) &&
      (project === '' || project === question.root.project)
    );
  });
  return rivals.map((secret) =>
    question.repositorySecret === undefined
      ? note(
          'repository-secret-used',
          `${describeObject(secret)} contains credentials for this repository, which are used`,
          'Nothing to do.',
        )
      : refusal(
          'repository-secret-foreign',
          `${describeObject(secret)} also contains credentials for this repository, and Argo CD might use either Secret`,
          `Remove it: kubectl -n ${secret.metadata.namespace} delete secret ${secret.metadata.name} (the run writes its own, ${question.repositorySecret}, from git.credentials).`,
        ),
  );
}
