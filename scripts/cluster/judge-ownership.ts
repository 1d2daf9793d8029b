import { clusterLabel } from '../components/domain.ts';
import { deploys, type LiveApplication, sameRepository, sourcesOf } from './applications.ts';
import { describeObject, type LiveObject } from './live.ts';
import { appliedByUs, describeOwner, ownerOf } from './owner.ts';
import type { ArgoCDState, Finding, Ownership, OwnershipQuestion, Verdict } from './ownership.ts';

/** Says what belongs to whom. Pure. */
export function judgeOwnership(found: Ownership, question: OwnershipQuestion): Verdict {
  const argocd = question.argocd.install ? judgeInstall(found, question) : judgeExisting(found, question);
  return {
    cluster: question.cluster,
    ...argocd,
    findings: [
      ...argocd.findings,
      ...judgeNamespaces(found, question),
      ...judgeRoot(found, question),
      ...judgeProject(found, question),
      ...judgeRepositories(found, question),
    ],
  };
}

function refusal(code: string, message: string, wayOut: string): Finding {
  return { code, refuse: true, message, wayOut };
}

function note(code: string, message: string, wayOut: string): Finding {
  return { code, refuse: false, message, wayOut };
}

/**
 * Whether an object is this cluster's own: ours, or of an Application that reads our repository. Where that Application is
 * not there, it may be in another cluster and manage this one from afar; our repository Secret says that it was ours.
 */
function isOurs(object: LiveObject, found: Ownership, question: OwnershipQuestion): boolean {
  const owner = ownerOf(object);
  if (owner.kind !== 'application') return owner.kind === 'ours';
  const application = applicationNamed(owner.name, found, question);
  if (application !== undefined) return readsRepository(application, question);
  return (
    appliedByUs(object) ||
    found.repositories.some(({ metadata }) => metadata.labels?.[clusterLabel] === question.cluster)
  );
}

function applicationNamed(name: string, found: Ownership, question: OwnershipQuestion): LiveApplication | undefined {
  return found.applications.find(
    ({ metadata }) => metadata.name === name && metadata.namespace === question.argocd.namespace,
  );
}

function readsRepository(application: LiveApplication, question: OwnershipQuestion): boolean {
  return sourcesOf(application).some(({ repoURL }) => sameRepository(repoURL, question.root.repositoryUrl));
}

function isController({ metadata }: LiveObject): boolean {
  return (
    metadata.labels?.['app.kubernetes.io/name'] === 'argocd-application-controller' ||
    metadata.labels?.['app.kubernetes.io/component'] === 'application-controller'
  );
}

type ArgoCDVerdict = Omit<Verdict, 'cluster'>;

function judgeInstall(found: Ownership, question: OwnershipQuestion): ArgoCDVerdict {
  const { namespace } = question.argocd;
  const here = found.workloads.filter(({ metadata }) => metadata.namespace === namespace);
  const elsewhere = found.workloads.filter((item) => isController(item) && item.metadata.namespace !== namespace);
  const findings = elsewhere.map(({ metadata }) =>
    refusal(
      'argocd-elsewhere',
      `Argo CD already runs in namespace ${metadata.namespace}, and one cluster has one set of its CRDs`,
      `To use that one, set argocd.namespace: ${metadata.namespace} and argocd.install: false; to install ours, remove it first.`,
    ),
  );
  const first = here.find((item) => !isOurs(item, found, question));
  if (first !== undefined) {
    findings.push(
      refusal(
        'argocd-foreign',
        `the Argo CD in namespace ${namespace} belongs to ${describeOwner(ownerOf(first))} (seen on ${describeObject(first)})`,
        'To use it as it is, set argocd.install: false; to have it managed by this repository, remove it there first (its Applications stay).',
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

/** CRDs outlive the Argo CD that they came with: without one that runs they are taken over, unless they hold Applications. */
function judgeDefinitions(
  found: Ownership,
  question: OwnershipQuestion,
  running: boolean,
): { ours: boolean; takeOver: boolean; findings: Finding[] } {
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
          `no Argo CD runs, but ${others.length} Applications of a former one are there (${list.join(', ')}${others.length > 5 ? ', …' : ''}), and a new one would act on them`,
          'Delete them (without their finalizers, what they deployed stays), or bring their Argo CD back and set argocd.install: false.',
        ),
      ],
    };
  }
  return {
    ours,
    takeOver: true,
    findings: [
      note('definitions-left', `the CRDs ${names} are left from a former Argo CD and are taken over`, 'Nothing to do.'),
    ],
  };
}

function judgeExisting(found: Ownership, question: OwnershipQuestion): ArgoCDVerdict {
  const { namespace, settings = {} } = question.argocd;
  const verdict = (findings: Finding[]): ArgoCDVerdict => ({
    argocd: 'existing',
    takeOverDefinitions: false,
    findings,
  });
  const controllers = found.workloads.filter(isController);
  if (!controllers.some(({ metadata }) => metadata.namespace === namespace)) {
    const others = [...new Set(controllers.map(({ metadata }) => metadata.namespace))];
    return verdict([
      refusal(
        'argocd-missing',
        `no Argo CD runs in namespace ${namespace}, and argocd.install is false`,
        others.length > 0
          ? `It runs in ${others.join(', ')}: set argocd.namespace.`
          : 'Set argocd.install: true, or install Argo CD there first.',
      ),
    ]);
  }
  const data = found.settings?.data ?? {};
  const wrong = Object.entries(settings).filter(([key, value]) => data[key]?.trim() !== value.trim());
  return verdict(
    wrong.map(([key]) =>
      refusal(
        'argocd-setting',
        `the ConfigMap ${namespace}/argocd-cm ${data[key] === undefined ? 'lacks' : 'has another value for'} "${key}", without which ${withoutSetting[key] ?? 'waves do not wait'}`,
        settingHint(key, settings[key] ?? ''),
      ),
    ),
  );
}

const impersonation = 'application.sync.impersonation';

/** What follows where a setting is not as it has to be. Default: waves do not wait. */
const withoutSetting: Readonly<Record<string, string>> = {
  'jsonnet.enable': 'Jsonnet of any folder runs in its repository server',
  [`${impersonation}.enabled`]: "tenants' objects are applied with all of Argo CD's rights",
};

function settingHint(key: string, value: string): string {
  const text = value.trim();
  const what = text.includes('\n') ? 'the text of infrastructure/argocd/application-health.lua' : JSON.stringify(text);
  const set = `Set it to ${what}, there where this Argo CD is managed.`;
  if (key !== `${impersonation}.enabled`) return set;
  return `${set} If other projects of it name no destinationServiceAccounts, set ${impersonation}.enforced to "false" beside it.`;
}

function judgeNamespaces(found: Ownership, question: OwnershipQuestion): Finding[] {
  const findings: Finding[] = [];
  for (const item of found.namespaces) {
    const { name, deletionTimestamp } = item.metadata;
    if (deletionTimestamp !== undefined) {
      findings.push(
        refusal(
          'namespace-terminating',
          `the namespace ${name} is being deleted (Terminating)`,
          `Wait until it is gone; \`kubectl get namespace ${name} -o yaml\` says what holds it up.`,
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
            : 'Remove it there, or switch off the component that needs this namespace (components.<name>.enabled: false).',
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
          'Remove it there, or switch off the component that it clashes with (components.<name>.enabled: false).',
        ),
      );
    }
  }
  return findings;
}

function judgeRoot(found: Ownership, question: OwnershipQuestion): Finding[] {
  const { name, repositoryUrl, path } = question.root;
  const { namespace } = question.argocd;
  const reads = (application: LiveApplication) => deploys(application, question.root);
  const findings: Finding[] = [];
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
            'Choose another argocd.root.name, or remove that Application if it is no longer wanted.',
          ),
        );
      }
    } else if (reads(application)) {
      findings.push(
        refusal(
          'root-twice',
          `the Application ${metadata.namespace}/${metadata.name} deploys ${path} of ${repositoryUrl} already`,
          `Set argocd.root.name: ${metadata.name}, or remove that Application.`,
        ),
      );
    }
  }
  return findings;
}

function judgeProject(found: Ownership, question: OwnershipQuestion): Finding[] {
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

function judgeRepositories(found: Ownership, question: OwnershipQuestion): Finding[] {
  const text = (value: string | undefined) => Buffer.from(value ?? '', 'base64').toString('utf8');
  const rivals = found.repositories.filter(({ metadata, data = {} }) => {
    const project = text(data.project);
    return (
      metadata.name !== question.repositorySecret &&
      sameRepository(text(data.url), question.root.repositoryUrl) &&
      (project === '' || project === question.root.project)
    );
  });
  return rivals.map((secret) =>
    question.repositorySecret === undefined
      ? note(
          'repository-secret-used',
          `${describeObject(secret)} holds credentials for this repository and is used`,
          'Nothing to do.',
        )
      : refusal(
          'repository-secret-foreign',
          `${describeObject(secret)} holds credentials for this repository already, and Argo CD takes either`,
          'Remove it, or remove git.credentials from cluster.yaml to use it.',
        ),
  );
}
