import type { KubernetesObject } from '../../components/component.ts';
import { gatewayPrincipal } from '../../components/domain.ts';
import { at, listAt, ofKind, textsAt, valuesOf } from './parsed-tree.ts';
import { about, type Rule } from './rule.ts';

const failsClosed: Rule = {
  name: 'fails-closed',
  reason:
    'With failOpen every request is allowed while OAuth2 Proxy is down (istio docs, tasks/security/authorization/authz-custom).',
  check: (tree) =>
    valuesOf(tree, 'istiod').flatMap(({ file, values }) =>
      listAt(values, 'meshConfig', 'extensionProviders').flatMap((provider, index) =>
        ['envoyExtAuthzHttp', 'envoyExtAuthzGrpc']
          .filter((kind) => at(provider, kind) !== undefined)
          .flatMap((kind) =>
            [
              ...(at(provider, kind, 'failOpen') === true ? [['failOpen', 'must be false']] : []),
              ...(at(provider, kind, 'includeRequestBodyInCheck') === undefined
                ? []
                : [
                    [
                      'includeRequestBodyInCheck',
                      'makes the gateway answer large uploads with 413 (istio/istio#49452)',
                    ],
                  ]),
            ].map(([field, message]) => ({
              file,
              path: `meshConfig.extensionProviders[${index}].${kind}.${field}`,
              message: message ?? '',
            })),
          ),
      ),
    ),
};

const normalizedPaths: Rule = {
  name: 'normalized-paths',
  reason:
    'Unless paths are decoded and slashes merged, /dex/%2e%2e/ and the like match the paths excluded from the check (ISTIO-SECURITY-2021-005).',
  check(tree) {
    const layers = valuesOf(tree, 'istiod');
    const [weakest] = layers;
    if (weakest === undefined) return [];
    const effective = layers
      .map(({ file, values }) => ({ file, value: at(values, 'meshConfig', 'pathNormalization', 'normalization') }))
      .filter(({ value }) => value !== undefined)
      .at(-1);
    if (effective?.value === 'DECODE_AND_MERGE_SLASHES') return [];
    return [
      {
        file: effective?.file ?? weakest.file,
        path: 'meshConfig.pathNormalization.normalization',
        message: 'must be DECODE_AND_MERGE_SLASHES',
      },
    ];
  },
};

const principal = /^cluster\.local\/ns\/[^/*]+\/sa\/[^/*]+$/;

const namedPrincipals: Rule = {
  name: 'named-principals',
  reason:
    'A workload that can call a web app can set the user header itself, so only the gateway and named controllers may (kubeflow/kubeflow#7032).',
  check: (tree) =>
    ofKind(tree, 'AuthorizationPolicy').flatMap((policy) =>
      principalsOf(policy.object)
        .filter((name) => name !== gatewayPrincipal && !principal.test(name))
        .map((name) =>
          about(policy, `"${name}" must name one account: cluster.local/ns/NAMESPACE/sa/NAME`, 'spec.rules'),
        ),
    ),
};

function principalsOf(object: KubernetesObject): string[] {
  if (at(object, 'spec', 'action') === 'DENY') return [];
  return listAt(object, 'spec', 'rules').flatMap((rule) =>
    listAt(rule, 'from').flatMap((from) => textsAt(from, 'source', 'principals')),
  );
}

/** How the mesh has requests checked, and who may call whom. */
export const meshRules: readonly Rule[] = [failsClosed, normalizedPaths, namedPrincipals];
