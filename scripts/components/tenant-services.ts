/** What a Service says that decides where it leads, and who can call it. */
export interface ServiceSpec {
  type?: string;
  externalIPs?: readonly string[];
}

/** One thing that a tenant's Service may not be, said twice: for admission, and for files in Git. */
export interface ServiceRule {
  /** In CEL: what must be true, where `type` and `asked` are variables. */
  expression: string;
  /** @param asked types that tenant.yaml names under network.services */
  breaks(spec: ServiceSpec, asked: readonly string[]): boolean;
  message: string;
}

const typeOf = ({ type = 'ClusterIP' }: ServiceSpec) => type;

/**
 * Services decide what the gateway calls, and could publish pods around it.
 *
 * ExternalName: Istio routes to the Service that it names, past the policies of the one that was approved. externalIPs: CVE-2020-8554.
 */
export const serviceRules: readonly ServiceRule[] = [
  {
    expression: "variables.type != 'ExternalName'",
    breaks: (spec) => typeOf(spec) === 'ExternalName',
    message: "A tenant's Service can't be an alias (ExternalName): the gateway would call what it names.",
  },
  {
    expression: 'object.spec.?externalIPs.orValue([]).size() == 0',
    breaks: ({ externalIPs = [] }) => externalIPs.length > 0,
    message: "A tenant's Service can't take addresses (externalIPs): traffic of others to them would come here.",
  },
  {
    expression: "variables.type in ['ClusterIP', 'ExternalName'] || variables.type in variables.asked",
    breaks: (spec, asked) => !['ClusterIP', 'ExternalName', ...asked].includes(typeOf(spec)),
    message:
      'A tenant is published by its routes, behind the login. For a Service of type LoadBalancer or NodePort, name the type under network.services in tenants/<team>/tenant.yaml.',
  },
];
