import type { Cluster } from '../../config/cluster.ts';
import { html } from '../../page/html.ts';
import type { KubernetesObject } from '../component.ts';
import { contactLine, masthead, styleOf } from './look.ts';
import { pagesObject } from './pages-object.ts';

/** Folder of Dex's pages in its image: https://github.com/dexidp/dex/blob/v2.46.0/Dockerfile */
const folder = '/srv/dex/web';
const theme = 'breakwater';

/** Dex's own templates that these take the place of. The others use the same header, footer and style. */
const templates = ['header.html', 'footer.html', 'password.html'] as const;

/** @returns the section `frontend` of Dex's configuration */
export function dexFrontend({ branding }: Cluster): Record<string, unknown> {
  return { dir: folder, theme, issuer: branding.name };
}

/** @returns the ConfigMap with a theme, and with the templates that it needs */
export function dexPages(cluster: Cluster): KubernetesObject {
  return pagesObject('dex-pages', {
    'styles.css': styleOf(cluster) + dexStyle,
    'header.html': header(cluster),
    'footer.html': html`</main>
<footer>${contactLine(cluster)}</footer>
</body>
</html>
`.text,
    'password.html': passwordPage,
  });
}

/** @returns the volume with the pages, and where Dex reads them */
export function dexPageMounts(cluster: Cluster): { volume: object; mounts: object[] } {
  const name = 'pages';
  const mount = (path: string, subPath: string) => ({
    name,
    mountPath: `${folder}/${path}`,
    subPath,
    readOnly: true,
  });
  return {
    volume: { name, configMap: { name: dexPages(cluster).metadata.name } },
    mounts: [
      mount(`themes/${theme}/styles.css`, 'styles.css'),
      ...templates.map((file) => mount(`templates/${file}`, file)),
    ],
  };
}

/** Dex's own pages with scripts are for a second factor and for its own sessions, which are off. */
function header(cluster: Cluster): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sign in – ${cluster.branding.name}</title>
<link rel="stylesheet" href="{{ url .ReqPath &quot;static/main.css&quot; }}">
<link rel="stylesheet" href="{{ url .ReqPath &quot;theme/styles.css&quot; }}">
</head>
<body>
${masthead(cluster)}
<main>
<h1>Sign in to ${cluster.branding.name}</h1>
`.text.replaceAll('&quot;', '"');
}

/** The fields and their ids are those of Dex's own page. */
const passwordPage = `{{ template "header.html" . }}
<div class="theme-panel">
{{ if .Invalid }}<p id="login-error" class="dex-error-box" role="alert">The {{ .UsernamePrompt | lower }} or the password is wrong.</p>{{ end }}
<form method="post" action="{{ .PostURL }}">
<label for="login">{{ .UsernamePrompt }}</label>
<input id="login" name="login" type="text" value="{{ .Username }}" required autocomplete="username" autocapitalize="none" spellcheck="false"{{ if not .Username }} autofocus{{ end }}>
<label for="password">Password</label>
<input id="password" name="password" type="password" required autocomplete="current-password"{{ if .Username }} autofocus{{ end }}>
{{ if .ShowRememberMe }}<label class="remember"><input name="remember_me" type="checkbox"{{ if .RememberMeChecked }} checked{{ end }}> Remember me</label>{{ end }}
<button id="submit-login" type="submit">Sign in</button>
</form>
{{ if .BackLink }}<p class="back"><a href="{{ .BackLink }}">Sign in another way</a></p>{{ end }}
</div>
{{ template "footer.html" . }}
`;

/** Dex's classes, in the colours of the other pages. */
const dexStyle = `h1{text-align:center}
.theme-heading{font-size:1.1rem}
.theme-form-row{margin:12px 0}
label{display:block;margin:16px 0 4px;font-weight:600}
.remember{font-weight:400}
input:not([type=checkbox]):not([type=hidden]){display:block;width:100%;height:44px;padding:8px 12px;border:1px solid var(--soft);border-radius:8px;background:var(--back);color:var(--ink);font:inherit}
button{width:100%;margin:20px 0 0;min-height:44px}
button .dex-btn-text,.dex-btn-provider .dex-btn-text{font-weight:600}
.dex-btn-provider,.theme-btn-provider{display:flex;width:100%;border:1px solid var(--soft);background:var(--card);color:var(--ink)}
.dex-btn-provider:hover,.theme-btn-provider:hover{background:var(--back)}
.dex-error-box{max-width:none;margin:0 0 12px;padding:0;background:none;color:var(--bad);font-size:1rem;font-weight:600}
.dex-subtle-text,.dex-list,.dex-separator{color:var(--soft);font-size:1rem}
.back{margin:20px 0 0}
`;
