import type { Cluster } from '../../config/cluster.ts';
import { Html, html } from '../../page/html.ts';
import { publicAddress } from '../address.ts';
import type { KubernetesObject } from '../component.ts';
import { filterTypes, gatewayFilter, gatewayListeners } from '../envoy-filter.ts';
import { signOutPath } from '../login-proxy.ts';
import { brandedPage, homeLink, type PageText, tryAgain } from './page.ts';

/** Dynamic metadata with the address of a user whom an app's filter refuses; escaped for HTML. */
export const refusedUser = { namespace: 'breakwater.refused', key: 'user' } as const;

/** Where a page names the user. No escaped text holds it. */
const userMark = new Html('<user>');

/** An error page, and the answers of the gateway that it replaces. */
interface ErrorPage extends PageText {
  /** Condition on attributes: https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/advanced/attributes */
  when: string;
}

/**
 * Pages in place of the gateway's own errors, for browsers: programs, which do not accept text/html, get Envoy's plain text as before.
 * Only the body and its type change, never the status, so the pages open nothing. Answers of upstreams and OAuth2 Proxy stay as they are.
 *
 * @see https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_conn_man/local_reply
 */
export function errorPages(cluster: Cluster): KubernetesObject {
  return gatewayFilter('error-pages', [
    {
      applyTo: 'NETWORK_FILTER',
      match: gatewayListeners,
      patch: {
        operation: 'MERGE',
        value: {
          typed_config: {
            '@type': `${filterTypes}.network.http_connection_manager.v3.HttpConnectionManager`,
            local_reply_config: { mappers: pages(cluster).map((page) => mapper(cluster, page)) },
          },
        },
      },
    },
  ]);
}

function pages(cluster: Cluster): ErrorPage[] {
  const { name } = cluster.branding;
  const home = homeLink(cluster);
  // The first that matches is used.
  return [
    {
      when: "response.code == 403 && response.code_details == 'ext_authz_error'",
      title: 'Signing in does not work right now',
      text: 'The login service does not answer. Try again in a minute.',
      links: [tryAgain, home],
    },
    {
      when: `response.code == 403 && '${refusedUser.namespace}' in metadata.filter_metadata`,
      title: 'You cannot open this page',
      text: html`You are signed in as <b>${userMark}</b>, and this account has no access to it.`,
      links: [home, ...signOut(cluster)],
    },
    {
      when: "response.code == 403 && !response.code_details.startsWith('ext_authz')",
      title: 'You cannot open this page',
      text: 'The gateway refused the request.',
    },
    {
      when: 'response.code == 404',
      title: 'Page not found',
      text: 'There is nothing at this address. The link may be old, or the page was removed.',
    },
    {
      when: 'response.code == 429',
      title: 'Too many requests',
      text: 'Wait a minute, then try again.',
      links: [tryAgain, home],
    },
    {
      when: 'response.code in [500, 502, 503, 504]',
      title: 'Not available right now',
      text: `This part of ${name} does not answer. It may be starting: try again in a minute.`,
      links: [tryAgain, home],
    },
  ];
}

function signOut(cluster: Cluster) {
  if (cluster.knownHost === undefined) return [];
  return [{ text: 'Sign out', to: `https://${publicAddress(cluster).authority}${signOutPath(cluster)}` }];
}

function mapper(cluster: Cluster, { when, ...text }: ErrorPage): Record<string, unknown> {
  const page = brandedPage(cluster, text);
  const namesUser = page.includes(userMark.text);
  const format = (inline_string: string) => ({
    text_format_source: { inline_string },
    content_type: 'text/html; charset=utf-8',
  });
  return {
    filter: {
      extension_filter: {
        name: 'envoy.access_loggers.extension_filters.cel',
        typed_config: {
          '@type': 'type.googleapis.com/envoy.extensions.access_loggers.filters.cel.v3.ExpressionFilter',
          expression: `${when} && request.headers['accept'].contains('text/html')`,
        },
      },
    },
    ...(namesUser ? {} : { body: { inline_string: page } }),
    body_format_override: format(namesUser ? withUser(page) : '%LOCAL_REPLY_BODY%'),
    headers_to_add: [
      { header: { key: 'cache-control', value: 'no-store' }, append_action: 'OVERWRITE_IF_EXISTS_OR_ADD' },
    ],
  };
}

/** @returns the page as a format, in which a percent sign begins a command: https://www.envoyproxy.io/docs/envoy/latest/configuration/advanced/substitution_formatter */
function withUser(page: string): string {
  const { namespace, key } = refusedUser;
  return page.replaceAll('%', '%%').replace(userMark.text, `%DYNAMIC_METADATA(${namespace}:${key})%`);
}
