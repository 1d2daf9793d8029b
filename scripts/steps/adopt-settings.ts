import { parse, stringify } from 'yaml';
import { distributionOf, type Node } from '../cluster/facilities.ts';
import type { Snapshot } from '../cluster/inventory.ts';
import type { LiveData, LiveObject } from '../cluster/live.ts';
import { appliedByUs, ownerOf } from '../cluster/owner.ts';
import { isController } from '../cluster/whose.ts';
import { dnsNamePattern, email as emailSchema } from '../config/schema/common.ts';
import type { KubeflowPart } from '../config/schema/component-facts.ts';
import { at, isMap, listAt, textsAt } from '../tree/rules/parsed-tree.ts';

/** What the user says about the new cluster.yaml. */
export interface AdoptRequest {
  name: string;
  context: string;
  gitUrl?: string | undefined;
  host?: string | undefined;
  email?: string | undefined;
}

/** A Deployment that each part of Kubeflow has, in upstream's manifests and in deployKF's. */
const partWorkloads: Readonly<Record<KubeflowPart, string>> = {
  'central-dashboard': 'centraldashboard',
  profiles: 'profiles-deployment',
  notebooks: 'notebook-controller-deployment',
  volumes: 'volumes-web-app-deployment',
  tensorboards: 'tensorboards-web-app-deployment',
  pipelines: 'ml-pipeline',
  katib: 'katib-controller',
  trainer: 'kubeflow-trainer-controller-manager',
  serving: 'kserve-controller-manager',
};

/** The trainer's predecessor, deployKF's names of the dashboard and the profile controller, and the latter's in our 26.03.1. */
const otherNames: Readonly<Record<string, KubeflowPart>> = {
  'training-operator': 'trainer',
  'central-dashboard': 'central-dashboard',
  'profile-controller': 'profiles',
  'profiles-controller': 'profiles',
};

/** @returns the objects of a kind, as `Deployment.apps` */
export function listed<T extends LiveObject = LiveObject>(snapshot: Snapshot, kind: string): readonly T[] {
  return (snapshot.get(kind) ?? []) as readonly T[];
}

/**
 * Leaves out what people have made: anyone with a Profile may write a Deployment that looks like Argo CD's controller there, a ConfigMap that
 * looks like Dex's, or a Gateway, and would choose who logs in, and who may write to the cluster.
 *
 * @returns all kinds, without objects in namespaces of Profiles; notebooks stay, as they are only counted
 */
export function withoutPeople(snapshot: Snapshot): Snapshot {
  const namespaces = new Set([
    ...listed(snapshot, 'Profile.kubeflow.org').map(({ metadata }) => metadata.name),
    ...listed(snapshot, 'Namespace')
      .filter(({ metadata: { labels = {} } }) => labels['app.kubernetes.io/part-of'] === 'kubeflow-profile')
      .map(({ metadata }) => metadata.name),
  ]);
  return new Map(
    [...snapshot].map(([kind, objects]) => [
      kind,
      kind === 'Notebook.kubeflow.org'
        ? objects
        : objects.filter(({ metadata: { namespace = '' } }) => !namespaces.has(namespace)),
    ]),
  );
}

/** @returns the version in the tag of the first image; undefined without a tag */
export function versionOf(workload: LiveObject): string | undefined {
  const image = String(at(workload, 'spec', 'template', 'spec', 'containers', 0, 'image') ?? '');
  return /:v?(\d[^@/]*)/.exec(image.slice(image.lastIndexOf('/')))?.[1];
}

/** @returns Argo CD's controllers */
export function argocdControllers(snapshot: Snapshot): readonly LiveObject[] {
  return [...listed(snapshot, 'StatefulSet.apps'), ...listed(snapshot, 'Deployment.apps')].filter(isController);
}

/** @returns cert-manager's controllers, by any installer */
export function certManagers(snapshot: Snapshot): readonly LiveObject[] {
  return listed(snapshot, 'Deployment.apps').filter(
    ({ metadata: { name, labels = {} } }) =>
      labels['app.kubernetes.io/name'] === 'cert-manager' ||
      (name === 'cert-manager' && labels['app.kubernetes.io/component'] === 'controller'),
  );
}

/** @returns the parts of Kubeflow that run, in the order of the schema */
export function runningParts(snapshot: Snapshot): KubeflowPart[] {
  const names = new Set(listed(snapshot, 'Deployment.apps').map(({ metadata }) => metadata.name));
  const found = new Set<string>(Object.entries(otherNames).flatMap(([name, part]) => (names.has(name) ? [part] : [])));
  return (Object.keys(partWorkloads) as KubeflowPart[]).filter(
    (part) => names.has(partWorkloads[part]) || found.has(part),
  );
}

/** Where upstream's manifests and charts put Dex. In another namespace, a ConfigMap of that name may be a user's, or another program's Dex. */
const dexNamespaces = ['auth', 'dex', 'deploykf-auth'];

/** @returns the configuration of a Dex that runs, from its ConfigMap; undefined where it is a Secret or does not exist */
export function dexConfig(snapshot: Snapshot): Record<string, unknown> | undefined {
  for (const { metadata, data } of listed<LiveData>(snapshot, 'ConfigMap')) {
    const isDex = metadata.name === 'dex' && dexNamespaces.includes(metadata.namespace ?? '');
    const text = isDex ? data?.['config.yaml'] : undefined;
    if (text === undefined) continue;
    try {
      const config: unknown = parse(text);
      if (isMap(config)) return config;
    } catch {
      // Dex does not start with it, either.
    }
  }
  return undefined;
}

/** @returns ClusterIssuers that can sign the gateway's certificate: a self-signed one makes a new CA each time */
export function usableIssuers(snapshot: Snapshot): { name: string; trust: 'public' | 'private' }[] {
  return listed(snapshot, 'ClusterIssuer.cert-manager.io')
    .filter((issuer) => at(issuer, 'spec', 'selfSigned') === undefined && isForeign(issuer))
    .map((issuer) => ({
      name: issuer.metadata.name,
      trust: at(issuer, 'spec', 'acme') === undefined ? 'private' : 'public',
    }));
}

/** @returns true for an object that neither a platform of ours nor a parent made */
export function isForeign(object: LiveObject): boolean {
  return !appliedByUs(object) && ownerOf(object).kind !== 'parent';
}

function hostOf(snapshot: Snapshot): string | undefined {
  const issuer = String(dexConfig(snapshot)?.issuer ?? '');
  const named = listed(snapshot, 'Gateway.networking.istio.io')
    .filter(({ metadata }) => /kubeflow|deploykf/.test(`${metadata.namespace}/${metadata.name}`))
    .flatMap((gateway) => listAt(gateway, 'spec', 'servers'))
    .flatMap((server) => textsAt(server, 'hosts'))
    .map((host) => host.slice(host.indexOf('/') + 1));
  return [/^https:\/\/([^/:]+)/.exec(issuer)?.[1] ?? '', ...named].find(
    (host) => dnsNamePattern.test(host) && !/\.(svc|local)$|\.svc\./.test(host) && !host.startsWith('*'),
  );
}

function usersOf(snapshot: Snapshot, given: string | undefined): { email: string }[] {
  const dex = listAt(dexConfig(snapshot), 'staticPasswords').map((entry) => at(entry, 'email'));
  const owners = listed(snapshot, 'Profile.kubeflow.org').map((profile) => at(profile, 'spec', 'owner', 'name'));
  const [owner] = owners;
  const connected = listAt(dexConfig(snapshot), 'connectors').length > 0;
  const all = [given, ...dex, ...(given === undefined && dex.length === 0 && !connected ? [owner] : [])];
  const emails = all.flatMap((one) => emailSchema.safeParse(String(one ?? '').toLowerCase()).data ?? []);
  return [...new Set(emails)].map((email) => ({ email }));
}

/** @returns Dex's OpenID Connect connectors as `auth.connectors`; what else Dex has stands in the list only */
function connectorsOf(snapshot: Snapshot): object[] {
  return listAt(dexConfig(snapshot), 'connectors')
    .filter((connector) => at(connector, 'type') === 'oidc')
    .map((connector) => {
      const [id, name] = [String(at(connector, 'id')), String(at(connector, 'name'))];
      return {
        type: 'oidc',
        id,
        name,
        issuer: at(connector, 'config', 'issuer'),
        clientID: at(connector, 'config', 'clientID'),
        clientSecret: { env: `${id.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}_CLIENT_SECRET` },
        unverifiedEmails: at(connector, 'config', 'insecureSkipEmailVerified') === true ? 'accept' : 'reject',
        groups: at(connector, 'config', 'insecureEnableGroups') === true,
      };
    });
}

/** One section of the new file. */
interface Section {
  /** Why it is there. */
  comment: string;
  value: Readonly<Record<string, unknown>>;
}

/** @returns the sections of a cluster.yaml that fits what runs in the cluster. Pure */
function adoptedSections(snapshot: Snapshot, request: AdoptRequest): Section[] {
  const distribution = distributionOf(listed<Node>(snapshot, 'Node'));
  const metrics = listed(snapshot, 'APIService.apiregistration.k8s.io').some(({ metadata: { name } }) =>
    /^v1(beta1)?\.metrics\.k8s\.io$/.test(name),
  );
  const host = request.host ?? hostOf(snapshot) ?? 'auto';
  const parts = runningParts(snapshot);
  const issuers = usableIssuers(snapshot);
  const connectors = connectorsOf(snapshot);
  const users = usersOf(snapshot, request.email);
  // Of two, a person chooses: Argo CD gets the credentials of the repository, and may write everything.
  const [argocd, another] = argocdControllers(snapshot).filter(isForeign);
  const sections: (Section | false)[] = [
    { comment: 'The name of its folder.', value: { name: request.name } },
    { comment: 'auto: the address that the new gateway gets.', value: { host } },
    {
      comment: 'As the nodes and the API show it.',
      value: {
        kubernetes: {
          context: request.context,
          ...(distribution === undefined ? {} : { distribution }),
          ...(metrics ? { metricsServer: true } : {}),
        },
      },
    },
    request.gitUrl !== undefined && {
      comment: 'Without credentials: a public repository, and the bootstrap pushes with those of your own git.',
      value: { git: { url: request.gitUrl } },
    },
    argocd !== undefined &&
      another === undefined && {
        comment: 'The Argo CD that runs here stays yours.',
        value: {
          argocd: {
            install: false,
            namespace: argocd.metadata.namespace,
            ...accountOf(argocd),
          },
        },
      },
    certManagers(snapshot).some(isForeign) && {
      comment: 'The cert-manager that runs here stays yours.',
      value: { components: { 'cert-manager': { enabled: false } } },
    },
    issuers.length === 1 &&
      host !== 'auto' && {
        comment: "The only issuer here that can sign the gateway's certificate.",
        value: { tls: { existingIssuer: issuers[0] } },
      },
    {
      comment: "The people of the Dex that runs here. Passwords are new: a hash doesn't leave its cluster.",
      value: {
        auth: {
          ...(users.length > 0 ? { users } : {}),
          ...(connectors.length > 0 ? { connectors } : {}),
          ...(users.length + connectors.length === 0 ? { users: [{ email: 'user@example.com' }] } : {}),
        },
      },
    },
    parts.length > 0 && {
      comment: 'The parts that run here. Profiles that exist stay, so none is made.',
      value: {
        kubeflow: {
          components: parts,
          ...(listed(snapshot, 'Profile.kubeflow.org').length > 0 ? { defaultProfile: { enabled: false } } : {}),
        },
      },
    },
  ];
  return sections.filter((section) => section !== false);
}

function accountOf(controller: LiveObject): { controllerAccount?: string } {
  const account = at(controller, 'spec', 'template', 'spec', 'serviceAccountName');
  return typeof account !== 'string' || account === 'argocd-application-controller'
    ? {}
    : { controllerAccount: account };
}

/** @returns the text of the cluster.yaml; it is not validated here */
export function adoptedFile(snapshot: Snapshot, request: AdoptRequest): string {
  const head = [
    '# yaml-language-server: $schema=../cluster.schema.json',
    `# Written by "npm run adopt" from what runs in the cluster of the context ${request.context}. Read it, and change it: it is yours.`,
    '# All other settings have defaults: docs/config.md describes each key.',
  ];
  const body = adoptedSections(snapshot, request).map(
    ({ comment, value }) => `# ${comment}\n${stringify(value, { version: '1.1', lineWidth: 0 })}`,
  );
  return `${head.join('\n')}\n${body.join('\n')}`;
}
