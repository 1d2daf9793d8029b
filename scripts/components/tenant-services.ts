/** Fields of a Service that decide its target and its callers. */
export interface ServiceSpec {
  type?: string;
  externalIPs?: readonly string[];
}

/** A rule for tenants' Services, in two forms: for admission, and for files in Git. */
export interface ServiceRule {
  /** CEL expression that must be true, with the variables `type` and `asked`. */
  expression: string;
  /** @param asked types that tenant.yaml lists under network.services */
  breaks(spec: ServiceSpec, asked: readonly string[]): boolean;
  message: string;
}

const typeOf = ({ type = 'ClusterIP' }: ServiceSpec) => type;

/**
 * Rules for tenants' Services, which decide what the gateway calls, and could expose pods without it.
 *
 * ExternalName: Istio routes to the named Service, bypassing the policies of the approved one. externalIPs: CVE-2020-8554.
 */
export const serviceRules: readonly ServiceRule[] = [
  {
    expression: "variables.type != 'ExternalName'",
    breaks: (spec) => typeOf(spec) === 'ExternalName',
    message: "A tenant's Service must not be of type ExternalName: the gateway would call whatever it names.",
  },
  {
    expression: 'object.spec.?externalIPs.orValue([]).size() == 0',
    breaks: ({ externalIPs = [] }) => externalIPs.length > 0,
    message: "A tenant's Service must not set externalIPs: it would receive other people's traffic to these addresses.",
  },
  {
    expression: "variables.type in ['ClusterIP', 'ExternalName'] || variables.type in variables.asked",
    breaks: (spec, asked) => !['ClusterIP', 'ExternalName', ...asked].includes(typeOf(spec)),
    message:
      'Publish a tenant with routes, behind the login. To allow type LoadBalancer or NodePort, list it under network.services in tenants/<team>/tenant.yaml.',
  },
];
