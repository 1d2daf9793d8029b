import { isDeepStrictEqual } from 'node:util';
import { gatewaySelector, meshNamespace } from '../../components/domain.ts';
import { identityHeaders } from '../../components/identity.ts';
import { customPolicies } from './gateway.ts';
import { at, listAt, namespaceOf, ofKind, type ParsedTree, type TreeObject } from './parsed-tree.ts';
import { about, type Rule } from './rule.ts';

const [userHeader] = identityHeaders;
const unknownUser = { key: `request.headers[${userHeader}]`, notValues: ['*'] };

/** @returns the DENY policies for the gateway's pods, in the namespace where they apply to the whole mesh */
export function locks(tree: ParsedTree): TreeObject[] {
  return ofKind(tree, 'AuthorizationPolicy', 'security.istio.io').filter(
    (item) =>
      namespaceOf(item) === meshNamespace &&
      at(item.object, 'spec', 'action') === 'DENY' &&
      isDeepStrictEqual(at(item.object, 'spec', 'selector', 'matchLabels'), { ...gatewaySelector }),
  );
}

const twoLocks: Rule = {
  name: 'two-locks',
  reason:
    'While the policy that requires the login is deleted or pruned, every route is open; a second policy, of another Application, refuses requests without an identity (istio docs, concepts/security).',
  check(tree) {
    const checks = customPolicies(tree);
    const rules = locks(tree).flatMap(({ object }) => listAt(object, 'spec', 'rules'));
    const refused = rules
      .filter((rule) => isDeepStrictEqual(at(rule, 'when'), [unknownUser]))
      .map((rule) => at(rule, 'to'));
    return checks.flatMap((policy) =>
      listAt(policy.object, 'spec', 'rules')
        .filter((rule) => !refused.some((to) => isDeepStrictEqual(to, at(rule, 'to'))))
        .map(() =>
          about(
            policy,
            `no DENY policy in ${meshNamespace} refuses the same requests without ${userHeader}`,
            'spec.rules',
          ),
        ),
    );
  },
};

/** Protection that remains while a part of the gate is missing. */
export const gateRules: readonly Rule[] = [twoLocks];
