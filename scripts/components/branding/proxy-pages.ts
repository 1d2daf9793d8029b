import type { Cluster } from '../../config/cluster.ts';
import { Html, html } from '../../page/html.ts';
import type { KubernetesObject } from '../component.ts';
import { brandedPage, homeLink } from './page.ts';
import { pagesObject } from './pages-object.ts';

/** Folder of OAuth2 Proxy's templates in its pods. */
export const proxyPagesFolder = '/etc/breakwater/pages';

/**
 * OAuth2 Proxy's pages, as templates of Go, which escapes what it puts in. Sign-in pages are never shown, because the login starts at
 * once; without these files, each start would log an error.
 *
 * @see https://oauth2-proxy.github.io/oauth2-proxy/configuration/overview#page-template-options
 */
export function proxyPages(cluster: Cluster): KubernetesObject {
  const { name } = cluster.branding;
  const again = (path: string) => ({ text: 'Sign in again', to: `{{.ProxyPrefix}}/${path}?rd={{.Redirect}}` });
  const define = (file: string, page: string) => `{{define "${file}"}}${page}{{end}}\n`;
  return pagesObject('oauth2-proxy-pages', {
    'error.html': define(
      'error.html',
      brandedPage(cluster, {
        title: new Html('{{if eq .StatusCode 403}}You are not signed in{{else}}Signing in did not work{{end}}'),
        text: html`${new Html('{{if eq .StatusCode 403}}')}Your account may not use ${name}, or the sign-in took too long.${new Html('{{else}}{{.Message}}{{end}}')}`,
        links: [again('start'), homeLink(cluster)],
      }),
    ),
    'sign_in.html': define(
      'sign_in.html',
      brandedPage(cluster, { title: 'Sign in', text: `${name} asks who you are.`, links: [again('start')] }),
    ),
    'robots.txt': 'User-agent: *\nDisallow: /\n',
  });
}
