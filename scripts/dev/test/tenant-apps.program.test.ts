import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type TestRepository, testRepository } from './repository.ts';

let repository: TestRepository;

beforeEach(() => {
  repository = testRepository();
});
afterEach(() => repository.remove());

const tenant = (more = '') => `kind: namespace\nowner: ann@example.com\n${more}`;

const pod = (name: string, annotation: string, more: string, container = 'command: [web]') => `apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}}
spec:
  selector: {matchLabels: {app: web}}
  template: {metadata: {labels: {app: web}, annotations: {${annotation}}},
    spec: {${more}containers: [{name: web, image: "web:1", ${container}}]}}
`;

/** Files of a team, by what is wrong: path below apps/, text, and what is found there. */
const wrong: readonly [what: string, file: string, text: string, finding: string][] = [
  ['no YAML', 'broken.yaml', 'a: [b', 'broken.yaml:1:6: is not valid YAML: Flow sequence'],
  ['no object', 'values.yaml', 'replicas: 1\n', 'values.yaml:1:1: is not a Kubernetes object: it has no apiVersion'],
  [
    'no kind in a second document',
    'two.yaml',
    'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: two}\n---\napiVersion: v1\nmetadata: {name: x}\n',
    'two.yaml:5:1: is not a Kubernetes object: it has no kind',
  ],
  ['two objects in a JSON file', 'two.json', '{}\n{}\n', 'two.json:2:1: is not one JSON object'],
  [
    'a misspelt field',
    'deployment.yaml',
    'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec:\n      contaners: [{name: web, image: "web:1"}]\n',
    'deployment.yaml:9:7: Deployment web spec.template.spec.contaners: unknown field',
  ],
  [
    'a cluster role',
    'role.yaml',
    'apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: x}\nrules: []\n',
    'role.yaml:2:1: ClusterRole x is cluster-scoped',
  ],
  [
    'a binding to cluster-admin',
    'binding.yaml',
    'apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: x}\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}\n',
    'binding.yaml:2:1: ClusterRoleBinding x is cluster-scoped',
  ],
  [
    'a namespace',
    'namespace.yaml',
    'apiVersion: v1\nkind: Namespace\nmetadata: {name: x}\n',
    'namespace.yaml:2:1: Namespace x is cluster-scoped',
  ],
  [
    'a kind of the platform, in a list',
    'list.yaml',
    'apiVersion: v1\nkind: List\nitems:\n  - apiVersion: networking.k8s.io/v1\n    kind: NetworkPolicy\n    metadata: {name: x}\n    spec: {podSelector: {}}\n',
    'list.yaml:5:5: NetworkPolicy x is a kind that only the platform may write',
  ],
  [
    "a certificate of the platform's issuer",
    'certificate.yaml',
    'apiVersion: cert-manager.io/v1\nkind: Certificate\nmetadata: {name: x}\nspec: {secretName: x, dnsNames: [x.example.com], issuerRef: {kind: ClusterIssuer, name: platform}}\n',
    'certificate.yaml:2:1: Certificate x is a kind that only the platform may write',
  ],
  [
    'a route of Knative',
    'ingress.yaml',
    'apiVersion: networking.internal.knative.dev/v1alpha1\nkind: Ingress\nmetadata: {name: x}\nspec: {}\n',
    'ingress.yaml:2:1: Ingress x is a kind that only the platform may write',
  ],
  [
    'endpoints',
    'endpoints.yaml',
    'apiVersion: v1\nkind: Endpoints\nmetadata: {name: x}\n',
    'endpoints.yaml:2:1: Endpoints x is a kind that only the platform may write',
  ],
  [
    'slices of endpoints',
    'slice.json',
    '{"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "metadata": {"name": "x"}, "addressType": "IPv4", "endpoints": []}',
    'slice.json:1:39: EndpointSlice x is a kind that only the platform may write',
  ],
  [
    'a kind that tenant.yaml refuses',
    'job.yaml',
    'apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: x}\nspec: {schedule: "@daily", jobTemplate: {spec: {template: {spec: {containers: [{name: a}]}}}}}\n',
    'job.yaml:2:1: CronJob x is a kind that tenant.yaml denies (deny)',
  ],
  [
    "another's namespace",
    'elsewhere.yaml',
    'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x\n  namespace: kube-system\n',
    "elsewhere.yaml:5:3: ConfigMap kube-system/x must be one of the tenant's: red, red--dev",
  ],
  [
    'a secret',
    'secret.yaml',
    'apiVersion: v1\nkind: Secret\nmetadata: {name: x}\nstringData: {password: hunter2}\n',
    'secret.yaml:4:1: Secret x contains the secret itself',
  ],
  [
    'a token',
    'token.yaml',
    `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: token}\ndata: {token: ghp_${'a1B2'.repeat(9)}}\n`,
    'token.yaml:4:15: looks like a GitHub token',
  ],
  [
    'an alias of another Service',
    'alias.yaml',
    'apiVersion: v1\nkind: Service\nmetadata: {name: alias}\nspec: {type: ExternalName, externalName: argocd-server.argocd.svc.cluster.local}\n',
    "alias.yaml:4:8: Service alias A tenant's Service must not be of type ExternalName",
  ],
  [
    'addresses of others',
    'addresses.yaml',
    'apiVersion: v1\nkind: Service\nmetadata: {name: ips}\nspec:\n  externalIPs: [192.0.2.1]\n',
    "addresses.yaml:5:3: Service ips A tenant's Service must not set externalIPs",
  ],
  [
    'a load balancer',
    'balancer.yaml',
    'apiVersion: v1\nkind: Service\nmetadata: {name: lb}\nspec: {type: LoadBalancer, ports: [{port: 80}]}\n',
    'balancer.yaml:4:8: Service lb Publish a tenant with routes',
  ],
  [
    'an image for the proxy',
    'proxy.yaml',
    pod('proxy', 'sidecar.istio.io/proxyImage: "evil:1"', ''),
    'proxy.yaml:6:59: Deployment proxy sets sidecar.istio.io/proxyImage',
  ],
  [
    'a path of the node, in a custom resource',
    'notebook.yaml',
    'apiVersion: kubeflow.org/v1\nkind: Notebook\nmetadata: {name: notes}\nspec:\n  template:\n    spec:\n      containers: [{name: a, image: "a:1"}]\n      volumes: [{name: root, hostPath: {path: /}}]\n',
    'notebook.yaml:8:30: Notebook notes mounts a path of the node',
  ],
  [
    "the node's network",
    'network.yaml',
    pod('network', '', 'hostNetwork: true, '),
    'network.yaml:7:12: Deployment network shares a namespace of the node (hostNetwork)',
  ],
  [
    'a privileged container',
    'privileged.yaml',
    pod('privileged', '', '', 'securityContext: {privileged: true}'),
    'privileged.yaml:7:71: Deployment privileged is privileged',
  ],
  [
    'a port of the node',
    'port.yaml',
    pod('port', '', '', 'ports: [{containerPort: 80, hostPort: 80}]'),
    'port.yaml:7:81: Deployment port uses a port of the node',
  ],
  [
    "Kubernetes' own priority",
    'priority.yaml',
    pod('priority', '', 'priorityClassName: system-cluster-critical, '),
    'priority.yaml:7:12: Deployment priority has the priority system-cluster-critical',
  ],
  [
    'one object twice',
    'web-again.yaml',
    'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web, namespace: red}\n',
    'web.yaml:1:1: ConfigMap web is already defined at tenants/red/apps/web-again.yaml:1:1',
  ],
  [
    'a kustomization',
    'k/kustomization.yaml',
    'resources: ["https://github.com/evil/x?ref=main"]\n',
    'k/kustomization.yaml: is a kustomization',
  ],
  ['a kustomization without an extension', 'l/Kustomization', 'resources: []\n', 'l/Kustomization: is a kustomization'],
  ['a chart', 'chart/Chart.yaml', 'name: x\n', 'chart/Chart.yaml: is a Helm chart'],
  ['Jsonnet', 'x.jsonnet', '{}', 'x.jsonnet: is not read'],
  ['capitals in the extension', 'WEB.YAML', 'a: b', 'WEB.YAML: is not read'],
];

describe('what a team puts into its apps/ folder', () => {
  it('is found wrong with the file, the line and the column, by validate', () => {
    repository.write(
      'tenants/red/tenant.yaml',
      tenant('namespaces: [red, red--dev]\ndeny: [{group: batch, kind: CronJob}]\n'),
    );
    repository.write('tenants/red/apps/web.yaml', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\n');
    for (const [, file, text] of wrong) repository.write(`tenants/red/apps/${file}`, text);
    // Of a chart's templates nothing is said: one finding is enough.
    repository.write('tenants/red/apps/chart/templates/x.yaml', '{{ .Values.x }}\n');
    const { code, stdout } = repository.breakwater('validate');
    for (const [, , , finding] of wrong) expect(stdout).toContain(`  tenants/red/apps/${finding}`);
    // One more than there are files: the misspelt field is missing, too.
    expect([code, stdout]).toEqual([1, expect.stringContaining(`tenants: ${wrong.length + 1} findings`)]);
  });

  it('is good where Argo CD would apply it', () => {
    repository.write(
      'tenants/red/tenant.yaml',
      tenant('namespaces: [red, red--dev]\nnetwork: {services: [NodePort]}\n'),
    );
    const good: Record<string, string> = {
      'all.yaml': `# Several documents, an empty one among them.
apiVersion: v1
kind: ConfigMap
metadata: {name: a}
---
---
apiVersion: v1
kind: ConfigMap
metadata: {name: a, namespace: red--dev}
data: {on: "yes"}
`,
      'deep/er/web.json':
        '{\n\t"apiVersion": "v1",\n\t"kind": "Service",\n\t"metadata": {"name": "web"},\n\t"spec": {"ports": [{"port": 80}], "type": "NodePort"}\n}\n',
      'token.yml':
        'apiVersion: v1\nkind: Secret\nmetadata:\n  name: t\n  annotations: {kubernetes.io/service-account.name: default}\ntype: kubernetes.io/service-account-token\n',
      'hook.yaml':
        'apiVersion: batch/v1\nkind: Job\nmetadata: {generateName: x-, annotations: {argocd.argoproj.io/hook: PreSync}}\nspec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: "a:1", env: null}]}}}\n',
      'notebook.yaml': 'apiVersion: kubeflow.org/v1\nkind: Notebook\nmetadata: {name: notes}\nspec: {anything: true}\n',
      'README.md': '# Ours\n',
      'skipped.yaml': '# +argocd:skip-file-rendering\nreplicas: 1\n',
    };
    for (const [file, text] of Object.entries(good)) repository.write(`tenants/red/apps/${file}`, text);
    const { code, stdout } = repository.breakwater('validate');
    expect([code, stdout]).toEqual([0, expect.stringContaining('1 cluster and 1 tenant checked, nothing found')]);
  });
});
