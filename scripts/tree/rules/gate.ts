import { isDeepStrictEqual } from 'node:util';
import { edgeFilterName, gatewayNamespace, gatewaySelector, meshNamespace } from '../../components/domain.ts';
import { edgeMark } from '../../components/gate.ts';
import { identityHeaders } from '../../components/identity.ts';
import { customPolicies, ofKind } from './gateway.ts';
import { at, listAt, nameOf, namespaceOf, type ParsedTree, type Placed } from './parsed-tree.ts';
import type { Finding, Rule } from './rule.ts';

const [userHeader] = identityHeaders;
const unknownUser = { key: `request.headers[${userHeader}]`, notValues: ['*'] };
const pastTheEdge = { key: `experimental.${edgeMark.namespace}[${edgeMark.key}]`, notValues: [edgeMark.value] };

/** The policies that refuse requests to the gateway whatever others allow, from where they hold for every namespace. */
function locks(tree: ParsedTree): Placed[] {
  return ofKind(tree, 'AuthorizationPolicy', 'security.istio.io').filter(
    (placed) =>
      namespaceOf(placed) === meshNamespace &&
      at(placed.object, 'spec', 'action') === 'DENY' &&
      isDeepStrictEqual(at(placed.object, 'spec', 'selector', 'matchLabels'), { ...gatewaySelector }),
  );
}

const twoLocks: Rule = {
  name: 'two-locks',
  reason:
    'A policy that asks for the login can be deleted or pruned for a moment, and then every route is open; a second one, of another Application, refuses what carries no identity (istio docs, concepts/security).',
  check(tree) {
    const checks = customPolicies(tree);
    const [first] = checks;
    if (first === undefined) return [];
    const rules = locks(tree).flatMap(({ object }) => listAt(object, 'spec', 'rules'));
    const refused = (condition: object) =>
      rules.filter((rule) => isDeepStrictEqual(at(rule, 'when'), [condition])).map((rule) => at(rule, 'to'));
    const unlocked = checks.flatMap(({ file, object }) =>
      listAt(object, 'spec', 'rules')
        .filter((rule) => !refused(unknownUser).some((to) => isDeepStrictEqual(to, at(rule, 'to'))))
        .map(() => ({
          file,
          path: `${nameOf(object)} spec.rules`,
          message: `no DENY policy in ${meshNamespace} refuses the same requests without ${userHeader}`,
        })),
    );
    return [...unlocked, ...(refused(pastTheEdge).length > 0 ? [] : unmarked(first)), ...unsetMark(tree)];
  },
};

function unmarked({ file, object }: Placed): Finding[] {
  const message = `no DENY policy in ${meshNamespace} asks for the mark of the gateway's first filter`;
  return [{ file, path: nameOf(object), message }];
}

/** Without the mark the second lock refuses everybody. */
function unsetMark(tree: ParsedTree): Finding[] {
  const edge = ofKind(tree, 'EnvoyFilter', 'networking.istio.io').filter(
    (placed) => namespaceOf(placed) === gatewayNamespace && placed.object.metadata.name === edgeFilterName,
  );
  return edge
    .filter(({ object }) => {
      const marks = listAt(object, 'spec', 'configPatches').flatMap((patch) =>
        listAt(patch, 'patch', 'value', 'typed_config', 'metadata'),
      );
      return !marks.some((mark) => at(mark, 'metadata_namespace') === edgeMark.namespace);
    })
    .map(({ file, object }) => ({
      file,
      path: nameOf(object),
      message: 'sets no mark, so the lock refuses everybody',
    }));
}

/** What holds while a part of the gate is gone. */
export const gateRules: readonly Rule[] = [twoLocks];
