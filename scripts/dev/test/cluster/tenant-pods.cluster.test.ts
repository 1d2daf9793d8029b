import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyObjects } from '../../../cluster/apply.ts';
import type { KubernetesObject } from '../../../components/component.ts';
import { guardOfTenants } from '../../../components/tenant-guard.ts';
import { loadCluster } from '../../../config/load.ts';
import { created, type GuardedServer, startGuardedServer } from '../../testing/guarded-server.ts';
import { checkout } from '../repository.ts';

const demo = loadCluster(checkout, 'demo');
/** Without Istio's CNI plugin, where a policy stands for Pod Security. */
const cluster = { ...demo, istio: { ...demo.istio, cni: { ...demo.istio.cni, enabled: false } } };

type Spec = Record<string, unknown>;

const container = (more: Spec = {}): Spec => ({ name: 'main', image: 'example.com/main', ...more });
function pod(spec: Spec = {}, annotations: Record<string, string> = {}, namespace = 'red'): KubernetesObject {
  const metadata = { name: 'one', namespace, annotations };
  return { apiVersion: 'v1', kind: 'Pod', metadata, spec: { containers: [container()], ...spec } };
}

let server: GuardedServer;

beforeAll(async () => {
  const tenant = { 'breakwater.dev/tenant': 'red' };
  server = await startGuardedServer(
    guardOfTenants(cluster),
    {
      red: { labels: tenant },
      'red--urgent': {
        labels: tenant,
        annotations: { 'breakwater.dev/priority-classes': 'urgent,system-node-critical' },
      },
      profile: { labels: { 'app.kubernetes.io/part-of': 'kubeflow-profile' } },
      elsewhere: {},
    },
    [],
    pod({}, { 'sidecar.istio.io/proxyImage': 'example.com/proxy' }),
  );
  const priority = (name: string, value: number) => ({
    apiVersion: 'scheduling.k8s.io/v1',
    kind: 'PriorityClass',
    metadata: { name },
    value,
  });
  await applyObjects(await server.user('admin'), [priority('urgent', 1000), priority('later', -10)]);
});
afterAll(() => server?.stop());

/** As a person asks, and as Kubernetes' controllers do for a Deployment. */
const askers = ['ann@example.com', 'system:serviceaccount:kube-system:replicaset-controller', 'admin'];

async function refusals(object: KubernetesObject): Promise<(string | undefined)[]> {
  return await Promise.all(askers.map(async (user) => await created(await server.user(user), object)));
}
const taken = [undefined, undefined, undefined];

describe('annotations of the proxy', () => {
  const templates: Readonly<Record<string, (template: Spec) => KubernetesObject>> = {
    Deployment: (template) => workload('apps/v1', 'Deployment', { selector, template }),
    StatefulSet: (template) => workload('apps/v1', 'StatefulSet', { selector, serviceName: 'one', template }),
    DaemonSet: (template) => workload('apps/v1', 'DaemonSet', { selector, template }),
    ReplicaSet: (template) => workload('apps/v1', 'ReplicaSet', { selector, template }),
    ReplicationController: (template) => workload('v1', 'ReplicationController', { template }),
    Job: (template) => workload('batch/v1', 'Job', { template: never(template) }),
    CronJob: (template) =>
      workload('batch/v1', 'CronJob', { schedule: '* * * * *', jobTemplate: { spec: { template: never(template) } } }),
    PodTemplate: (template) => ({
      apiVersion: 'v1',
      kind: 'PodTemplate',
      metadata: { name: 'one', namespace: 'red' },
      template,
    }),
  };
  const selector = { matchLabels: { app: 'one' } };
  const workload = (apiVersion: string, kind: string, spec: Spec): KubernetesObject => ({
    apiVersion,
    kind,
    metadata: { name: 'one', namespace: 'red' },
    spec,
  });
  const never = (template: Spec): Spec => ({
    ...template,
    spec: { ...(template.spec as Spec), restartPolicy: 'Never' },
  });
  const template = (annotations: Record<string, string>): Spec => ({
    metadata: { labels: { app: 'one' }, annotations },
    spec: { containers: [container()] },
  });
  const foreign = {
    'sidecar.istio.io/proxyImage': 'example.com/proxy',
    'sidecar.istio.io/bootstrapOverride': 'mine',
    'sidecar.istio.io/userVolume': '[]',
    'sidecar.istio.io/userVolumeMount': '[]',
    'proxy.istio.io/config': 'discoveryAddress: example.com:15012',
    'proxy.istio.io/overrides': '{}',
    'inject.istio.io/templates': 'gateway',
    'status.sidecar.istio.io/port': '0',
  };
  const partly = {
    'traffic.sidecar.istio.io/excludeInboundPorts': '8080',
    'traffic.sidecar.istio.io/includeOutboundIPRanges': '',
  };

  it.each(Object.entries(foreign))('%s is refused on pods and templates', async (key, value) => {
    for (const refusal of await refusals(pod({}, { [key]: value }))) expect(refusal).toContain(`may not set ${key}`);
    for (const make of Object.values(templates))
      expect(await created(await server.user('ann@example.com'), make(template({ [key]: value })))).toContain(
        `may not set ${key}`,
      );
    expect(await refusals(pod({}, { [key]: value }, 'elsewhere'))).toEqual(taken);
    expect((await refusals(pod({}, { [key]: value }, 'profile')))[0]).toContain(`may not set ${key}`);
  });

  it.each(Object.entries(partly))('%s is refused on templates; on a pod, injection writes it', async (key, value) => {
    for (const make of Object.values(templates))
      expect(await created(await server.user('ann@example.com'), make(template({ [key]: value })))).toContain(
        `may not set ${key}`,
      );
    expect(await refusals(pod({}, { [key]: value }))).toEqual(taken);
  });

  it('another interception mode is refused', async () => {
    const mode = (value: string) => pod({}, { 'sidecar.istio.io/interceptionMode': value });
    for (const refusal of await refusals(mode('TPROXY'))) expect(refusal).toContain('interceptionMode');
    expect(await refusals(mode('REDIRECT'))).toEqual(taken);
  });

  it('its size, its log and whether there is one are for the tenant to say', async () => {
    const own = {
      'sidecar.istio.io/inject': 'false',
      'sidecar.istio.io/proxyCPU': '50m',
      'prometheus.io/scrape': 'true',
    };
    expect(await refusals(pod({}, own))).toEqual(taken);
    for (const make of Object.values(templates))
      expect(await created(await server.user('ann@example.com'), make(template(own)))).toBeUndefined();
  });
});

describe('priority', () => {
  it('above 0 needs a name in tenant.yaml, and is never that of the system', async () => {
    const of = (priorityClassName: string, namespace = 'red') => refusals(pod({ priorityClassName }, {}, namespace));
    for (const name of ['urgent', 'system-node-critical', 'system-cluster-critical'])
      for (const refusal of await of(name)) expect(refusal).toContain(`the PriorityClass ${name}`);
    expect(await of('later')).toEqual(taken);
    expect(await of('urgent', 'red--urgent')).toEqual(taken);
    for (const refusal of await of('system-node-critical', 'red--urgent')) expect(refusal).toBeDefined();
    expect(await of('urgent', 'elsewhere')).toEqual(taken);
  });
});

describe("without Istio's CNI plugin", () => {
  const context = (securityContext: Spec): Spec => ({ containers: [container({ securityContext })] });
  const whole = (securityContext: Spec): Spec => ({ securityContext });
  const init = (name: string): Spec => ({
    initContainers: [
      container({ name, securityContext: { capabilities: { add: ['NET_ADMIN', 'NET_RAW'] }, runAsUser: 0 } }),
    ],
  });

  it.each<[string, Spec]>([
    ["share the node's network", { hostNetwork: true }],
    ["share the node's network, processes", { hostPID: true }],
    ["share the node's network, processes or IPC", { hostIPC: true }],
    ['be privileged', context({ privileged: true })],
    ['be privileged', { initContainers: [container({ name: 'first', securityContext: { privileged: true } })] }],
    ['add capabilities', context({ capabilities: { add: ['SYS_ADMIN'] } })],
    ['add capabilities', context({ capabilities: { add: ['NET_ADMIN'] } })],
    ['add capabilities', init('istio-init2')],
    [
      'add capabilities',
      { containers: [container({ name: 'istio-init', securityContext: { capabilities: { add: ['NET_ADMIN'] } } })] },
    ],
    [
      'add capabilities',
      {
        initContainers: [container({ name: 'istio-init', securityContext: { capabilities: { add: ['SYS_ADMIN'] } } })],
      },
    ],
    ['mount paths of the node', { volumes: [{ name: 'root', hostPath: { path: '/' } }] }],
    ['use ports of the node', { containers: [container({ ports: [{ containerPort: 80, hostPort: 80 }] })] }],
    ['change procMount', { hostUsers: false, ...context({ procMount: 'Unmasked' }) }],
    ['disable seccomp', context({ seccompProfile: { type: 'Unconfined' } })],
    ['disable seccomp', whole({ seccompProfile: { type: 'Unconfined' } })],
    ['disable AppArmor', whole({ appArmorProfile: { type: 'Unconfined' } })],
    ['choose their SELinux context', whole({ seLinuxOptions: { type: 'spc_t' } })],
    ['choose their SELinux context', context({ seLinuxOptions: { user: 'root' } })],
    ['set unsafe sysctls', whole({ sysctls: [{ name: 'kernel.msgmax', value: '1' }] })],
    ['run host processes', { hostNetwork: true, ...whole({ windowsOptions: { hostProcess: true } }) }],
  ])('a pod may not %s', async (what, spec) => {
    const found = await refusals(pod(spec));
    // Where one rule is broken with another, either is named.
    for (const refusal of found) expect(refusal).toMatch(/Pod Security "baseline"/);
    if (spec.hostNetwork === undefined || what.startsWith('share')) expect(found[0]).toContain(what);
    expect((await refusals(pod(spec, {}, 'profile')))[0]).toMatch(/Pod Security "baseline"/);
    expect(await refusals(pod(spec, {}, 'elsewhere'))).toEqual(taken);
  });

  it.each<[string, Spec]>([
    ['a sidecar', init('istio-init')],
    [
      'what baseline allows',
      {
        ...context({ capabilities: { add: ['CHOWN'], drop: ['ALL'] }, runAsUser: 0 }),
        volumes: [{ name: 'x', emptyDir: {} }],
      },
    ],
    [
      'safe settings',
      whole({ sysctls: [{ name: 'net.ipv4.tcp_syncookies', value: '1' }], seccompProfile: { type: 'RuntimeDefault' } }),
    ],
  ])('a pod may have %s', async (_, spec) => {
    expect(await refusals(pod(spec))).toEqual(taken);
  });

  it('a running pod gets no privileged container for debugging', async () => {
    const admin = await server.user('admin');
    await applyObjects(admin, [pod()]);
    const debug = (privileged: boolean) =>
      admin
        .request({
          method: 'PATCH',
          path: '/api/v1/namespaces/red/pods/one/ephemeralcontainers',
          query: { dryRun: 'All' },
          contentType: 'application/strategic-merge-patch+json',
          body: { spec: { ephemeralContainers: [container({ name: 'debug', securityContext: { privileged } })] } },
        })
        .then(
          () => undefined,
          (error: Error) => error.message,
        );
    expect(await debug(true)).toContain('be privileged');
    expect(await debug(false)).toBeUndefined();
  });
});

it("with Istio's CNI plugin, Pod Security itself holds the level", () => {
  const names = (one: typeof demo) => guardOfTenants(one).map(({ metadata }) => metadata.name);
  expect(names(cluster)).toContain('breakwater-tenants-pods-are-baseline');
  expect(names(demo)).not.toContain('breakwater-tenants-pods-are-baseline');
});
