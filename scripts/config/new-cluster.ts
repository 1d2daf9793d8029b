import { stringify } from 'yaml';

/** What a new cluster's file states; what is left out stands there as a comment, with its default. */
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
}

/**
 * Writes the commented cluster.yaml of a new cluster.
 *
 * @returns the file's text; it is not validated, so that mistakes are reported with their place in the file
 */
export function newClusterFile(options: NewCluster): string {
  const { name, host = 'auto', context, gitUrl, branch, email = 'user@example.com' } = options;
  return `# yaml-language-server: $schema=../cluster.schema.json
# One cluster of the platform. A line that begins with "#" shows a default, or an example of something that is off.
# Change this file, then run: npm run bootstrap -- --cluster ${name}
name: ${scalar(name)}

# The one name under which people reach the platform: a DNS name, an IP address, or auto (the address that the load
# balancer gives; found by "npm run bootstrap -- --wait").
host: ${scalar(host)}

# The context in your kubeconfig. It is never the current one by accident: name it here, or with --context. Without
# one, the bootstrap writes down what it would apply.
${context === undefined ? commented(`kubernetes:\n  context: ${scalar(name)}`) : `kubernetes:\n  context: ${scalar(context)}`}

# Where the tree is published and where Argo CD reads it. Without url: a bare repository under .breakwater/, enough to
# try everything but a real cluster.
${gitSection(gitUrl, branch)}
# Who may log in. A password is made for each user and shown once, unless it comes from outside:
auth:
  users:
    - email: ${scalar(email)}
      # password: {env: USER_PASSWORD}
  # People of your company come in through a connector: GitHub, OIDC, LDAP, SAML or any other that Dex has.
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

# Where the certificate comes from: a private CA that is made in the cluster. For a public name, better:
# tls:
#   acme:
#     email: ${scalar(email)}

# How traffic reaches the gateway: through an address as the cloud gives it. On your own machines:
# loadBalancer:
#   metallb:
#     pools:
#       - name: public
#         addresses: [192.168.10.240-192.168.10.250]

# Which parts of Kubeflow run. All of these do; serving (KServe with Knative) is the one to ask for.
# kubeflow:
#   components: [central-dashboard, profiles, notebooks, volumes, tensorboards, pipelines, katib, trainer]

# What else runs behind the same login, from apps/. docs/apps.md says how to add a web program of your own.
# apps:
#   prometheus: {}
#   grafana: {access: {groups: [platform-admins]}}
#   argocd: {}

# Everything else has a default, too: clusters/cluster.schema.json describes each key, and an editor with a YAML
# language server completes it. Values of charts go to overrides/<component>.yaml beside this file.
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
  # Without credentials: the repository is public, and you push with what git on your machine has.
${indented(commented(credentials))}
`;
}

/** Quoted where YAML, in either version, would read something else than the text. */
function scalar(text: string): string {
  const plain = stringify(text, { version: '1.1', lineWidth: 0 }).trimEnd();
  return plain.startsWith('|') || plain.startsWith('>') ? JSON.stringify(text) : plain;
}

function commented(text: string): string {
  return text.replace(/^/gm, '# ');
}

function indented(text: string): string {
  return text.replace(/^/gm, '  ');
}
