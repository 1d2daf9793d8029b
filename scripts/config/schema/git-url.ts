/** A parsed repository address, for every use (push, Secret, known hosts, AppProject). */
export interface GitUrl {
  scheme: 'https' | 'http' | 'ssh' | 'file';
  /** Host name; empty for file. */
  host: string;
  /** Port, if the URL has one. */
  port?: number;
  /** User name of an ssh address. */
  user?: string;
  /** Path without leading and trailing slashes (file: absolute path). */
  path: string;
  /** The one spelling used everywhere: Secret, AppProject, every source. */
  canonical: string;
}

export interface GitUrlProblem {
  problem: string;
  hint: string;
}

/** What is wrong with GitLab's addresses without the suffix. */
export const gitlabNeedsSuffix = 'must end with ".git": GitLab redirects other addresses, and Argo CD does not follow';

/**
 * Parses a repository address that both git and Argo CD understand.
 *
 * Argo CD compares repositories by a normalised URL; we keep one spelling, so plain comparison works:
 * https://github.com/argoproj/argo-cd/blob/master/util/git/git.go (NormalizeGitURL).
 *
 * @param text an https://, ssh://, user@host:path or file:// address
 * @returns the parts, or the problem with a hint
 */
export function parseGitUrl(text: string): GitUrl | GitUrlProblem {
  if (text.trim() !== text || /\s/.test(text))
    return {
      problem: 'must not contain spaces',
      hint: /^file:/i.test(text)
        ? `Write ${encodeURI(text.trim())}`
        : "For Azure DevOps, put the project's id in place of its name, or use the ssh address, with %20.",
    };
  const codeCommit = /^codecommit:(?::([a-z0-9-]+):)?\/\/(?:[^@/]+@)?([\w.-]+)$/.exec(text);
  if (codeCommit !== null)
    return {
      problem: 'needs a helper (git-remote-codecommit), which Argo CD does not have',
      hint: `Write https://git-codecommit.${codeCommit[1] ?? 'REGION'}.amazonaws.com/v1/repos/${codeCommit[2]}`,
    };
  const schemed = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text);
  if (schemed === null) return parseScpLike(text);
  const scheme = (schemed[1] ?? '').toLowerCase();
  if (scheme === 'file') return parseFile(text);
  if (scheme !== 'https' && scheme !== 'http' && scheme !== 'ssh') {
    return { problem: `"${scheme}://" is not supported`, hint: 'Use https://, ssh://, user@host:path or file://.' };
  }
  if (!URL.canParse(text)) {
    return scheme === 'ssh' && /^ssh:\/\/([^/@]+@)?[^/:]+:[^/0-9]/.test(text)
      ? { problem: 'mixes ssh:// with the scp-like form', hint: 'Write ssh://git@host/path, or git@host:path.' }
      : { problem: 'is not a URL', hint: 'For example https://github.com/acme/platform.git' };
  }
  const url = new URL(text);
  if (url.password !== '' || (scheme !== 'ssh' && url.username !== '')) {
    return {
      problem: 'must not contain credentials: they would end up in Git, logs and process lists',
      // Clone buttons of Azure DevOps and Bitbucket put a user name there, which is not needed.
      hint:
        scheme === 'ssh'
          ? 'Remove the password: ssh uses the key in git.credentials.'
          : 'Remove everything between "//" and "@". A token belongs in git.credentials, with its user name if the host wants one.',
    };
  }
  if (url.search !== '' || url.hash !== '')
    return { problem: 'must not have a query or a fragment', hint: 'Set git.branch for a branch.' };
  const path = url.pathname.replace(/^\/+|\/+$/g, '');
  if (path === '')
    return { problem: 'has a host but no repository', hint: `For example ${scheme}://${url.host}/acme/platform.git` };
  if (url.pathname.endsWith('/'))
    return { problem: 'must not end with "/"', hint: `Write ${text.replace(/\/+$/, '')}` };
  if (path.includes('//'))
    return {
      problem: 'must not contain "//" in its path',
      hint: `Write ${path.replace(/\/{2,}/g, '/')} after the host.`,
    };
  if (scheme !== 'ssh' && /%20/.test(path))
    return {
      problem: 'has a space (%20) in its path, which Argo CD hands to git as a space (argoproj/argo-cd#20800)',
      hint: "For Azure DevOps, put the project's id in place of its name, or use the ssh address.",
    };
  const [owner, name, ...more] = path.split('/');
  if (url.hostname === 'github.com' && more.length > 0)
    return {
      problem: 'is the address of a web page, not of a repository',
      hint: `Write ${scheme}://github.com/${owner}/${name}`,
    };
  if (scheme !== 'ssh' && /^gitlab\./i.test(url.hostname) && !path.endsWith('.git')) {
    return {
      problem: gitlabNeedsSuffix,
      hint: `Write ${text}.git`,
    };
  }
  const user = url.username === '' ? {} : { user: url.username };
  const port = url.port === '' ? {} : { port: Number(url.port) };
  const authority = `${scheme === 'ssh' && url.username !== '' ? `${url.username}@` : ''}${url.host.toLowerCase()}`;
  return {
    scheme,
    host: url.hostname.toLowerCase(),
    ...port,
    ...user,
    path,
    canonical: `${scheme}://${authority}/${path}`,
  };
}

/**
 * @returns an address as Argo CD compares it: lower case, without a trailing ".git" or "/", the scp-like form and ssh:// alike
 * @see https://github.com/argoproj/argo-cd/blob/master/util/git/git.go (NormalizeGitURL)
 */
export function comparedUrl(url: string): string {
  const text = url
    .trim()
    .toLowerCase()
    .replace(/\/+$/, '')
    .replace(/\.git$/, '');
  const scp = /^([^@/]+@)?([^:/]+):(?!\/\/)(.+)$/.exec(text);
  return scp === null ? text.replace(/^ssh:\/\//, '') : `${scp[1] ?? ''}${scp[2]}/${scp[3]}`;
}

function parseScpLike(text: string): GitUrl | GitUrlProblem {
  if (/^[^/]*:[^/]*@/.test(text)) {
    return {
      problem: 'must not contain credentials: they would end up in Git, logs and process lists',
      hint: 'Put them under git.credentials.',
    };
  }
  const match = /^(?:([^@/:]+)@)?([^/:@]+):(.*)$/.exec(text);
  if (match === null)
    return { problem: 'is not a repository address', hint: 'Use https://, ssh://, user@host:path or file://.' };
  const [, user, host = '', path = ''] = match;
  if (path.startsWith('/')) {
    return {
      problem: 'an scp-like path must not start with "/": Argo CD and git read it differently',
      hint: `Write ssh://${user === undefined ? '' : `${user}@`}${host}${path}`,
    };
  }
  const port = /^(\d{1,5})\/(.+)$/.exec(path);
  if (port !== null) {
    return {
      problem: 'an scp-like address cannot have a port: git would read it as a folder',
      hint: `Write ssh://${user === undefined ? '' : `${user}@`}${host}:${port[1]}/${port[2]}`,
    };
  }
  const trimmed = path.replace(/\/+$/, '');
  if (trimmed === '')
    return { problem: 'has a host but no repository', hint: `For example git@${host}:acme/platform.git` };
  if (trimmed !== path) return { problem: 'must not end with "/"', hint: `Write ${text.replace(/\/+$/, '')}` };
  if (user === undefined)
    return host.includes('.')
      ? { problem: 'has no user', hint: `Write git@${host}:${path}` }
      : {
          problem: 'is not a full address',
          hint: `For example git@github.com:${path}. Argo CD does not know a short form from your git settings.`,
        };
  return { scheme: 'ssh', host: host.toLowerCase(), user, path, canonical: `${user}@${host.toLowerCase()}:${path}` };
}

function parseFile(text: string): GitUrl | GitUrlProblem {
  const rest = text.slice('file://'.length);
  if (!rest.startsWith('/') || rest === '/')
    return { problem: 'needs an absolute path', hint: 'For example file:///srv/git/platform.git (three slashes).' };
  const path = rest.replace(/\/+$/, '');
  if (/%(?![0-9a-f]{2})/i.test(path))
    return { problem: 'has a "%" that does not start an escape', hint: 'Write "%" as %25.' };
  return { scheme: 'file', host: '', path: decodeURIComponent(path), canonical: `file://${path}` };
}
