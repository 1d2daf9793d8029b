import type { Keys } from './merged-values.ts';

/** What users may set by hand in a chart of the login. In patterns `*` is one key, `**` everything below. */
export interface OwnValues {
  /** Settings that open no access and that nothing else relies on. */
  allowed: readonly string[];
  /** Generated values that may be replaced. */
  changeable: readonly string[];
  /** Generated lists that may be repeated with further entries. */
  extendable: readonly string[];
  /** What a forbidden setting would do, or what to set instead, by its first keys. */
  instead: Readonly<Record<string, string>>;
}

const scheduling = [
  ...['replicaCount', 'revisionHistoryLimit', 'resources.**', 'nodeSelector.**', 'tolerations', 'affinity.**'],
  ...['topologySpreadConstraints', 'priorityClassName', 'strategy.**', 'podDisruptionBudget.**', 'autoscaling.**'],
  ...['imagePullSecrets', 'podAnnotations.*', 'podLabels.*', 'deploymentAnnotations.*', 'deploymentLabels.*'],
  ...['hostAliases', 'serviceAccount.annotations.*', 'serviceAccount.automountServiceAccountToken'],
  ...['securityContext.**', 'podSecurityContext.**', 'service.annotations.*', 'networkPolicy.**'],
];
const image = ['image.repository', 'image.registry', 'image.tag', 'image.digest'];
const byName = 'Services, accounts and policies refer to this name';
const secondDoor = 'opens a second entry that bypasses the gateway';

const oauth2Proxy: OwnValues = {
  allowed: [
    ...scheduling,
    'image.pullPolicy',
    ...['extraVolumes', 'extraVolumeMounts', 'livenessProbe.**', 'readinessProbe.**', 'metrics.**', 'lifecycle.**'],
    ...['terminationGracePeriodSeconds', 'enableServiceLinks', 'resizePolicy', 'extraEnv', 'global.**'],
    ...['banner', 'footer', 'custom-sign-in-logo', 'custom-templates-dir'].map((flag) => `extraArgs.${flag}`),
    ...['request-logging', 'auth-logging', 'standard-logging', 'errors-to-info-log'].map((flag) => `extraArgs.${flag}`),
    ...['logging-filename', 'logging-max-age', 'logging-max-size', 'exclude-logging-path'].map(
      (flag) => `extraArgs.${flag}`,
    ),
    ...['redis-ca-path', 'redis-connection-idle-timeout'].map((flag) => `extraArgs.${flag}`),
  ],
  changeable: [...image, 'extraArgs.custom-templates-dir'],
  extendable: ['extraVolumes', 'extraVolumeMounts'],
  instead: {
    extraArgs: 'can let requests bypass the login; use the keys under auth in cluster.yaml',
    alphaConfig: 'decides who a user is; use the keys under auth in cluster.yaml',
    config: 'can let requests bypass the login; use the keys under auth in cluster.yaml',
    envFrom: 'can set any option without a check; list each variable under extraEnv',
    ingress: secondDoor,
    gatewayApi: secondDoor,
    fullnameOverride: byName,
    nameOverride: byName,
    customLabels: byName,
    'serviceAccount.name': byName,
  },
};

/**
 * By component. Allowlists, since a chart has more ways to disable a login than any list of forbidden settings would cover.
 * Charts as pinned in November 2026.
 */
export const ownValues: Readonly<Record<string, OwnValues>> = {
  'oauth2-proxy': oauth2Proxy,
  'oauth2-proxy-apps': oauth2Proxy,
  dex: {
    allowed: [
      ...scheduling,
      'image.pullPolicy',
      ...['env.*', 'envVars', 'volumes', 'volumeMounts', 'serviceMonitor.**', 'commonLabels.*'],
      ...['config.logger.**', 'config.frontend.**', 'config.staticClients', 'config.oauth2.alwaysShowLoginScreen'],
    ],
    changeable: [...image, 'config.frontend.**'],
    extendable: ['envVars', 'volumes', 'volumeMounts', 'config.staticClients'],
    instead: {
      config: 'decides who a user is; use the keys under auth in cluster.yaml',
      envFrom:
        'can set any secret without a check; write plain variables as env: {NAME: value}, which adds to the generated ones',
      ingress: secondDoor,
      grpc: 'opens the API that creates clients and passwords',
      fullnameOverride: byName,
      nameOverride: byName,
      'serviceAccount.name': byName,
    },
  },
  istiod: {
    allowed: [
      ...scheduling,
      ...['autoscaleEnabled', 'autoscaleMin', 'autoscaleMax', 'autoscaleBehavior.**', 'cpu.**', 'memory.**'],
      ...['env.*', 'pilot.env.*', 'pilot.resources.**', 'telemetry.**', 'traceSampling', 'serviceAccountAnnotations.*'],
      ...[
        'rollingMaxSurge',
        'rollingMaxUnavailable',
        'keepaliveMaxServerConnectionAge',
        'variant',
        'deploymentLabels.*',
      ],
      ...['hub', 'tag', 'variant', 'platform', 'imagePullPolicy', 'imagePullSecrets', 'priorityClassName', 'logAsJson']
        .concat('logging.**', 'proxy.resources.**', 'proxy.logLevel', 'proxy_init.resources.**', 'network')
        .map((key) => `global.${key}`),
      ...['accessLogFile', 'accessLogFormat', 'accessLogEncoding', 'enableTracing', 'extensionProviders']
        .concat('outboundTrafficPolicy.**', 'defaultProviders.**', 'enablePrometheusMerge', 'tcpKeepalive.**')
        .map((key) => `meshConfig.${key}`),
      ...[
        'tracing.**',
        'proxyStatsMatcher.**',
        'concurrency',
        'drainDuration',
        'terminationDrainDuration',
        'image.**',
      ].map((key) => `meshConfig.defaultConfig.${key}`),
    ],
    changeable: ['global.hub'],
    extendable: ['meshConfig.extensionProviders'],
    instead: {
      'meshConfig.trustDomain': 'changes the name of every account, which policies refer to',
      'meshConfig.rootNamespace': "moves the mesh's policies to another namespace",
      'meshConfig.discoverySelectors': 'hides namespaces from the mesh',
      revision: 'changes the revision that namespaces and webhooks refer to',
    },
  },
  gateway: {
    allowed: [
      ...scheduling,
      'containerSecurityContext.**',
      ...['terminationGracePeriodSeconds', 'minReadySeconds', 'volumes', 'volumeMounts', 'env.*', 'kind', 'platform'],
      ...['readinessProbe.**', 'imagePullPolicy', 'autoscaling.**'],
      ...['type', 'loadBalancerIP', 'loadBalancerClass', 'loadBalancerSourceRanges', 'externalTrafficPolicy', 'ports']
        .concat('externalIPs', 'ipFamilies', 'ipFamilyPolicy', 'allocateLoadBalancerNodePorts')
        .map((key) => `service.${key}`),
    ],
    changeable: ['service.type', 'service.loadBalancerIP', 'service.annotations.*'],
    extendable: [],
    instead: {
      name: byName,
      labels: byName,
      'serviceAccount.name': byName,
      'serviceAccount.create': byName,
      additionalContainers: 'runs beside the proxy, behind the login check',
    },
  },
};

/** Labels and annotations by which the mesh and its policies identify a pod. */
const meshKey = /(^|\.)istio\.io\/|^istio$|^app$|^app\.kubernetes\.io\//;
/** https://istio.io/latest/docs/ops/configuration/traffic-management/network-topologies/ (PROXY protocol) */
const gatewayProxyConfig = 'proxy.istio.io/config';

/** @returns whether a pattern of {@link OwnValues} matches these keys */
export function matches(pattern: string, keys: Keys): boolean {
  const parts = pattern.split('.');
  const open = parts.at(-1) === '**';
  const fixed = open ? parts.slice(0, -1) : parts;
  if (open ? keys.length < fixed.length : keys.length !== fixed.length) return false;
  return fixed.every((part, index) => part === '*' || part === keys[index]);
}

/** @returns whether users may set the value at these keys by hand */
export function isOwn(component: string, { allowed }: OwnValues, keys: Keys): boolean {
  const [first = '', name = ''] = keys;
  if (/^(pod|deployment|common)(Labels|Annotations)$/.test(first) && meshKey.test(name))
    return component === 'gateway' && first === 'podAnnotations' && name === gatewayProxyConfig;
  return allowed.some((pattern) => matches(pattern, keys));
}
