import { isDeepStrictEqual } from 'node:util';
import { edgeFilterName, gatewayNamespace, meshNamespace } from '../../../components/domain.ts';
import { edgeMark } from '../../../components/gate.ts';
import { locks } from '../../../tree/rules/gate.ts';
import { customPolicies } from '../../../tree/rules/gateway.ts';
import { at, listAt, nameOf, namespaceOf, ofKind, type ParsedTree } from '../../../tree/rules/parsed-tree.ts';
import type { Finding, Rule } from '../../../tree/rules/rule.ts';

const pastTheEdge = { key: `experimental.${edgeMark.namespace}[${edgeMark.key}]`, notValues: [edgeMark.value] };

const lockAsksForTheMark: Rule = {
  name: 'lock-asks-for-the-mark',
  reason:
    'A request that met none of our filters has nothing that they set, so the second lock asks for the mark of the first (istio docs, reference/config/security/conditions).',
  check(tree) {
    const asked = locks(tree)
      .flatMap(({ object }) => listAt(object, 'spec', 'rules'))
      .some((rule) => isDeepStrictEqual(at(rule, 'when'), [pastTheEdge]));
    const [first] = customPolicies(tree);
    const message = `no DENY policy in ${meshNamespace} asks for the mark of the gateway's first filter`;
    return [
      ...(asked || first === undefined ? [] : [{ file: first.file, path: nameOf(first.object), message }]),
      ...unsetMark(tree),
    ];
  },
};

/** Without the mark, the second lock refuses every request. */
function unsetMark(tree: ParsedTree): Finding[] {
  const edge = ofKind(tree, 'EnvoyFilter', 'networking.istio.io').filter(
    (item) => namespaceOf(item) === gatewayNamespace && item.object.metadata.name === edgeFilterName,
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

/** The second lock of the gate. */
export const gateRules: readonly Rule[] = [lockAsksForTheMark];
