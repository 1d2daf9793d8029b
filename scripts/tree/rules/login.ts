import { clientId, sidecarAddresses } from '../../components/oauth2-proxy.ts';
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
  file: string;
  path: string;
  name: string;
  value: unknown;
}

const component = 'oauth2-proxy';

/** @returns the options in all layers of values and in rendered pods: flags, variables and configuration files */
export function options(tree: ParsedTree): Option[] {
  const fromValues = valuesOf(tree, component).flatMap(({ file, values }) => [
    ...flags(values).map((flag) => ({ file, ...flag })),
    ...configLines(at(values, 'config', 'configFile')).map((line) => ({ file, path: 'config.configFile', ...line })),
    ...variables(listAt(values, 'extraEnv')).map((variable) => ({ file, path: 'extraEnv', ...variable })),
    ...switches(at(values, 'alphaConfig', 'configData'), 'alphaConfig.configData').map((one) => ({ file, ...one })),
  ]);
  const fromArguments = allObjects(tree)
    .filter(
      ({ object, rendered }) => rendered && object.kind === 'Deployment' && object.metadata.name.includes(component),
    )
    .flatMap(({ file, object }) =>
      listAt(object, 'spec', 'template', 'spec', 'containers').flatMap((container) =>
        [...textsAt(container, 'args').map(argument), ...variables(listAt(container, 'env'))].map((option) => ({
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

function flags(values: YamlMap): Omit<Option, 'file'>[] {
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
function switches(value: unknown, path: string): Omit<Option, 'file'>[] {
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

const ownRedirects: Rule = {
  name: 'own-redirects',
  reason:
    'A relative redirect or a wide allowlist can send users to a foreign site after the login (canonical/bundle-kubeflow#539, oauth2-proxy#922, #1460).',
  check: (tree) =>
    options(tree).flatMap(({ file, path, name, value }): Finding[] => {
      const texts = [value].flat().map(String);
      if (name === 'redirect-url' && !texts.every((text) => text.startsWith('https://'))) {
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
  check(tree) {
    const redirect = options(tree)
      .filter(({ name }) => name === 'redirect-url')
      .at(-1);
    if (redirect === undefined) return [];
    return valuesOf(tree, 'dex').flatMap(({ file, values }) =>
      listAt(values, 'config', 'staticClients')
        .map((client, index) => ({ id: at(client, 'id'), uris: textsAt(client, 'redirectURIs'), index }))
        // Other clients, such as Argo CD, have redirects of their own.
        .filter(({ id, uris }) => id === clientId && !uris.includes(String(redirect.value)))
        .map(({ index }) => ({
          file,
          path: `config.staticClients[${index}].redirectURIs`,
          message: `lacks ${String(redirect.value)}, which ${redirect.file} has`,
        })),
    );
  },
};

/** OAuth2 Proxy and Dex: how users log in. */
export const loginRules: readonly Rule[] = [
  nothingSkipsTheLogin,
  proxiesAreNamed,
  safeCookies,
  ownRedirects,
  sameRedirect,
];
