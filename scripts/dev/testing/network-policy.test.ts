import { describe, expect, it } from 'vitest';
import { isAllowed, type NetworkPolicy, type PolicyPod } from './network-policy.ts';

function pod(namespace: string, app: string, ip?: string): PolicyPod {
  return {
    namespace,
    namespaceLabels: { 'kubernetes.io/metadata.name': namespace },
    labels: { app },
    ports: { web: 8082 },
    ...(ip === undefined ? {} : { ip }),
  };
}

function policy(spec: NetworkPolicy['spec'], namespace = 'kubeflow'): NetworkPolicy {
  return { metadata: { name: 'p', namespace }, spec };
}

const dashboard = pod('kubeflow', 'dashboard');
const gateway = pod('ingress', 'gateway');
const stranger = pod('team-a', 'notebook');
const denyAll = policy({ podSelector: {} });
const fromGateway = policy({
  podSelector: { matchLabels: { app: 'dashboard' } },
  ingress: [
    {
      from: [
        {
          namespaceSelector: {
            matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'In', values: ['ingress'] }],
          },
        },
      ],
      ports: [{ port: 'web' }],
    },
  ],
});

describe('whether NetworkPolicies let a connection through', () => {
  it('is yes where no policy selects the target', () => {
    expect(isAllowed([], { from: stranger, to: dashboard, port: 8082 })).toBe(true);
    expect(isAllowed([policy({ podSelector: {} }, 'other')], { from: stranger, to: dashboard, port: 8082 })).toBe(true);
  });

  it('denies it for a policy without rules', () => {
    expect(isAllowed([denyAll], { from: gateway, to: dashboard, port: 8082 })).toBe(false);
  });

  it('is yes when one of several policies admits it, on its ports only', () => {
    const policies = [denyAll, fromGateway];
    expect(isAllowed(policies, { from: gateway, to: dashboard, port: 8082 })).toBe(true);
    expect(isAllowed(policies, { from: gateway, to: dashboard, port: 8083 })).toBe(false);
    expect(isAllowed(policies, { from: gateway, to: dashboard, port: 8082, protocol: 'UDP' })).toBe(false);
    expect(isAllowed(policies, { from: stranger, to: dashboard, port: 8082 })).toBe(false);
    expect(isAllowed(policies, { from: { ip: '10.0.0.1' }, to: dashboard, port: 8082 })).toBe(false);
  });

  it("takes a pod selector without a namespace selector for pods of the policy's own namespace", () => {
    const own = policy({ podSelector: {}, ingress: [{ from: [{ podSelector: {} }] }] });
    expect(isAllowed([own], { from: pod('kubeflow', 'x'), to: dashboard, port: 1 })).toBe(true);
    expect(isAllowed([own], { from: stranger, to: dashboard, port: 1 })).toBe(false);
  });

  it('takes a rule without peers for everyone', () => {
    const open = policy({ podSelector: {}, ingress: [{ ports: [{ port: 8000, endPort: 8100 }] }] });
    expect(isAllowed([open], { from: { ip: '192.0.2.1' }, to: dashboard, port: 8050 })).toBe(true);
    expect(isAllowed([open], { from: { ip: '192.0.2.1' }, to: dashboard, port: 8101 })).toBe(false);
  });

  it('looks at address blocks and their exceptions', () => {
    const blocks = policy({
      podSelector: {},
      ingress: [{ from: [{ ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] } }] }],
    });
    expect(isAllowed([blocks], { from: { ip: '10.2.0.1' }, to: dashboard, port: 1 })).toBe(true);
    expect(isAllowed([blocks], { from: { ip: '10.1.0.1' }, to: dashboard, port: 1 })).toBe(false);
    expect(isAllowed([blocks], { from: pod('x', 'x', '10.2.0.2'), to: dashboard, port: 1 })).toBe(true);
  });

  it("asks the source's egress, too", () => {
    const noEgress = policy({ podSelector: {}, policyTypes: ['Egress'] }, 'team-a');
    expect(isAllowed([noEgress], { from: stranger, to: dashboard, port: 8082 })).toBe(false);
    expect(isAllowed([noEgress], { from: gateway, to: dashboard, port: 8082 })).toBe(true);
  });

  it('knows NotIn, Exists and DoesNotExist', () => {
    const by = (operator: string, values?: string[]) =>
      policy({
        podSelector: {},
        ingress: [
          {
            from: [
              {
                namespaceSelector: {},
                podSelector: { matchExpressions: [{ key: 'app', operator, ...(values ? { values } : {}) }] },
              },
            ],
          },
        ],
      });
    const flow = { from: stranger, to: dashboard, port: 1 };
    expect(isAllowed([by('NotIn', ['notebook'])], flow)).toBe(false);
    expect(isAllowed([by('NotIn', ['other'])], flow)).toBe(true);
    expect(isAllowed([by('Exists')], flow)).toBe(true);
    expect(isAllowed([by('DoesNotExist')], flow)).toBe(false);
  });
});
