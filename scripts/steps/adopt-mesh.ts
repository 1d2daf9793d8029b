import { parse } from 'yaml';
import { describeObject, type LiveData, type LiveObject } from '../cluster/live.ts';
import { meshNamespace } from '../components/domain.ts';
import type { Cluster } from '../config/cluster.ts';
import { below } from '../config/version-floors.ts';
import { at, isMap, listAt } from '../tree/rules/parsed-tree.ts';
import { uncovered } from './adopt-immutable.ts';
import type { AdoptRow, PlannedObject, Surroundings } from './adopt-objects.ts';
import { isForeign, listed, versionOf } from './adopt-settings.ts';

/** @returns the configuration of a mesh, from its ConfigMap */
function meshConfig(configMap: object | undefined): Record<string, unknown> {
  const text = at(configMap, 'data', 'mesh');
  if (typeof text !== 'string') return {};
  try {
    const config: unknown = parse(text);
    return isMap(config) ? config : {};
  } catch {
    return {};
  }
}

/** @returns lines about a mesh that is there, and about what its settings gain and lose. Pure */
export function mesh({ all, snapshot, planned, cluster }: Surroundings): AdoptRow[] {
  const daemons = listed(all, 'Deployment.apps').filter(
    ({ metadata: { name, labels = {} } }) => labels.app === 'istiod' || name === 'istiod' || name.startsWith('istiod-'),
  );
  const others = listed(snapshot, 'Deployment.apps');
  const rows = daemons.filter((istiod) => others.includes(istiod)).flatMap((istiod) => daemon(istiod, cluster));
  const injectors = listed(snapshot, 'MutatingWebhookConfiguration.admissionregistration.k8s.io').filter(
    (hook) => hook.metadata.labels?.app === 'sidecar-injector' && daemons.length === 0 && isForeign(hook),
  );
  for (const hook of injectors)
    rows.push({
      fate: 'in the way',
      what: describeObject(hook),
      reason:
        'a mesh injects sidecars, and no istiod runs here: a managed one. The login depends on settings of the mesh that only its own istiod takes',
      todo: 'Switch the managed mesh off for this cluster, and restart its pods; the platform brings Istio.',
    });
  const theirs = listed<LiveData>(snapshot, 'ConfigMap').find(
    ({ metadata }) => metadata.namespace === meshNamespace && metadata.name === 'istio',
  );
  return theirs === undefined ? rows : [...rows, ...meshRows(theirs, planned)];
}

function daemon(istiod: LiveObject, { components, shared }: Cluster): AdoptRow[] {
  const { namespace = '', labels = {} } = istiod.metadata;
  const revision = labels['istio.io/rev'] ?? 'default';
  const version = versionOf(istiod)?.replace(/-.*/, '');
  const what = `Istio ${version ?? ''} in namespace ${namespace}, revision ${revision}`.replace('  ', ' ');
  const ours = components.istiod?.version ?? shared.upstream.get('infrastructure/istiod')?.version ?? '';
  const uninstall = `Move its namespaces to the platform's mesh afterwards (label istio-injection=enabled), then: istioctl uninstall --revision ${revision}`;
  if (namespace !== meshNamespace || !['default', ''].includes(revision))
    return [
      {
        fate: 'in the way',
        what,
        reason: `the login depends on settings of the mesh, and the platform's istiod is in ${meshNamespace} without a revision. Two control planes share the CRDs and the webhooks of one another`,
        todo: uninstall,
      },
    ];
  if (below(ours, version ?? '0.0.0') === true)
    return [
      {
        fate: 'in the way',
        what,
        reason: `it is newer than the platform's ${ours}, and Istio does not go back`,
        todo: `Set components.<istio-base, istio-cni, istiod, gateway>.version to ${version} or newer.`,
      },
    ];
  const minors = Number(ours.split('.')[1]) - Number((version ?? ours).split('.')[1]);
  return [
    {
      fate: 'becomes ours',
      what,
      reason: `the login depends on its settings; same namespace and name, so it is upgraded in place to ${ours}. Sidecars of running pods stay as they are`,
      ...(minors > 1
        ? {
            todo: `Istio upgrades one minor version at a time, and this is ${minors}: upgrade yours to 1.${Number(ours.split('.')[1]) - 1} first, and restart pods with sidecars after each step.`,
          }
        : {}),
    },
  ];
}

/** What the mesh's own settings gain and lose, compared with the ConfigMap that our chart renders. */
function meshRows(theirs: LiveData, planned: readonly PlannedObject[]): AdoptRow[] {
  const own = planned.find(
    ({ object }) =>
      object.kind === 'ConfigMap' && object.metadata.name === 'istio' && object.metadata.namespace === meshNamespace,
  );
  if (own === undefined) return [];
  const [live, ours] = [meshConfig(theirs), meshConfig(own.object)];
  const what = `mesh config (ConfigMap ${meshNamespace}/istio)`;
  const providers = (config: object) =>
    listAt(config, 'extensionProviders').map((provider) => String(at(provider, 'name')));
  const gone = providers(live).filter((name) => !providers(ours).includes(name));
  const gains = [...new Set(uncovered(ours, live).map((path) => path.replace(/[.[].*/, '')))];
  const { extensionProviders: _theirs, ...rest } = live;
  const loses = uncovered(rest, ours).filter((path) => !gains.includes(path));
  return [
    ...(gains.length === 0
      ? []
      : [
          {
            fate: 'becomes ours' as const,
            what,
            reason: `the gate needs ${gains.join(', ')}, which it lacks or has otherwise; they come with the wave of istiod`,
          },
        ]),
    ...gone.map((name) => ({
      fate: 'in the way' as const,
      what: `extension provider ${name}`,
      reason:
        'the list of providers is replaced. A policy that names a missing one refuses every request; telemetry that does ends',
      todo: `Repeat it, after the generated ones, under meshConfig.extensionProviders in overrides/istiod.yaml of the cluster.`,
    })),
    ...loses.map((path) => ({
      fate: ['trustDomain', 'rootNamespace'].includes(path) ? ('in the way' as const) : ('becomes ours' as const),
      what: `${what}: ${path}`,
      // Other values may be secret: a tracing provider's token, environment variables of the proxies.
      reason: `it is ${['trustDomain', 'rootNamespace'].includes(path) ? JSON.stringify(at(live, path)) : 'set'} here, and not with the platform${path === 'discoverySelectors' ? ': namespaces without those labels join the mesh' : ''}`,
      todo: ['trustDomain', 'rootNamespace'].includes(path)
        ? `The platform's policies name cluster.local and ${meshNamespace}: run the platform on a cluster of its own, or change it first.`
        : 'To keep it: meshConfig in overrides/istiod.yaml of the cluster.',
    })),
  ];
}
