import type { SecretReference } from '../config/schema/common.ts';
import type { Connector } from '../config/schema/connectors.ts';
import { takesRedirect } from '../config/schema/raw-connector.ts';

/** A secret of a connector: its source, and its name at Dex. */
export interface ConnectorSecret {
  /** Key of the Secret, and name of the environment variable or of the file. */
  variable: string;
  from: SecretReference;
  as: 'variable' | 'file';
}

/** Folder of Dex's pod with the files that connectors read. */
export const connectorFiles = '/etc/dex-connectors';

/** @returns the secrets of a connector, by their names in its config */
export function connectorSecrets(connector: Connector): ConnectorSecret[] {
  const secret = (name: string, from: SecretReference | undefined): ConnectorSecret[] =>
    from === undefined ? [] : [{ variable: variable(connector, name), from, as: 'variable' }];
  switch (connector.type) {
    case 'github':
    case 'oidc':
      return secret('CLIENT_SECRET', connector.clientSecret);
    case 'ldap':
      return secret('BIND_PASSWORD', connector.bindPassword);
    case 'saml':
      return [];
    case 'other':
      return [
        ...Object.entries(connector.secrets).flatMap(([name, from]) => secret(name, from)),
        ...Object.entries(connector.files).map(([name, from]) => ({
          variable: variable(connector, name),
          from,
          as: 'file' as const,
        })),
      ];
  }
}

/**
 * One entry of Dex's `connectors`: https://dexidp.io/docs/connectors/
 *
 * @param redirectURI URL that the provider redirects to after a login
 */
export function dexConnector(connector: Connector, redirectURI: string): Record<string, unknown> {
  const { id, name } = connector;
  const entry = (type: string, config: Record<string, unknown>) => ({
    type,
    id,
    name,
    config: withoutUndefined(config),
  });
  switch (connector.type) {
    case 'github':
      return entry('github', {
        clientID: connector.clientID,
        clientSecret: `$${variable(connector, 'CLIENT_SECRET')}`,
        redirectURI,
        orgs: connector.orgs.map((org) => withoutUndefined(org)),
        hostName: connector.hostName,
        loadAllGroups: false,
        teamNameField: 'slug',
        useLoginAsID: false,
      });
    case 'oidc':
      return entry('oidc', {
        issuer: connector.issuer,
        clientID: connector.clientID,
        clientSecret: `$${variable(connector, 'CLIENT_SECRET')}`,
        redirectURI,
        scopes: connector.scopes,
        insecureSkipEmailVerified: connector.unverifiedEmails === 'accept',
        insecureEnableGroups: connector.groups,
        claimModifications:
          connector.groupsPrefix === undefined ? undefined : { modifyGroupNames: { prefix: connector.groupsPrefix } },
        getUserInfo: connector.getUserInfo,
        ...claims(connector.claimMapping),
        userNameKey: connector.userNameKey,
        userIDKey: connector.userIDKey,
        promptType: connector.promptType === 'omit' ? '' : connector.promptType,
        rootCAs: connector.rootCAData === undefined ? undefined : [connector.rootCAData],
      });
    case 'ldap':
      return entry('ldap', {
        host: connector.host,
        insecureNoSSL: connector.insecureNoSSL,
        startTLS: connector.startTLS,
        rootCAData: connector.rootCAData,
        bindDN: connector.bindDN,
        bindPW: connector.bindPassword === undefined ? undefined : `$${variable(connector, 'BIND_PASSWORD')}`,
        userSearch: withoutUndefined(connector.userSearch),
        groupSearch: connector.groupSearch === undefined ? undefined : withoutUndefined(connector.groupSearch),
      });
    case 'saml':
      return entry('saml', {
        ssoURL: connector.ssoURL,
        caData: connector.caData,
        redirectURI,
        entityIssuer: connector.entityIssuer,
        ssoIssuer: connector.ssoIssuer,
        usernameAttr: connector.usernameAttr,
        emailAttr: connector.emailAttr,
        groupsAttr: connector.groupsAttr,
      });
    case 'other':
      return entry(connector.dexType, {
        ...(withSecrets(connector.config, connector) as Record<string, unknown>),
        ...(takesRedirect(connector.dexType) ? { redirectURI } : {}),
      });
  }
}

/** Dex prefers its default claims to mapped ones unless it is configured otherwise. */
function claims(mapping: Extract<Connector, { type: 'oidc' }>['claimMapping']): Record<string, unknown> {
  if (mapping === undefined) return {};
  const { email, groups, preferredUsername } = mapping;
  return {
    claimMapping: withoutUndefined({ email, groups, preferred_username: preferredUsername }),
    overrideClaimMapping: true,
  };
}

function variable(connector: Connector, name: string): string {
  // Neither part can contain two underscores, so names of two connectors never clash.
  return `CONNECTOR_${connector.id.toUpperCase().replaceAll('-', '_')}__${name}`;
}

/** Expands $NAME in a raw config to the full name of the variable, which is unique per connector, or to the path of the file. */
function withSecrets(value: unknown, connector: Extract<Connector, { type: 'other' }>): unknown {
  if (typeof value === 'string') {
    return value.replaceAll(/\$([A-Z][A-Z0-9_]*)/g, (text, name: string) => {
      if (name in connector.files) return `${connectorFiles}/${variable(connector, name)}`;
      return name in connector.secrets ? `$${variable(connector, name)}` : text;
    });
  }
  if (Array.isArray(value)) return value.map((item) => withSecrets(item, connector));
  if (value !== null && typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withSecrets(item, connector)]));
  }
  return value;
}

function withoutUndefined(value: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined));
}
