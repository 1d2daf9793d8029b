import { authNamespace } from '../../components/domain.ts';
import { authProvider, userCodeProvider } from '../../components/gate.ts';
import { identityHeaders } from '../../components/identity.ts';
import { below, floors, tooOld } from '../../config/version-floors.ts';
import { type ChartValues, chartValues, decides, type Keys } from './merged-values.ts';
import { at, isMap, listAt, nestedIn, type ParsedTree, textsAt } from './parsed-tree.ts';
import type { Finding, Rule } from './rule.ts';

function chartOf(tree: ParsedTree, component: string): ChartValues | undefined {
  return chartValues(tree).find(({ application }) => application.name === component);
}

/** A finding in the strongest layer that sets these keys; in the generated layer when none does. */
function finding(chart: ChartValues, keys: Keys, message: string): Finding[] {
  const by = decides(chart.layers, keys);
  const file = by?.file ?? (chart.layers.findLast(({ generated }) => generated) ?? chart.layers.at(-1))?.file;
  return [
    {
      file: file ?? chart.application.file,
      ...(by === undefined ? { path: keys.join('.') } : { keys: by.keys }),
      message,
    },
  ];
}

const theCheckAnswers: Rule = {
  name: 'the-check-answers',
  reason:
    'The values of two charts must agree on the login check: without the provider everyone gets 403, without a header no page knows its user, and with another address another program decides (istio docs, tasks/security/authorization/authz-custom).',
  check(tree) {
    return [
      ...checkAnswers(tree, authProvider, 'oauth2-proxy'),
      ...checkAnswers(tree, userCodeProvider, 'oauth2-proxy-apps'),
    ];
  },
};

function checkAnswers(tree: ParsedTree, name: string, asked: string): Finding[] {
  const mesh = chartOf(tree, 'istiod');
  const proxy = chartOf(tree, asked);
  if (mesh === undefined || proxy === undefined) return [];
  const list: Keys = ['meshConfig', 'extensionProviders'];
  const providers = listAt(mesh.merged, ...list).filter((entry) => at(entry, 'name') === name);
  const [provider] = providers;
  if (providers.length !== 1)
    return finding(
      mesh,
      list,
      `has ${providers.length} providers called ${name}, and the gateway's check needs exactly one`,
    );
  const service = `${asked}.${authNamespace}.svc.cluster.local`;
  const passedOn = textsAt(provider, 'envoyExtAuthzHttp', 'headersToUpstreamOnAllow');
  const set = listAt(proxy.merged, 'alphaConfig', 'configData', 'injectResponseHeaders').map((entry) =>
    at(entry, 'name'),
  );
  return [
    ...(at(provider, 'envoyExtAuthzHttp', 'service') === service
      ? []
      : finding(mesh, list, `the service of ${name} must be ${service}`)),
    ...identityHeaders.flatMap((header) => [
      ...(passedOn.includes(header)
        ? []
        : finding(mesh, list, `headersToUpstreamOnAllow of ${name} must contain ${header}`)),
      ...(set.includes(header)
        ? []
        : finding(proxy, ['alphaConfig', 'configData', 'injectResponseHeaders'], `must set ${header}`)),
    ]),
  ];
}

/** Variables that OAuth2 Proxy's chart sets from `config.existingSecret`. */
const fromSecret = ['OAUTH2_PROXY_CLIENT_ID', 'OAUTH2_PROXY_CLIENT_SECRET', 'OAUTH2_PROXY_COOKIE_SECRET'];

/** All strings in a value, each with its key. */
function texts(value: unknown): { key: string; text: string }[] {
  return nestedIn(value).flatMap(({ key, value: text }) => (typeof text === 'string' ? [{ key, text }] : []));
}

/** Variables that Dex's configuration names: in keys for them, and as $NAME in connectors. */
function namedByDex(config: unknown): string[] {
  const byKey = texts(config).flatMap(({ key, text }) =>
    ['secretEnv', 'idEnv', 'hashFromEnv'].includes(key) ? [text] : [],
  );
  const inConnectors = texts(at(config, 'connectors')).flatMap(({ text }) => variablesIn(text));
  return [...new Set([...byKey, ...inConnectors])];
}

function variablesIn(text: string): string[] {
  return [...text.matchAll(/\$\{?([A-Za-z_]\w*)\}?/g)].map(([, name = '']) => name);
}

const variablesAreThere: Rule = {
  name: 'variables-are-there',
  reason:
    'Dex reads an unset variable as an empty secret, so that anyone can get tokens; OAuth2 Proxy does not start (dex docs, configuration/oauth2).',
  check(tree) {
    const dex = chartOf(tree, 'dex');
    const names = (list: readonly unknown[]) => list.map((entry) => String(at(entry, 'name')));
    const ofDex =
      dex === undefined ? [] : [...names(listAt(dex.merged, 'envVars')), ...Object.keys(at(dex.merged, 'env') ?? {})];
    return [
      ...(dex === undefined
        ? []
        : namedByDex(at(dex.merged, 'config'))
            .filter((name) => !ofDex.includes(name))
            .flatMap((name) => finding(dex, ['envVars'], `lacks ${name}, which Dex's config uses`))),
      ...['oauth2-proxy', 'oauth2-proxy-apps']
        .map((name) => chartOf(tree, name))
        .filter((proxy) => proxy !== undefined)
        .flatMap((proxy) => {
          const fromValues = names(listAt(proxy.merged, 'extraEnv'));
          const bySecret =
            typeof at(proxy.merged, 'config', 'existingSecret') === 'string' &&
            at(proxy.merged, 'proxyVarsAsSecrets') !== false;
          const there = [...fromValues, ...(bySecret ? fromSecret : [])];
          return texts(at(proxy.merged, 'alphaConfig', 'configData'))
            .flatMap(({ text }) => [...text.matchAll(/\$\{(\w+)\}/g)].map(([, name = '']) => name))
            .filter((name) => !there.includes(name))
            .flatMap((name) => finding(proxy, ['extraEnv'], `lacks ${name}, which OAuth2 Proxy's config uses`));
        }),
    ];
  },
};

const volumesAreThere: Rule = {
  name: 'volumes-are-there',
  reason:
    'A file that a program reads, or a folder that it writes to under a read-only root, needs a volume, or the pod never starts (kubernetes docs, concepts/storage/volumes).',
  check: (tree) =>
    (
      [
        ['dex', 'volumes', 'volumeMounts'],
        ['oauth2-proxy', 'extraVolumes', 'extraVolumeMounts'],
        ['oauth2-proxy-apps', 'extraVolumes', 'extraVolumeMounts'],
        ['gateway', 'volumes', 'volumeMounts'],
      ] as const
    ).flatMap(([component, volumeList, mountList]): Finding[] => {
      const chart = chartOf(tree, component);
      if (chart === undefined) return [];
      const volumes = listAt(chart.merged, volumeList).map((volume) => String(at(volume, 'name')));
      const mounts = listAt(chart.merged, mountList);
      const paths = mounts.map((mount) => String(at(mount, 'mountPath')));
      const readOnly = at(chart.merged, 'securityContext', 'readOnlyRootFilesystem') === true;
      const files = textsIn(chart.merged, 'caFiles');
      return [
        ...mounts
          .map((mount) => String(at(mount, 'name')))
          .filter((name) => !volumes.includes(name))
          .flatMap((name) => finding(chart, [volumeList], `lacks ${name}, which ${mountList} mounts`)),
        // Dex's entrypoint renders the configuration to /tmp.
        ...(component === 'dex' && readOnly && !paths.includes('/tmp')
          ? finding(
              chart,
              [mountList],
              'lacks /tmp, where Dex writes its configuration: the root file system is read-only',
            )
          : []),
        ...files
          .filter((file) => !paths.some((path) => file.startsWith(`${path}/`)))
          .flatMap((file) => finding(chart, [mountList], `lacks the folder of ${file}, which the config uses`)),
      ];
    }),
};

function textsIn(values: unknown, key: string): string[] {
  return texts(values).flatMap((one) => (one.key === key ? [one.text] : []));
}

const portsAreThose: Rule = {
  name: 'gateway-ports-are-those-of-its-policies',
  reason:
    "Policies match the port of the gateway's pods: port 80 is excluded from the check, for the redirect and ACME's challenge, and 443 is checked (ISTIO-SECURITY-2021-002).",
  check(tree) {
    const chart = chartOf(tree, 'gateway');
    if (chart === undefined) return [];
    const keys: Keys = ['service', 'ports'];
    const ports = at(chart.merged, ...keys);
    const sysctls = at(chart.merged, 'securityContext');
    const privileged = 'net.ipv4.ip_unprivileged_port_start';
    return [
      ...(Array.isArray(ports)
        ? [80, 443].flatMap((number) => {
            const port = ports.find((entry) => Number(at(entry, 'port')) === number);
            if (port === undefined) return finding(chart, keys, `lacks port ${number}`);
            const target = Number(at(port, 'targetPort') ?? number);
            return target === number
              ? []
              : finding(chart, keys, `must have targetPort ${number} for port ${number}, not ${target}`);
          })
        : []),
      ...(isMap(sysctls) && !listAt(sysctls, 'sysctls').some((entry) => at(entry, 'name') === privileged)
        ? finding(
            chart,
            ['securityContext', 'sysctls'],
            `lacks ${privileged}, so the gateway cannot open ports 80 and 443`,
          )
        : []),
    ];
  },
};

/** Charts that run a component's image. */
function chartsOf(component: string): string[] {
  return component === 'oauth2-proxy' ? [component, 'oauth2-proxy-apps'] : [component];
}

const imagesAreNewEnough: Rule = {
  name: 'images-are-new-enough',
  reason:
    'The tree relies on features and security fixes of an image, wherever its tag is set (GHSA-7rh7-c77v-6434, dexidp/dex release notes).',
  check: (tree) =>
    floors
      .filter(({ of }) => of === 'image')
      .flatMap((floor) => chartsOf(floor.component).map((name) => ({ floor, chart: chartOf(tree, name) })))
      .flatMap(({ floor, chart }): Finding[] => {
        const tag = at(chart?.merged, 'image', 'tag');
        // The generated layer repeats upstream.yaml, which has its own check.
        if (chart === undefined || typeof tag !== 'string' || below(tag, floor.least) !== true) return [];
        return finding(chart, ['image', 'tag'], tooOld(floor));
      }),
};

/** Values that the charts of the login must get. */
export const neededValueRules: readonly Rule[] = [
  theCheckAnswers,
  variablesAreThere,
  volumesAreThere,
  portsAreThose,
  imagesAreNewEnough,
];
