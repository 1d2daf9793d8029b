import { groupsOfRole } from './argocd-policy.ts';
import type { Cluster } from './cluster.ts';
import { sendsProxyProtocol } from './schema/load-balancer.ts';
import { servesChallenges } from './schema/tls.ts';

type Connector = Cluster['auth']['connectors'][number];

/**
 * Finds risks that the configuration alone cannot rule out, so that they are notes and not findings.
 *
 * @returns sentences that start with a file
 */
export function notesOf(cluster: Cluster): string[] {
  return [groupNotes, addressNotes, holeNotes, portNotes, proxyProtocolNotes].flatMap((notes) => notes(cluster));
}

/**
 * Finds settings that two clusters cannot share, as after copying a file: one name leads to one gateway, and one cluster has one
 * Argo CD. While a platform moves to another cluster, both may have its host, so these are notes and not findings.
 */
export function sharedNotes(clusters: readonly Cluster[]): string[] {
  const settings: [key: string, of: (cluster: Cluster) => string | undefined][] = [
    ['host', ({ host }) => (host === 'auto' ? undefined : host)],
    ['kubernetes.context', ({ kubernetes }) => kubernetes.context],
  ];
  return settings.flatMap(([key, of]) =>
    clusters.flatMap((cluster, index) => {
      const value = of(cluster);
      const twin = clusters.slice(index + 1).find((other) => value !== undefined && of(other) === value);
      return twin === undefined
        ? []
        : [`${cluster.folder}/cluster.yaml: ${key} ${value} is also set in ${twin.folder}/cluster.yaml`];
    }),
  );
}

/**
 * Warns about groups that someone could create at an identity provider to gain rights here: groups of all connectors are matched by
 * name alone. The configuration does not show who may create groups there, so these are notes and not findings.
 */
function groupNotes(cluster: Cluster): string[] {
  const sources = cluster.auth.connectors.filter(bringsGroups);
  if (sources.length < 2 && !sources.some(({ type }) => type === 'oidc' || type === 'other')) return [];
  const names = sources.map(({ id }) => id).join(', ');
  return powersOf(cluster).map(
    ({ groups, power }) =>
      `${cluster.folder}/cluster.yaml: anyone who can create a group named ${groups.join(' or ')} at a connector (${names}) ${power}. See docs/security.md, Groups.`,
  );
}

/**
 * Warns about users who could impersonate others: Kubeflow identifies users by their address, whichever connector they use. A directory
 * assigns addresses; at other providers users may be able to choose them.
 */
function addressNotes({ auth, folder }: Cluster): string[] {
  const unsure = auth.connectors.filter(
    (connector) => connector.type === 'other' || (connector.type === 'oidc' && connector.unverifiedEmails === 'accept'),
  );
  if (unsure.length === 0 || auth.connectors.length + auth.users.length < 2) return [];
  const names = unsure.map(({ id }) => id).join(', ');
  return [
    `${folder}/cluster.yaml: anyone who can choose an address at a connector (${names}) logs in as the person with that address, wherever that person logs in. See docs/security.md, Addresses.`,
  ];
}

/** True for groups without a prefix, which can have the names of other connectors' groups. What a raw connector sends is unknown. */
function bringsGroups(connector: Connector): boolean {
  switch (connector.type) {
    case 'oidc':
      return connector.groups && connector.groupsPrefix === undefined;
    case 'ldap':
      return connector.groupSearch !== undefined;
    case 'saml':
      return connector.groupsAttr !== undefined;
    default:
      return true;
  }
}

function powersOf({ runningApps, shared, argocd }: Cluster): { groups: string[]; power: string }[] {
  return runningApps.flatMap((app) => {
    const administrators =
      app.folder === 'apps/argocd'
        ? [
            ...groupsOfRole(shared.patches.get(app.folder) ?? [], 'role:admin'),
            // Argo CD's own policy; denied where the account of this name is disabled (components/apps/argocd.ts).
            ...(argocd.localAdmin === true ? ['admin'] : []),
          ]
        : [];
    const roles = app.headers.flatMap((header) =>
      'byGroup' in header ? header.byGroup.filter(({ value }) => /admin/i.test(value)).map(({ group }) => group) : [],
    );
    return [
      { groups: administrators, power: `administers Argo CD (${app.folder}/kustomization.yaml)` },
      { groups: [...new Set(roles)], power: `administers ${app.name} (${app.folder}/app.yaml)` },
    ].filter(({ groups }) => groups.length > 0);
  });
}

/**
 * Warns about published vulnerabilities that the gateway cannot block: only another version fixes them.
 */
function holeNotes({ folder, kubeflow }: Cluster): string[] {
  if (!kubeflow.components.includes('pipelines')) return [];
  return [
    `${folder}/cluster.yaml: in Pipelines before 2.18, any logged-in user can change or delete shared pipelines (CVE-2026-77596, GHSA-ghgh-57qv-h687). No Kubeflow release that Breakwater supports ships 2.18 yet. The gateway blocks new shared uploads, but not changes or deletions. See docs/security.md, Known holes.`,
  ];
}

/**
 * Warns that ACME needs port 80, which cannot be a node port. The configuration does not show what forwards to the
 * nodes, so this is a note and not a finding.
 */
function portNotes(cluster: Cluster): string[] {
  const ports = cluster.loadBalancer.nodePort;
  if (!servesChallenges(cluster.tls) || ports === undefined) return [];
  return [
    `${cluster.folder}/cluster.yaml: tls.acme validates ${cluster.host} on port 80, and the gateway listens on loadBalancer.nodePort.http (${ports.http}): a load balancer or firewall in front of the nodes must forward port 80 to it.`,
  ];
}

/** Warns when nothing here makes the load balancer send what the gateway expects. Someone may have set it up by hand. */
function proxyProtocolNotes({ folder, loadBalancer }: Cluster): string[] {
  const { proxyProtocol, nodePort, annotations } = loadBalancer;
  const sent = Object.entries(annotations).some(([name, text]) => sendsProxyProtocol(name, text));
  if (!proxyProtocol || nodePort !== undefined || sent) return [];
  return [
    `${folder}/cluster.yaml: loadBalancer.proxyProtocol is set, and none of loadBalancer.annotations makes the load balancer send the PROXY protocol: unless it does, every request fails. See docs/how-to/clusters.md.`,
  ];
}
