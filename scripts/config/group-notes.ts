import { groupsOfRole } from './argocd-policy.ts';
import type { Cluster } from './cluster.ts';

type Connector = Cluster['auth']['connectors'][number];

/**
 * Warns about groups that someone could create at an identity provider to gain rights here: groups of all connectors are matched by
 * name alone. The configuration does not show who may create groups there, so these are notes and not findings.
 *
 * @returns sentences that start with a file
 */
export function groupNotes(cluster: Cluster): string[] {
  const sources = cluster.auth.connectors.filter(bringsGroups);
  if (sources.length < 2 && !sources.some(({ type }) => type === 'oidc' || type === 'other')) return [];
  const names = sources.map(({ id }) => id).join(', ');
  return powersOf(cluster).map(
    ({ groups, power }) =>
      `${cluster.folder}/cluster.yaml: anyone who can create a group named ${groups.join(' or ')} at a connector (${names}) ${power}. See docs/security.md, Groups.`,
  );
}

/**
 * Says where somebody could be taken for another person: Kubeflow knows people by their address, whichever connector they came by.
 * Directories say who has which address; elsewhere it may be for people to choose.
 *
 * @returns sentences that start with a file
 */
export function addressNotes({ auth, folder }: Cluster): string[] {
  const unsure = auth.connectors.filter(
    (connector) => connector.type === 'other' || (connector.type === 'oidc' && connector.unverifiedEmails === 'accept'),
  );
  if (unsure.length === 0 || auth.connectors.length + auth.users.length < 2) return [];
  const names = unsure.map(({ id }) => id).join(', ');
  return [
    `${folder}/cluster.yaml: anyone who can choose an address at a connector (${names}) logs in as the person with that address, wherever that person logs in. See docs/security.md, Addresses.`,
  ];
}

/** Under the names of other connectors. GitHub's come from the organisations that cluster.yaml names; nobody knows what a raw connector sends. */
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
