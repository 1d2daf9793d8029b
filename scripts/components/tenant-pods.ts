import type { Cluster } from '../config/cluster.ts';
import { admissionPolicy, celList } from './admission.ts';
import type { KubernetesObject } from './component.ts';
import { priorityAnnotation } from './domain.ts';

/**
 * Admission policies for pods in users' namespaces. They apply to every user, because Kubernetes' controllers create pods on anyone's behalf.
 *
 * @param namespaces selectors of these namespaces, by the suffix of the binding's name
 */
export function guardOfPods(cluster: Cluster, namespaces: Readonly<Record<string, object>>): KubernetesObject[] {
  const policies = [proxy(), priority(), ...(cluster.istio.cni.enabled ? [] : [baseline()])];
  return policies.flatMap((policy) => admissionPolicy({ ...policy, namespaces }));
}

type Policy = Parameters<typeof admissionPolicy>[0];

const onPods = (operations: readonly string[], ...resources: string[]) => ({
  apiGroups: [''],
  apiVersions: ['*'],
  operations,
  resources,
});

const orChanged = "request.operation == 'CREATE' || object.spec != oldObject.spec";

/** Annotations that configure Istio's sidecar: a regular expression for both CEL and JavaScript. */
export const proxyKeys = '^([a-z.]+[.])?(sidecar|proxy|inject)[.]istio[.]io/';

/** Annotations that a pod may set: whether it has a sidecar, and the sidecar's resources. */
export const allowedProxyKeys = [
  'inject',
  'nativeSidecar',
  'proxyCPU',
  'proxyCPULimit',
  'proxyMemory',
  'proxyMemoryLimit',
  'logLevel',
  'agentLogLevel',
  'rewriteAppHTTPProbers',
].map((name) => `sidecar.istio.io/${name}`);

/**
 * Annotations that istiod's injection adds to a pod. A pod that sets them itself leaves
 * the mesh in part, as it may in whole with "inject".
 */
const injected = [
  'sidecar.istio.io/status',
  'sidecar.istio.io/interceptionMode',
  ...['InboundPorts', 'OutboundPorts', 'OutboundIPRanges'].flatMap((what) =>
    ['include', 'exclude'].map((which) => `traffic.sidecar.istio.io/${which}${what}`),
  ),
];

/** Refuses Istio's annotations that choose the proxy's image, bootstrap, volumes and template. */
function proxy(): Policy {
  const ours = `key.matches('${proxyKeys}')`;
  return {
    name: 'breakwater-tenants-keep-the-proxy',
    match: {
      resourceRules: [
        onPods(['CREATE'], 'pods'),
        onPods(['CREATE', 'UPDATE'], 'replicationcontrollers', 'podtemplates'),
        {
          ...onPods(['CREATE', 'UPDATE'], 'deployments', 'statefulsets', 'daemonsets', 'replicasets'),
          apiGroups: ['apps'],
        },
        { ...onPods(['CREATE', 'UPDATE'], 'jobs', 'cronjobs'), apiGroups: ['batch'] },
      ],
    },
    only: { changes: "request.operation == 'CREATE' || object.?spec != oldObject.?spec" },
    variables: {
      pod: "request.resource.resource == 'pods'",
      template:
        "variables.pod ? dyn(object) : request.resource.resource == 'cronjobs' ? dyn(object.spec.jobTemplate.spec.template) : request.resource.resource == 'podtemplates' ? dyn(object.template) : dyn(object.spec.template)",
      annotations: 'variables.template.?metadata.?annotations.orValue({})',
      foreign: `variables.annotations.filter(key, ${ours} && !(key in ${celList(allowedProxyKeys)}) && !(variables.pod && key in ${celList(injected)}))`,
    },
    rules: [
      {
        expression: 'variables.foreign.size() == 0',
        messageExpression:
          "'tenant pods may not set ' + variables.foreign.join(', ') + ': the platform controls their sidecar. A pod may leave the mesh (sidecar.istio.io/inject: \"false\"), but the gateway then does not serve it.'",
      },
      {
        expression: "variables.annotations[?'sidecar.istio.io/interceptionMode'].orValue('REDIRECT') == 'REDIRECT'",
        message: 'Tenant pods may not set sidecar.istio.io/interceptionMode.',
      },
    ],
  };
}

/** Refuses higher priorities: such a pod makes the scheduler evict others, including the gateway and the login. */
function priority(): Policy {
  return {
    name: 'breakwater-tenants-preempt-nobody',
    match: { resourceRules: [onPods(['CREATE'], 'pods')] },
    variables: {
      class: "object.spec.?priorityClassName.orValue('')",
      given: `namespaceObject.metadata.?annotations[?'${priorityAnnotation}'].orValue('').split(',')`,
    },
    rules: [
      {
        expression:
          "object.spec.?priority.orValue(0) <= 0 || (variables.class in variables.given && !variables.class.startsWith('system-'))",
        messageExpression:
          "'the PriorityClass ' + variables.class + ' lets pods preempt others: list it under priorityClasses in tenants/<team>/tenant.yaml'",
      },
    ],
  };
}

const capabilities = [
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'MKNOD',
  'NET_BIND_SERVICE',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
];

const sysctls = [
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.ip_unprivileged_port_start',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.ping_group_range',
  'net.ipv4.ip_local_reserved_ports',
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
  'net.ipv4.tcp_rmem',
  'net.ipv4.tcp_wmem',
];

/**
 * Pod Security's level "baseline", except for the needs of the container `istio-init`. Without Istio's CNI plugin, each pod with a sidecar
 * has that container, which baseline and restricted refuse, so neither is enforced. A tenant can use that name for its own container, which
 * then controls its pod's network, as a sidecar does.
 *
 * https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline
 */
function baseline(): Policy {
  const contexts = (field: string) => `variables.contexts.all(one, !has(one.${field})`;
  const rule = (expression: string, what: string) => ({
    expression,
    message: `Tenant pods may not ${what} (Pod Security "baseline", which this policy enforces without Istio's CNI plugin).`,
  });
  return {
    name: 'breakwater-tenants-pods-are-baseline',
    match: { resourceRules: [onPods(['CREATE', 'UPDATE'], 'pods', 'pods/ephemeralcontainers')] },
    only: { changes: orChanged },
    variables: {
      containers:
        'dyn(object.spec.containers) + dyn(object.spec.?initContainers.orValue([])) + dyn(object.spec.?ephemeralContainers.orValue([]))',
      // Security contexts of the containers and of the pod, which has some of the same fields.
      contexts:
        'variables.containers.filter(one, has(one.securityContext)).map(one, dyn(one.securityContext)) + (has(object.spec.securityContext) ? [dyn(object.spec.securityContext)] : [])',
      init: "object.spec.?initContainers.orValue([]).filter(one, one.name == 'istio-init')",
    },
    rules: [
      rule(
        '!object.spec.?hostNetwork.orValue(false) && !object.spec.?hostPID.orValue(false) && !object.spec.?hostIPC.orValue(false)',
        "share the node's network, processes or IPC",
      ),
      rule(`${contexts('privileged')} || !one.privileged)`, 'be privileged'),
      rule(`${contexts('windowsOptions')} || !one.windowsOptions.?hostProcess.orValue(false))`, 'run host processes'),
      rule(
        `variables.containers.all(one, one.?securityContext.?capabilities.?add.orValue([]).all(each, each in ${celList(capabilities)} || (each in ['NET_ADMIN', 'NET_RAW'] && variables.init.exists(init, init == one))))`,
        'add capabilities',
      ),
      rule('object.spec.?volumes.orValue([]).all(one, !has(one.hostPath))', 'mount paths of the node (hostPath)'),
      rule(
        'variables.containers.all(one, one.?ports.orValue([]).all(port, port.?hostPort.orValue(0) == 0))',
        'use ports of the node (hostPort)',
      ),
      rule(`${contexts('procMount')} || one.procMount == 'Default')`, 'change procMount'),
      rule(`${contexts('seccompProfile')} || one.seccompProfile.type != 'Unconfined')`, 'disable seccomp'),
      rule(
        `${contexts('appArmorProfile')} || one.appArmorProfile.type != 'Unconfined') && object.metadata.?annotations.orValue({}).all(key, !key.startsWith('container.apparmor.security.beta.kubernetes.io/') || object.metadata.annotations[key] != 'unconfined')`,
        'disable AppArmor',
      ),
      rule(
        `${contexts('seLinuxOptions')} || (one.seLinuxOptions.?type.orValue('') in ['', 'container_t', 'container_init_t', 'container_kvm_t', 'container_engine_t'] && one.seLinuxOptions.?user.orValue('') == '' && one.seLinuxOptions.?role.orValue('') == ''))`,
        'choose their SELinux context',
      ),
      rule(
        `object.spec.?securityContext.?sysctls.orValue([]).all(one, one.name in ${celList(sysctls)})`,
        'set unsafe sysctls',
      ),
    ],
  };
}
