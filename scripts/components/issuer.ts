import type { Cluster } from '../config/cluster.ts';
import { issuerSecrets, servesChallenges } from '../config/schema/tls.ts';
import type { Component, KubernetesObject, SecretSpec } from './component.ts';
import { gatewayNamespace } from './domain.ts';

const namespace = 'cert-manager';
const caSecret = issuerSecrets.ca;
const issuer = 'platform';

/** @returns what issues the gateway's certificate, as a Certificate names it */
export function issuerRef({ tls }: Cluster): { group: string; kind: string; name: string } {
  const { group = 'cert-manager.io', kind = 'ClusterIssuer', name = issuer } = tls.existingIssuer ?? {};
  return { group, kind, name };
}

/** The certificate issuer: a private CA created in the cluster, your own CA, ACME, or one that cluster.yaml spells out. */
export const certificateIssuer: Component = {
  name: 'issuer',
  summary: 'the issuer of certificates',
  folder: 'infrastructure/issuer',
  namespace: () => namespace,
  dependsOn: ['istiod'],
  sources: () => [],
  manifests: (cluster) => {
    if (cluster.tls.acme !== undefined) return acme(cluster.tls.acme);
    if (cluster.tls.issuer !== undefined) return [clusterIssuer(cluster.tls.issuer.spec, afterItsSecret)];
    return [
      ...(cluster.tls.broughtCA === undefined ? privateCA(cluster) : []),
      clusterIssuer({ ca: { secretName: caSecret } }, afterItsSecret),
    ];
  },
  secrets: (cluster) => [...broughtSecrets(cluster), ...referredSecrets(cluster)],
  clusterKinds: (cluster) => [
    'cert-manager.io/ClusterIssuer',
    ...(servesChallenges(cluster.tls)
      ? [
          'admissionregistration.k8s.io/ValidatingAdmissionPolicy',
          'admissionregistration.k8s.io/ValidatingAdmissionPolicyBinding',
          'networking.k8s.io/IngressClass',
        ]
      : []),
  ],
  // Only custom resources. Their webhook can refuse them for some seconds after its pods are ready.
  syncOptions: ['SkipDryRunOnMissingResource=true'],
  readyWithinSeconds: 300,
};

function broughtSecrets({ tls: { broughtCA } }: Cluster): SecretSpec[] {
  if (broughtCA === undefined) return [];
  return [
    {
      name: caSecret,
      namespace,
      purpose: 'your own private CA',
      type: 'kubernetes.io/tls',
      keys: {
        'tls.crt': { kind: 'reference', from: { file: broughtCA.certificateFile }, check: 'ca' },
        'tls.key': { kind: 'reference', from: { file: broughtCA.keyFile }, check: 'private-key' },
      },
    },
  ];
}

function referredSecrets({ tls }: Cluster): SecretSpec[] {
  return Object.entries({ ...tls.acme?.dns01?.secrets, ...tls.issuer?.secrets }).map(([name, keys]) => ({
    name,
    namespace,
    purpose: "credentials of cert-manager's issuer",
    keys: Object.fromEntries(
      Object.entries(keys).map(([key, from]) => [key, { kind: 'reference', from, check: 'not-empty' }]),
    ),
  }));
}

function privateCA(cluster: Cluster): KubernetesObject[] {
  const { commonName = 'Breakwater CA', duration = '87600h' } = cluster.tls.privateCA ?? {};
  return [
    {
      apiVersion: 'cert-manager.io/v1',
      kind: 'Issuer',
      metadata: { name: 'self-signed', namespace },
      spec: { selfSigned: {} },
    },
    {
      apiVersion: 'cert-manager.io/v1',
      kind: 'Certificate',
      metadata: { name: caSecret, namespace },
      spec: {
        secretName: caSecret,
        isCA: true,
        commonName,
        duration,
        // With a new key, no client would trust the CA any more: https://github.com/cert-manager/cert-manager/issues/7723
        privateKey: { algorithm: 'ECDSA', size: 256, rotationPolicy: 'Never' },
        issuerRef: { group: 'cert-manager.io', kind: 'Issuer', name: 'self-signed' },
      },
    },
  ];
}

/** Without the Secret, Argo CD would call the issuer Degraded, and the first sync of the root would fail for it. */
const afterItsSecret = { annotations: { 'argocd.argoproj.io/sync-wave': '1' } };

function clusterIssuer(spec: Record<string, unknown>, metadata: object = {}): KubernetesObject {
  return { apiVersion: 'cert-manager.io/v1', kind: 'ClusterIssuer', metadata: { name: issuer, ...metadata }, spec };
}

function acme(settings: NonNullable<Cluster['tls']['acme']>): KubernetesObject[] {
  const { server, email, caBundle, dns01 } = settings;
  const issuerOf = (solver: object) =>
    clusterIssuer({
      acme: {
        server,
        ...(caBundle === undefined ? {} : { caBundle }),
        email,
        privateKeySecretRef: { name: issuerSecrets.acmeAccount },
        solvers: [solver],
      },
    });
  if (dns01 !== undefined) return [issuerOf({ dns01: dns01.solver })];
  return [
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'IngressClass',
      metadata: { name: 'istio' },
      spec: { controller: 'istio.io/ingress-controller' },
    },
    issuerOf({ http01: { ingress: { ingressClassName: 'istio' } } }),
    ...onlyChallenges(),
  ];
}

/**
 * HTTP-01 needs Istio to serve Ingresses, on port 80, without a login. So that nothing else is published that way, only the
 * gateway's namespace may contain Ingresses of that class.
 */
function onlyChallenges(): KubernetesObject[] {
  const name = 'breakwater-ingress-only-for-acme';
  return [
    {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingAdmissionPolicy',
      metadata: { name },
      spec: {
        failurePolicy: 'Fail',
        matchConstraints: {
          resourceRules: [
            {
              apiGroups: ['networking.k8s.io'],
              apiVersions: ['*'],
              operations: ['CREATE', 'UPDATE'],
              resources: ['ingresses'],
            },
          ],
        },
        validations: [
          {
            expression:
              `namespaceObject.metadata.name == '${gatewayNamespace}' || ` +
              "!((has(object.spec.ingressClassName) && object.spec.ingressClassName == 'istio') || " +
              "(has(object.metadata.annotations) && 'kubernetes.io/ingress.class' in object.metadata.annotations && " +
              "object.metadata.annotations['kubernetes.io/ingress.class'] == 'istio'))",
            message: 'Ingresses of class istio serve ACME challenges only: they would be reachable without a login.',
          },
        ],
      },
    },
    {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata: { name },
      spec: { policyName: name, validationActions: ['Deny'] },
    },
  ];
}
