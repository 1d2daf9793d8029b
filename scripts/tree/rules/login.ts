import { clientId, sidecarAddresses } from '../../components/login-proxy.ts';
import {
  allObjects,
  at,
  isMap,
  listAt,
  nameOf,
  nestedIn,
  type ParsedTree,
  textsAt,
  valuesOf,
  type YamlMap,
} from './parsed-tree.ts';
import type { Finding, Rule } from './rule.ts';

/** Options of OAuth2 Proxy that let requests bypass the login, and what each does, with its advisory. */
const forbidden: Readonly<Record<string, string>> = {
  'skip-auth-route': 'lets requests bypass the login (GHSA-7rh7-c77v-6434)',
  'skip-auth-routes': 'lets requests bypass the login (GHSA-7rh7-c77v-6434)',
  'skip-auth-regex': 'lets requests bypass the login (GHSA-7rh7-c77v-6434)',
  'skip-auth-preflight': 'lets preflight requests bypass the login',
  'trusted-ip': 'lets these addresses bypass the login',
  'trusted-ips': 'lets these addresses bypass the login',
  'ping-user-agent': 'answers this user agent without a login (GHSA-5hvv-m4w4-gf6v)',
  'gcp-healthchecks': 'answers health checks without a login (GHSA-5hvv-m4w4-gf6v)',
  'ssl-insecure-skip-verify': 'trusts any certificate',
  'insecure-oidc-allow-unverified-email': 'accepts unverified e-mail addresses (dexidp/dex#3811)',
  'insecure-allow-unverified-email': 'accepts unverified e-mail addresses (dexidp/dex#3811)',
  'insecure-skip-issuer-verification': 'accepts tokens of any issuer',
  'insecure-skip-nonce': 'accepts a token that was issued for another login',
};

/** An option, and where it is set. */
interface Option {
  /** The component that it belongs to. */
  of: string;
  file: string;
  path: string;
  name: string;
  value: unknown;
}

/** Components that are an OAuth2 Proxy: the platform's, and that for users' code. */
const proxies = ['oauth2-proxy', 'oauth2-proxy-apps'] as const;

/** @returns whether a component is an OAuth2 Proxy */
export function isProxy(component: string): boolean {
  return (proxies as readonly string[]).includes(component);
}

/** @returns the options in all layers of values and in rendered pods: flags, variables and configuration files */
export function options(tree: ParsedTree): Option[] {
  const fromValues = proxies.flatMap((of) =>
    valuesOf(tree, of)
      .flatMap(({ file, values }) => [
        ...flags(values).map((flag) => ({ file, ...flag })),
        ...configLines(at(values, 'config', 'configFile')).map((line) => ({
          file,
          path: 'config.configFile',
          ...line,
        })),
        ...variables(listAt(values, 'extraEnv')).map((variable) => ({ file, path: 'extraEnv', ...variable })),
        ...switches(at(values, 'alphaConfig', 'configData'), 'alphaConfig.configData').map((one) => ({ file, ...one })),
      ])
      .map((option) => ({ of, ...option })),
  );
  const fromArguments = allObjects(tree)
    .filter(
      ({ object, rendered }) => rendered && object.kind === 'Deployment' && object.metadata.name.includes(clientId),
    )
    .flatMap(({ file, object }) =>
      listAt(object, 'spec', 'template', 'spec', 'containers').flatMap((container) =>
        [...textsAt(container, 'args').map(argument), ...variables(listAt(container, 'env'))].map((option) => ({
          of: object.metadata.name,
          file,
          path: nameOf(object),
          ...option,
        })),
      ),
    );
  return [...fromValues, ...fromArguments];
}

function spelt(name: string): string {
  return name.replace(/^-+/, '').replaceAll('_', '-');
}

function flags(values: YamlMap): Omit<Option, 'of' | 'file'>[] {
  const { extraArgs } = values;
  if (isMap(extraArgs)) {
    return Object.entries(extraArgs).map(([name, value]) => ({ path: `extraArgs.${name}`, name: spelt(name), value }));
  }
  return textsAt(values, 'extraArgs').map((text, index) => ({ path: `extraArgs[${index}]`, ...argument(text) }));
}

function argument(text: string): Pick<Option, 'name' | 'value'> {
  const equals = text.indexOf('=');
  return equals === -1
    ? { name: spelt(text), value: true }
    : { name: spelt(text.slice(0, equals)), value: text.slice(equals + 1) };
}

/** Each option has a variable: https://oauth2-proxy.github.io/oauth2-proxy/configuration/overview#environment-variables */
function variables(list: readonly unknown[]): Pick<Option, 'name' | 'value'>[] {
  return list.flatMap((entry) => {
    const name = String(at(entry, 'name'));
    const { value } = isMap(entry) ? entry : {};
    return name.startsWith('OAUTH2_PROXY_') && value !== undefined
      ? [{ name: spelt(name.slice('OAUTH2_PROXY_'.length).toLowerCase()), value }]
      : [];
  });
}

/** The booleans of the structured configuration, whose keys are case-insensitive. */
function switches(value: unknown, path: string): Omit<Option, 'of' | 'file'>[] {
  return nestedIn(value, path)
    .filter((one) => typeof one.value === 'boolean' && !one.path.endsWith(']'))
    .map((one) => ({ ...one, name: one.key.replaceAll(/(?<=[a-z])[A-Z]/g, '-$&').toLowerCase() }));
}

function configLines(text: unknown): Pick<Option, 'name' | 'value'>[] {
  if (typeof text !== 'string') return [];
  return [...text.matchAll(/^\s*([A-Za-z_]+)\s*=\s*(.*?)\s*$/gm)].map(([, name = '', value = '']) => ({
    name: spelt(name),
    value,
  }));
}

function isOn({ value }: Option): boolean {
  return (
    ![false, 'false', '', '[]', '""', null].includes(value as string) && !(Array.isArray(value) && value.length === 0)
  );
}

const nothingSkipsTheLogin: Rule = {
  name: 'nothing-skips-the-login',
  reason:
    'Each of these options has been used to bypass the login (GHSA-7x63-xv5r-3p2x, GHSA-7rh7-c77v-6434, GHSA-5hvv-m4w4-gf6v, GHSA-c5c4-8r6x-56w3).',
  check: (tree) =>
    options(tree)
      .filter((option) => forbidden[option.name] !== undefined && isOn(option))
      .map(({ file, path, name }) => ({ file, path, message: `${name} ${forbidden[name]}` })),
};

const proxiesAreNamed: Rule = {
  name: 'proxies-are-named',
  reason: 'With reverse-proxy and no list of trusted proxies anyone can forge X-Forwarded-* (GHSA-7x63-xv5r-3p2x).',
  check(tree) {
    const all = options(tree);
    const lists = all.filter(({ name, ...option }) => /^trusted-proxy-ips?$/.test(name) && isOn({ name, ...option }));
    const right = sidecarAddresses.split(',').toSorted().join(',');
    const entries = (value: unknown) =>
      (Array.isArray(value) ? value : String(value).split(',')).map(String).toSorted();
    const wrong = lists.filter(({ value }) => entries(value).join(',') !== right);
    return [
      ...all
        .filter((option) => option.name === 'reverse-proxy' && isOn(option) && lists.length === 0)
        .map(({ file, path }) => ({ file, path, message: 'needs trusted-proxy-ip' })),
      ...wrong.map(({ file, path }) => ({
        file,
        path,
        message: `must be ${sidecarAddresses}, the addresses from which a sidecar forwards requests`,
      })),
    ];
  },
};

const safeCookies: Rule = {
  name: 'safe-cookies',
  reason:
    'Without Secure and HttpOnly, scripts and network listeners can read the session cookie (oauth2-proxy docs, configuration).',
  check: (tree) =>
    options(tree)
      .filter((option) => /^cookie-(secure|httponly)$/.test(option.name) && !isOn(option))
      .map(({ file, path, name }) => ({ file, path, message: `${name} must be true` })),
};

const callback = '/oauth2/callback';

/** Whether each host has a login of its own, so that the platform's OAuth2 Proxy may end it where it began: Dex holds the list of hosts. */
function hostless(tree: ParsedTree): boolean {
  return valuesOf(tree, proxies[1]).length > 0;
}

const ownRedirects: Rule = {
  name: 'own-redirects',
  reason:
    'A relative redirect or a wide allowlist can send users to a foreign site after the login (canonical/bundle-kubeflow#539, oauth2-proxy#922, #1460).',
  check: (tree) =>
    options(tree).flatMap(({ file, path, name, value }): Finding[] => {
      const texts = [value].flat().map(String);
      const open = hostless(tree) && texts.every((text) => text === callback);
      if (name === 'redirect-url' && !open && !texts.every((text) => text.startsWith('https://'))) {
        return [{ file, path, message: 'must be absolute, with https://' }];
      }
      const wide = /^whitelist-domains?$/.test(name) && texts.some((text) => /^"?(\.|\*)/.test(text));
      return wide ? [{ file, path, message: 'must name hosts, not whole domains' }] : [];
    }),
};

const sameRedirect: Rule = {
  name: 'same-redirect',
  reason:
    'Dex compares redirect URIs byte for byte, and a different one makes every login fail (kubeflow/community-distribution#2754).',
  check: (tree) =>
    proxies.flatMap((of) => {
      const redirect = options(tree).findLast((option) => option.of === of && option.name === 'redirect-url');
      if (redirect === undefined) return [];
      const value = String(redirect.value);
      const known = (uri: string) => uri === value || (value === callback && uri.endsWith(value));
      return valuesOf(tree, 'dex').flatMap(({ file, values }) =>
        listAt(values, 'config', 'staticClients')
          .map((client, index) => ({ id: at(client, 'id'), uris: textsAt(client, 'redirectURIs'), index }))
          // Other clients, such as Argo CD, have redirects of their own.
          .filter(({ id, uris }) => id === of && !uris.some(known))
          .map(({ index }) => ({
            file,
            path: `config.staticClients[${index}].redirectURIs`,
            message: `lacks ${value}, which ${redirect.file} has`,
          })),
      );
    }),
};

/** OAuth2 Proxy and Dex: how users log in. */
export const loginRules: readonly Rule[] = [
  nothingSkipsTheLogin,
  proxiesAreNamed,
  safeCookies,
  ownRedirects,
  sameRedirect,
];
