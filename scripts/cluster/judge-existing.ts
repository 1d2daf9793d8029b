import { parse } from 'yaml';
import type { Ownership, OwnershipFinding, OwnershipQuestion, Verdict } from './ownership.ts';
import { isController, refusal } from './whose.ts';

type ArgoCDVerdict = Omit<Verdict, 'cluster'>;

/** Checks an existing Argo CD (argocd.install: false): whether it runs, and has the settings that the tree needs. */
export function judgeExisting(found: Ownership, question: OwnershipQuestion): ArgoCDVerdict {
  const { namespace } = question.argocd;
  const verdict = (findings: OwnershipFinding[]): ArgoCDVerdict => ({
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
  return verdict([...judgeSettings(found, question), ...judgeResources(found, question)]);
}

function judgeSettings(found: Ownership, { argocd }: OwnershipQuestion): OwnershipFinding[] {
  const data = found.settings?.data ?? {};
  return Object.entries(argocd.settings ?? {})
    .filter(([key, value]) => data[key]?.trim() !== value.trim())
    .map(([key, value]) =>
      refusal(
        'argocd-setting',
        `the ConfigMap ${argocd.namespace}/argocd-cm ${data[key] === undefined ? 'lacks' : 'has another value for'} "${key}", without which ${withoutSetting[key] ?? 'sync waves do not wait for each other'}`,
        settingHint(key, value),
      ),
    );
}

const impersonation = 'application.sync.impersonation';

/** Consequence of each wrong setting. Default: waves do not wait. */
const withoutSetting: Readonly<Record<string, string>> = {
  'jsonnet.enable': 'Jsonnet from any folder runs in its repository server',
  'resource.compareoptions': 'Applications with aggregated ClusterRoles stay OutOfSync',
  [`${impersonation}.enabled`]: "tenants' objects are applied with Argo CD's full permissions",
};

function settingHint(key: string, value: string): string {
  const text = value.trim();
  const what = text.includes('\n')
    ? 'the content of infrastructure/argocd/application-health.lua'
    : JSON.stringify(text);
  const set = `Set it to ${what} where this Argo CD is managed.`;
  if (key !== `${impersonation}.enabled`) return set;
  return `${set} If its other projects have no destinationServiceAccounts, also set ${impersonation}.enforced to "false".`;
}

/** One entry of resource.exclusions or resource.inclusions: argo-cd docs, operator-manual/declarative-setup. */
interface ResourceFilter {
  apiGroups?: readonly string[];
  kinds?: readonly string[];
  clusters?: readonly string[];
}

/** Finds excluded kinds: Argo CD drops such objects and reports the Application as Synced and Healthy, so a policy would be missing silently. */
function judgeResources(found: Ownership, { argocd }: OwnershipQuestion): OwnershipFinding[] {
  const kinds = argocd.kinds ?? [];
  return (['resource.exclusions', 'resource.inclusions'] as const).flatMap((key) => {
    const filters = filtersOf(found.settings?.data?.[key]);
    if (filters === undefined) {
      const hint = 'Argo CD does not start with it either. Correct it where this Argo CD is managed.';
      return [
        refusal('argocd-resources', `"${key}" of the ConfigMap ${argocd.namespace}/argocd-cm is not a list`, hint),
      ];
    }
    const matches = (kind: string) => filters.some((filter) => matchesKind(filter, kind));
    const lost = kinds.filter((kind) =>
      key === 'resource.exclusions' ? matches(kind) : filters.length > 0 && !matches(kind),
    );
    if (lost.length === 0) return [];
    return [
      refusal(
        'argocd-resources',
        `"${key}" of the ConfigMap ${argocd.namespace}/argocd-cm excludes objects of the tree: ${lost.join(', ')}`,
        key === 'resource.exclusions'
          ? 'Remove these kinds from it where this Argo CD is managed.'
          : 'Add these kinds to it where this Argo CD is managed.',
      ),
    ];
  });
}

function filtersOf(text: string | undefined): readonly ResourceFilter[] | undefined {
  if (text === undefined || text.trim() === '') return [];
  try {
    const parsed: unknown = parse(text);
    return Array.isArray(parsed) ? parsed : parsed === null ? [] : undefined;
  } catch {
    return undefined;
  }
}

/** As Argo CD matches: https://github.com/argoproj/argo-cd/blob/v3.5.7/util/settings/filtered_resource.go */
function matchesKind({ apiGroups = [], kinds = [], clusters = [] }: ResourceFilter, name: string): boolean {
  const [kind = '', ...group] = name.split('.');
  const here = ['https://kubernetes.default.svc', 'in-cluster'];
  return (
    (apiGroups.length === 0 || apiGroups.some((pattern) => matchesGlob(pattern, group.join('.')))) &&
    (kinds.length === 0 || kinds.some((one) => one === '*' || one === kind)) &&
    (clusters.length === 0 || clusters.some((pattern) => here.some((server) => matchesGlob(pattern, server))))
  );
}

function matchesGlob(pattern: string, text: string): boolean {
  const expression = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${expression}$`).test(text);
}
