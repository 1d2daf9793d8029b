import type { KubernetesObject } from './component.ts';
import { early } from './domain.ts';

/** A ValidatingAdmissionPolicy. */
export interface AdmissionRules {
  name: string;
  /** Which requests are looked at. */
  match: Record<string, unknown>;
  /** Conditions that a request must meet to be looked at, by name. */
  only?: Readonly<Record<string, string>>;
  /** CEL expressions by the name under which the others use them. */
  variables?: Readonly<Record<string, string>>;
  /** What must be true, and what is said where it is not. */
  rules: readonly { expression: string; message?: string; messageExpression?: string }[];
  /** Namespaces that it holds in, one selector per binding, by the end of the binding's name. Default: all. */
  namespaces?: Readonly<Record<string, object>>;
}

/**
 * A ValidatingAdmissionPolicy that fails closed, with its bindings. Applied before what it guards.
 *
 * https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/
 */
export function admissionPolicy(policy: AdmissionRules): KubernetesObject[] {
  const { name, match, only = {}, variables = {}, rules, namespaces = { '': undefined } } = policy;
  const named = (entries: Readonly<Record<string, string>>) =>
    Object.entries(entries).map(([key, expression]) => ({ name: key, expression }));
  return [
    {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingAdmissionPolicy',
      metadata: { name, annotations: early },
      spec: {
        failurePolicy: 'Fail',
        matchConstraints: match,
        ...(Object.keys(only).length === 0 ? {} : { matchConditions: named(only) }),
        ...(Object.keys(variables).length === 0 ? {} : { variables: named(variables) }),
        validations: rules,
      },
    },
    ...Object.entries(namespaces).map(([end, namespaceSelector]) => ({
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata: { name: `${name}${end}`, annotations: early },
      spec: {
        policyName: name,
        validationActions: ['Deny'],
        ...(namespaceSelector === undefined ? {} : { matchResources: { namespaceSelector } }),
      },
    })),
  ];
}

/** @returns a list of texts in CEL */
export function celList(texts: readonly string[]): string {
  return `[${texts.map((text) => `'${text}'`).join(', ')}]`;
}
