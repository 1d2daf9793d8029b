import { stringify } from 'yaml';

/** Settings of a new cluster's file. Absent ones are written as comments, with their defaults. */
export interface NewCluster {
  name: string;
  /** DNS name, IP address or `auto`. Default: auto. */
  host?: string | undefined;
  /** Context in the kubeconfig. */
  context?: string | undefined;
  gitUrl?: string | undefined;
  /** Default: main. */
  branch?: string | undefined;
  /** Address of the first user. Default: user@example.com. */
  email?: string | undefined;
  /** `private`, `acme` or `issuer:NAME`. Default: private. */
  tls?: string | undefined;
  /** `cloud`, `node-port`, or address ranges for MetalLB (comma-separated). Default: cloud. */
  loadBalancer?: string | undefined;
}

/**
 * Writes the commented cluster.yaml of a new cluster.
 *
 * @returns the file's text; it is not validated, so that mistakes are reported with their position in the file
 */
export function newClusterFile(options: NewCluster): string {
  const { name, host = 'auto', context, gitUrl, branch, email = 'user@example.com', tls, loadBalancer } = options;
  return `# yaml-language-server: $schema=../cluster.schema.json
# Configuration of one cluster. Commented lines show a default, or an example of something that is off.
# After a change, run: npm run bootstrap -- --cluster ${name}
name: ${scalar(name)}

# The platform's host: a DNS name, an IP address, or auto (the load balancer's address, discovered by
# "npm run bootstrap -- --wait").
host: ${scalar(host)}

# Context in your kubeconfig. The current context is never used implicitly: set it here, or pass --context. Without
# a context, the bootstrap writes the manifests to a folder instead of applying them.
${context === undefined ? commented(`kubernetes:\n  context: ${scalar(name)}`) : `kubernetes:\n  context: ${scalar(context)}`}

# The repository that holds the tree and that Argo CD reads. Without url: a bare repository under .breakwater/, enough
# to try everything except a real cluster.
${gitSection(gitUrl, branch)}
# Users who may log in. Unless you set a password, the bootstrap generates one and shows it once:
auth:
  users:
    - email: ${scalar(email)}
      # password: {env: USER_PASSWORD}
  # Connect your identity provider with a connector: GitHub, OIDC, LDAP, SAML or any other connector of Dex.
  # connectors:
  #   - type: oidc
  #     id: company
  #     name: Company login
  #     issuer: https://login.example.com
  #     clientID: kubeflow
  #     clientSecret: {env: OIDC_CLIENT_SECRET}
  #     unverifiedEmails: reject
  # emailDomains: [example.com]
  # session:
  #   lifetime: 168h
  #   refresh: 1h

# The gateway's certificate. Default: a private CA created in the cluster. For a public DNS name, use ACME:
${tlsSection(tls, email)}

# How traffic reaches the gateway. Default: a load balancer with an address from the cloud. On bare metal:
${loadBalancerSection(loadBalancer)}

# Parts of Kubeflow to install. These are the default; serving (KServe with Knative) is optional.
# kubeflow:
#   components: [central-dashboard, profiles, notebooks, volumes, tensorboards, pipelines, katib, trainer]

# Apps from apps/ that run behind the same login. To add your own, see docs/apps.md.
# apps:
#   prometheus: {}
#   grafana: {access: {groups: [platform-admins]}}
#   argocd: {}

# All other settings have defaults: clusters/cluster.schema.json describes each key, and an editor with a YAML
# language server completes it. Put Helm values in overrides/<component>.yaml next to this file.
`;
}

function gitSection(url: string | undefined, branch: string | undefined): string {
  if (url === undefined) {
    const own = branch === undefined ? '' : `git:\n  branch: ${scalar(branch)}\n`;
    return `${own}${commented(`git:\n  url: https://github.com/acme/platform.git\n  credentials:\n    token: {env: GIT_TOKEN}`)}\n`;
  }
  const credentials = /^(https?|file):/i.test(url)
    ? 'credentials:\n  token: {env: GIT_TOKEN}'
    : 'credentials:\n  sshKey: {file: ../deploy-key}\n  knownHosts: {file: ../known_hosts}';
  return `git:
  url: ${scalar(url)}
${branch === undefined ? '  # branch: main' : `  branch: ${scalar(branch)}`}
  # Without credentials, the repository must be public, and the bootstrap pushes with the credentials of your own git.
${indented(commented(credentials))}
`;
}

function tlsSection(tls = 'private', email: string): string {
  const acme = `tls:\n  acme:\n    email: ${scalar(email)}`;
  if (tls === 'private') return commented(acme);
  if (tls === 'acme') return acme;
  return `tls:\n  existingIssuer:\n    name: ${scalar(tls.replace(/^issuer:/, ''))}`;
}

function loadBalancerSection(loadBalancer = 'cloud'): string {
  const metallb = (ranges: string) =>
    `loadBalancer:\n  metallb:\n    pools:\n      - name: public\n        addresses: [${ranges}]`;
  if (loadBalancer === 'cloud') return commented(metallb('192.168.10.240-192.168.10.250'));
  if (loadBalancer === 'node-port') return 'loadBalancer:\n  nodePort: {}';
  return metallb(
    loadBalancer
      .split(',')
      .map((range) => scalar(range.trim()))
      .join(', '),
  );
}

/** @returns what a cluster.yaml sets, without its comments and blank lines */
export function uncommentedLines(text: string): string {
  return text.replace(/^ *(#.*)?\n/gm, '');
}

/** Quotes text that YAML 1.1 or 1.2 would read as something other than that string. */
function scalar(text: string): string {
  const plain = stringify(text, { version: '1.1', lineWidth: 0 }).trimEnd();
  return plain.startsWith('|') || plain.startsWith('>') ? JSON.stringify(text) : plain;
}

/** @returns the text with `# ` before each line */
export function commented(text: string): string {
  return text.replace(/^/gm, '# ');
}

/** @returns the text with two spaces before each line */
export function indented(text: string): string {
  return text.replace(/^/gm, '  ');
}
