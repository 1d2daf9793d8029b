import type { KubernetesObject } from './component.ts';
import { early } from './domain.ts';

/** A ValidatingAdmissionPolicy. */
export interface AdmissionRules {
  name: string;
  /** Requests to check. */
  match: Record<string, unknown>;
  /** Match conditions by name: other requests are not checked. */
  only?: Readonly<Record<string, string>>;
  /** CEL variables by name. */
  variables?: Readonly<Record<string, string>>;
  /** Expressions that must be true, each with its message. */
  rules: readonly { expression: string; message?: string; messageExpression?: string }[];
  /** Namespace selectors, one per binding, by the suffix of the binding's name. Default: all namespaces. */
  namespaces?: Readonly<Record<string, object>>;
}

/**
 * A ValidatingAdmissionPolicy that fails closed, with its bindings. Argo CD applies it before the objects that it guards.
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

/** @returns a CEL list of strings */
export function celList(texts: readonly string[]): string {
  return `[${texts.map((text) => `'${text}'`).join(', ')}]`;
}
