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

const types = 'type.googleapis.com/envoy.extensions.filters.http';
const rbac = 'envoy.filters.http.rbac';

/** @returns Envoy's filter for an AuthorizationPolicy with the action DENY, as far as ours use such policies */
export function denialOf(policy: object): object {
  return { name: rbac, typed_config: { '@type': `${types}.rbac.v3.RBAC`, rules: denied(policy, 'rule') } };
}

/**
 * @param check settings of the filter that asks the policy's provider
 * @returns Envoy's filters for one with the action CUSTOM: what matches is noted, and the check asked about that
 * @see istio.io/istio, pilot/pkg/security/authz/builder/builder.go
 */
export function askingOf(policy: object, check: Record<string, unknown>): object[] {
  const prefix = 'istio_ext_authz_';
  const start = `istio-ext-authz-${String(at(policy, 'spec', 'provider', 'name'))}`;
  const noted = {
    filter: rbac,
    path: [{ key: `${prefix}shadow_effective_policy_id` }],
    value: { string_match: { prefix: start } },
  };
  return [
    {
      name: rbac,
      typed_config: {
        '@type': `${types}.rbac.v3.RBAC`,
        shadow_rules: denied(policy, start),
        shadow_rules_stat_prefix: prefix,
      },
    },
    {
      name: 'envoy.filters.http.ext_authz',
      typed_config: { '@type': `${types}.ext_authz.v3.ExtAuthz`, ...check, filter_enabled_metadata: noted },
    },
  ];
}

function denied(policy: object, name: string): object {
  const policies = listAt(policy, 'spec', 'rules').map((rule, index) => [
    `${name}-${index}`,
    {
      permissions: listAt(rule, 'to').map((target) =>
        all([...permissions(at(target, 'operation')), ...listAt(rule, 'when').map(condition)]),
      ),
      principals: [{ any: true }],
    },
  ]);
  return { action: 'DENY', policies: Object.fromEntries(policies) };
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
