import { gatewayNamespace } from '../../../components/domain.ts';
import {
  allObjects,
  at,
  children,
  listAt,
  nameOf,
  projects,
  rootObjects,
  rootOf,
} from '../../../tree/rules/parsed-tree.ts';
import type { Rule } from '../../../tree/rules/rule.ts';

const nothingInDefault: Rule = {
  name: 'nothing-in-default',
  reason: 'The project "default" permits everything to everyone (argo-cd docs, user-guide/projects).',
  check(tree) {
    const root = rootOf(tree);
    return [...(root === undefined ? [] : [root]), ...children(tree)]
      .filter(({ object }) => [undefined, '', 'default'].includes(at(object, 'spec', 'project') as string | undefined))
      .map(({ file }) => ({ file, path: 'spec.project', message: 'must be a project of its own, not "default"' }));
  },
};

const exactDestinations: Rule = {
  name: 'exact-destinations',
  reason:
    'A wildcard destination or kind lets a project write where it has no business (argo-cd docs, operator-manual/security).',
  check: (tree) =>
    projects(tree).flatMap(({ file, object }) => [
      ...listAt(object, 'spec', 'destinations').flatMap((destination, index) =>
        ['server', 'namespace', 'name']
          .filter((field) => String(at(destination, field) ?? '').includes('*'))
          .map((field) => ({ file, path: `spec.destinations[${index}].${field}`, message: 'must not be a wildcard' })),
      ),
      ...listAt(object, 'spec', 'clusterResourceWhitelist').flatMap((entry, index) =>
        ['group', 'kind']
          .filter((field) => String(at(entry, field) ?? '').includes('*'))
          .map((field) => ({
            file,
            path: `spec.clusterResourceWhitelist[${index}].${field}`,
            message: 'must not be a wildcard',
          })),
      ),
    ]),
};

const projectsSayAsWhom: Rule = {
  name: 'projects-say-as-whom',
  reason:
    'With impersonation, Argo CD refuses to sync where a project names no account for the destination (argo-cd docs, operator-manual/app-sync-using-impersonation).',
  check: (tree) =>
    allObjects(tree)
      .filter(({ object }) => object.kind === 'AppProject' && listAt(object, 'spec', 'destinations').length > 0)
      .filter(
        ({ object }) =>
          !listAt(object, 'spec', 'destinationServiceAccounts').some((entry) => at(entry, 'namespace') === '*'),
      )
      .map(({ file }) => ({
        file,
        path: 'spec.destinationServiceAccounts',
        message: 'must name an account for the namespace "*"',
      })),
};

const gatewayIsInjected: Rule = {
  name: 'gateway-is-injected',
  reason:
    'In a namespace that disables injection the gateway keeps the image "auto" and never starts (istio docs, setup/additional-setup/gateway).',
  check: (tree) =>
    rootObjects(tree)
      .filter(({ object }) => object.kind === 'Namespace' && object.metadata.name === gatewayNamespace)
      .filter(({ object }) => object.metadata.labels?.['istio-injection'] === 'disabled')
      .map(({ file, object }) => ({ file, path: nameOf(object), message: 'must not have istio-injection: disabled' })),
};

/** What the projects allow. */
export const projectRules: readonly Rule[] = [
  nothingInDefault,
  exactDestinations,
  projectsSayAsWhom,
  gatewayIsInjected,
];
