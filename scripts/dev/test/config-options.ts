/** Part of a cluster.yaml. */
export type Settings = Readonly<Record<string, unknown>>;

/** One thing that a cluster.yaml may choose. Options of one question exclude each other, so they make no pair. */
export interface ConfigOption {
  name: string;
  question: string;
  settings: Settings;
  /** The address that the load balancer gave, where the host is to be discovered. */
  discovered?: string;
  /** tenant.yaml by team. */
  tenants?: Readonly<Record<string, string>>;
}

const owner = { email: 'ann@example.com', groups: ['platform-admins'] };
const secret = { env: 'SECRET' };
const vaultToken = { tokenSecretRef: { name: 'vault', key: 'token' } };

const someCa = Buffer.from('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n').toString('base64');

/** What every cluster of the pairs has. */
export const common: Settings = {
  name: 'pair',
  host: 'platform.example.com',
  git: { url: 'https://git.example.com/acme/platform.git' },
  auth: { users: [owner] },
};

function options(question: string, all: Readonly<Record<string, Settings | Omit<ConfigOption, 'name' | 'question'>>>) {
  return Object.entries(all).map(([name, what]): ConfigOption => {
    const own = 'settings' in what ? (what as Omit<ConfigOption, 'name' | 'question'>) : { settings: what };
    return { name, question, ...own };
  });
}

const parts = [
  'central-dashboard',
  'profiles',
  'notebooks',
  'volumes',
  'tensorboards',
  'pipelines',
  'katib',
  'trainer',
];
const onlyPart = (part: string): Settings => ({
  kubeflow: { components: part === 'profiles' ? ['profiles'] : ['profiles', part] },
});

/** Options whose pairs are rendered and checked. A new option of the schema belongs here. */
export const configOptions: readonly ConfigOption[] = [
  ...options('tls', {
    'a private CA': { tls: { privateCA: { commonName: 'Acme' } } },
    'a CA that is brought': { tls: { broughtCA: { certificateFile: 'ca.pem', keyFile: 'ca.key' } } },
    'a certificate': { tls: { certificate: { chain: secret, key: secret } } },
    'a certificate of a private CA': { tls: { certificate: { chain: secret, key: secret, ca: secret } } },
    ACME: { tls: { acme: { email: 'ann@example.com' } } },
    'ACME by DNS-01': {
      tls: {
        acme: {
          email: 'ann@example.com',
          dns01: {
            solver: { cloudflare: { apiTokenSecretRef: { name: 'cloudflare', key: 'token' } } },
            secrets: { cloudflare: { token: secret } },
          },
        },
      },
    },
    'an issuer of Vault': {
      tls: {
        issuer: {
          spec: { vault: { server: 'https://vault.example.com', path: 'pki/sign/x', auth: vaultToken } },
          trust: 'private',
          secrets: { vault: { token: secret } },
        },
      },
    },
    'an issuer of another group': {
      tls: { existingIssuer: { name: 'company', kind: 'AWSPCAClusterIssuer', group: 'awspca.cert-manager.io' } },
    },
    'an existing issuer': { tls: { existingIssuer: { name: 'company' } } },
    'an existing public issuer': { tls: { existingIssuer: { name: 'letsencrypt', trust: 'public' } } },
    'an existing private issuer': { tls: { existingIssuer: { name: 'company', trust: 'private' } } },
  }),
  ...options('issuer', { 'issuer: gateway': { auth: { issuer: 'gateway' } } }),
  ...options('connectors', {
    'connectors of every kind': {
      auth: {
        connectors: [
          {
            type: 'github',
            id: 'github',
            name: 'GitHub',
            clientID: 'a',
            clientSecret: secret,
            orgs: [{ name: 'acme' }],
          },
          {
            ...{ type: 'oidc', id: 'company', name: 'Company', issuer: 'https://login.example.com', clientID: 'a' },
            ...{ clientSecret: secret, unverifiedEmails: 'reject', groups: true },
          },
          {
            ...{ type: 'ldap', id: 'ldap', name: 'LDAP', host: 'ldap.example.com:636', bindDN: 'cn=reader' },
            ...{ bindPassword: secret, unverifiedEmails: 'accept', userSearch: { baseDN: 'ou=people' } },
          },
          {
            ...{ type: 'other', id: 'google', name: 'Google', dexType: 'google', unverifiedEmails: 'reject' },
            ...{ config: { clientID: 'a', serviceAccountFilePath: '$ACCOUNT' }, files: { ACCOUNT: secret } },
          },
        ],
      },
    },
  }),
  ...options("users' code", { "a host for users' code": { auth: { userCodeHost: true } } }),
  ...options('branding', {
    branding: {
      branding: {
        name: 'Acme ML',
        colours: { accent: '#ffd400', accentOnDark: '#4b2e83' },
        contact: { name: 'the platform team', link: 'https://help.example.com/?topic=ml' },
      },
    },
  }),
  ...options('groups', { 'groups that may log in': { auth: { groups: ['ml', 'platform-admins'] } } }),
  ...options('machines', { 'machine tokens': { auth: { machineTokens: true } } }),
  ...options('exceptions', {}),
  ...options('session', {
    'sessions in Redis': {
      auth: { session: { store: 'redis', redis: { url: 'redis://redis.example.com:6379', password: secret } } },
    },
    'sessions in Redis by TLS': {
      auth: { session: { store: 'redis', redis: { url: 'rediss://redis.example.com:6379', caBundle: someCa } } },
    },
    'a short session': { auth: { session: { lifetime: '8h', refresh: '15m' } } },
  }),
  ...options('host', {
    'an IP address': { host: '192.0.2.10' },
    'an IPv6 address': { host: '2001:db8::10' },
    'an address to be discovered': { host: 'auto' },
    'a discovered address': { settings: { host: 'auto' }, discovered: '192.0.2.20' },
    'a discovered name': { settings: { host: 'auto' }, discovered: 'lb-1.cloud.example.com' },
  }),
  ...options('further names', { 'names that redirect': { redirectHosts: ['ml.example.com', 'old.example.com'] } }),
  ...options('load balancer', {
    MetalLB: {
      loadBalancer: { metallb: { pools: [{ name: 'a', addresses: ['192.0.2.0/24'] }], address: '192.0.2.10' } },
    },
    'MetalLB by BGP': {
      loadBalancer: {
        publicPort: 8443,
        metallb: {
          pools: [{ name: 'a', addresses: ['192.0.2.0/28'] }],
          bgp: { asn: 64512, peers: [{ address: '192.0.2.65', asn: 64513, password: secret }] },
        },
      },
    },
    'node ports': { loadBalancer: { nodePort: { http: 30080, https: 30443 } } },
    'node ports behind another port': { loadBalancer: { nodePort: { http: 30080, https: 30443, publicPort: 443 } } },
    'a fixed address': { loadBalancer: { address: { ip: '192.0.2.30' } } },
    'another public port': { loadBalancer: { publicPort: 8443 } },
    'PROXY protocol and a class': { loadBalancer: { proxyProtocol: true, class: 'service.k8s.aws/nlb' } },
    annotations: { loadBalancer: { annotations: { 'example.com/internal': 'true' } } },
  }),
  ...options('distribution', {
    GKE: { kubernetes: { distribution: 'gke' } },
    OpenShift: { kubernetes: { distribution: 'openshift' } },
    'name servers elsewhere': {
      kubernetes: {
        nameServers: [{ address: '10.0.0.2' }, { address: 'fd00::10', port: 5353 }],
        apiPorts: [8443],
        storageClass: 'fast',
      },
    },
  }),
  ...options('CNI', {
    'no CNI plugin': { istio: { cni: { enabled: false } } },
    'folders of the CNI plugin': { istio: { cni: { binDir: '/home/kubernetes/bin', confDir: '/etc/cni' } } },
  }),
  ...options('proxies', { 'proxies in front': { istio: { trustedProxies: 1 } } }),
  ...options('Kubeflow', {
    'no Kubeflow': { kubeflow: { components: [] } },
    ...Object.fromEntries(parts.map((part) => [`only ${part}`, onlyPart(part)])),
    serving: { kubeflow: { components: [...parts, 'serving'] } },
    'only serving': { kubeflow: { components: ['serving'], defaultProfile: { enabled: false } } },
  }),
  ...options('profile', {
    'no default profile': { kubeflow: { defaultProfile: { enabled: false } } },
    'a named profile': { kubeflow: { defaultProfile: { name: 'ann', owner: 'ann@example.com' } } },
  }),
  ...options('apps', {
    'Argo CD as an app': { apps: { argocd: {} } },
    'Argo CD at another host': { apps: { argocd: { host: 'cd' } } },
    Grafana: { apps: { grafana: {} } },
    'Grafana and Prometheus elsewhere': {
      apps: { grafana: { host: 'metrics' }, prometheus: { path: '/tools/prometheus/', access: { everyone: true } } },
    },
  }),
  ...options('mirrors', {
    mirrors: {
      mirrors: {
        charts: {
          'https://charts.dexidp.io': 'oci://registry.example.com/charts',
          'https://blob.istio.io/istio-release/charts': 'https://mirror.example.com/istio',
        },
        git: { 'https://github.com/argoproj/argo-cd': 'https://git.example.com/mirror/argo-cd' },
        images: { 'docker.io': 'registry.example.com/docker', 'quay.io': 'registry.example.com/quay' },
        logins: [
          { url: 'oci://registry.example.com/charts', username: 'reader', password: secret },
          { url: 'https://git.example.com/mirror/argo-cd', username: 'reader', password: secret },
        ],
        caFile: 'ca.pem',
      },
    },
    'a pull secret': { mirrors: { pullSecret: secret } },
  }),
  ...options('proxy to the internet', {
    'a proxy': { proxy: { https: 'http://proxy.example.com:3128', no: ['.corp.example.com', '203.0.113.0/24'] } },
  }),
  ...options('Argo CD', {
    'an Argo CD that is there': { argocd: { install: false } },
    'Argo CD elsewhere': { argocd: { namespace: 'gitops', root: { name: 'root', project: 'base' } } },
    "Argo CD's local admin": { argocd: { localAdmin: true } },
  }),
  ...options('Git', {
    'a webhook': { git: { webhook: true, url: 'https://github.com/acme/platform.git', host: { token: secret } } },
    'an SSH key': {
      git: {
        url: 'ssh://git@git.example.com:2222/acme/platform.git',
        credentials: { sshKey: { file: 'id_ed25519' }, knownHosts: { file: 'known_hosts' } },
      },
    },
    'a held commit': { git: { revision: '0123456789abcdef0123456789abcdef01234567' } },
  }),
  ...options('settings', {
    'deadlines and sync options': { components: { dex: { readyWithin: '15m', syncOptions: ['Replace=true'] } } },
  }),
  ...options('without', {
    'without Dex': { components: { dex: { enabled: false } } },
    'without cert-manager': { components: { 'cert-manager': { enabled: false } } },
    'without tenants': { components: { tenants: { enabled: false } } },
  }),
  ...options('tenants', {
    'tenants of both kinds': {
      settings: { labels: { region: 'eu' } },
      tenants: {
        blue: 'kind: kubeflow\nowner: ann@example.com\nmembers: [{group: ml, role: edit}]\n',
        green: 'kind: namespace\nowner: ann@example.com\nmembers: [{group: dev, role: view}]\n',
      },
    },
    'tenants with a cloud role and nodes of their own': {
      settings: {},
      tenants: {
        blue: [
          'kind: kubeflow',
          'owner: {group: ml}',
          'serviceAccounts: {pullSecrets: [registry], annotations: {iam.gke.io/gcp-service-account: blue@acme.iam.gserviceaccount.com}}',
          'pods: {nodeSelector: {pool: blue}, tolerations: [{key: dedicated, value: blue}]}',
          'network: {cloudIdentity: true}\n',
        ].join('\n'),
      },
    },
  }),
  ...options('secrets', { 'external secrets': { secrets: { externalSecrets: { store: { name: 'vault' } } } } }),
];

const discovered = ['an address to be discovered', 'a discovered address', 'a discovered name'];
const nameless = ['an IP address', 'an IPv6 address', ...discovered];
const argocd = ['Argo CD as an app', 'Argo CD at another host'];
const ownHosts = [...argocd, 'Grafana', 'Grafana and Prometheus elsewhere'];
const each = (ones: readonly string[], others: readonly string[], message: string) =>
  ones.flatMap((one) => others.map((other) => [one, other, message] as const));

/** Pairs that contradict each other, with what the schema says about them. */
export const contradictions: readonly (readonly [one: string, other: string, message: string])[] = [
  ...each(['ACME', 'ACME by DNS-01'], nameless, 'needs a DNS name as host'),
  ...each(['a certificate', 'a certificate of a private CA'], discovered, 'needs a host that is known'),
  ...each(nameless, ownHosts, 'has its own host, which needs a DNS name'),
  ...each(["a host for users' code"], nameless, 'auth.userCodeHost needs a DNS name'),
  ...each(discovered, ['node ports', 'node ports behind another port'], 'no load balancer address to discover'),
  ...each(
    ['an existing issuer', 'an issuer of another group'],
    ['issuer: gateway', ...argocd],
    'tls.existingIssuer.trust',
  ),
  ...each(
    ['no Kubeflow', 'only serving'],
    ['tenants of both kinds', 'tenants with a cloud role and nodes of their own'],
    "needs Kubeflow's profiles",
  ),
];
