import { at, isMap, listAt, textsAt } from '../../../tree/rules/parsed-tree.ts';

type Rule = Record<string, unknown>;

const not = (rule: Rule): Rule => ({ not_rule: rule });
const any = (rules: readonly Rule[]): Rule => ({ or_rules: { rules } });
const all = (rules: readonly Rule[]): Rule => ({ and_rules: { rules: rules.length === 0 ? [{ any: true }] : rules } });

/** Each as istiod writes it: istio.io/istio, pilot/pkg/security/authz/model. */
const operations: Readonly<Record<string, (value: string) => Rule>> = {
  ports: (value) => ({ destination_port: Number(value) }),
  paths: (value) => ({ url_path: { path: text(value) } }),
  methods: (value) => ({ header: { name: ':method', string_match: text(value) } }),
  hosts: (value) => ({ header: { name: ':authority', string_match: { ...text(value), ignore_case: true } } }),
};

function text(value: string): Rule {
  return value.endsWith('*') ? { prefix: value.slice(0, -1) } : { exact: value };
}

/** @returns Envoy's filter for an AuthorizationPolicy with the action DENY, as far as ours use such policies */
export function denialOf(policy: object): object {
  const policies = listAt(policy, 'spec', 'rules').map((rule, index) => [
    `rule-${index}`,
    {
      permissions: listAt(rule, 'to').map((target) =>
        all([...permissions(at(target, 'operation')), ...listAt(rule, 'when').map(condition)]),
      ),
      principals: [{ any: true }],
    },
  ]);
  return {
    name: 'envoy.filters.http.rbac',
    typed_config: {
      '@type': 'type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBAC',
      rules: { action: 'DENY', policies: Object.fromEntries(policies) },
    },
  };
}

function permissions(operation: unknown): Rule[] {
  return Object.keys(isMap(operation) ? operation : {}).map((field) => {
    const negated = /^not([A-Z])(.*)$/.exec(field);
    const name = negated === null ? field : `${negated[1]?.toLowerCase()}${negated[2]}`;
    const make = operations[name];
    if (make === undefined) throw new Error(`${field} is not known here`);
    const rule = any(textsAt(operation, field).map(make));
    return negated === null ? rule : not(rule);
  });
}

function condition(when: unknown): Rule {
  const [, key = '', name = ''] = /^(.*)\[(.*)\]$/.exec(String(at(when, 'key'))) ?? [];
  const [value = ''] = textsAt(when, 'notValues');
  if (key === 'request.headers' && value === '*') return not({ header: { name, present_match: true } });
  const filter = key.replace('experimental.', '');
  return not({ metadata: { filter, path: [{ key: name }], value: { string_match: text(value) } } });
}
