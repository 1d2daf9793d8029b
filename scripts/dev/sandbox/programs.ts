/** A program that is built from a pinned Go module. */
export interface Program {
  /** The folder below modules/ whose go.mod pins it. */
  module: string;
  /** The module in that go.mod whose version is the program's; none for a program of our own. */
  upstream?: string;
  /** The package that is built. */
  package: string;
  /** What people call the version, where the pinned one is a commit. */
  label?: string;
  /** About how long a cold build takes on two cores: shown to anyone who waits. */
  minutes: number;
  /** Build tags. */
  tags?: string;
  /** True where C has to be compiled, too: a C compiler is needed. */
  cgo?: true;
  /** Variables that the linker sets; VERSION, MAJOR and MINOR stand for the program's version. */
  stamps?: readonly string[];
}

// Without these, Kubernetes' programs call themselves v0.0.0-master and charts that ask for a version refuse them.
const kubernetesStamps = ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'].flatMap((at) => [
  `${at}.gitVersion=vVERSION`,
  `${at}.gitMajor=MAJOR`,
  `${at}.gitMinor=MINOR`,
]);

function kubernetes(name: string, minutes: number): Program {
  return {
    module: 'kubernetes',
    upstream: 'k8s.io/kubernetes',
    package: `k8s.io/kubernetes/cmd/${name}`,
    minutes,
    stamps: kubernetesStamps,
  };
}

const argoCd = 'github.com/argoproj/argo-cd/v3';
const istio = { module: 'istio', upstream: 'istio.io/istio', label: '1.31.1' };
const metallb = { module: 'metallb', upstream: 'go.universe.tf/metallb' };
const pebble = { module: 'pebble', upstream: 'github.com/letsencrypt/pebble/v2', minutes: 1 };
const sops = { module: 'sops', upstream: 'github.com/getsops/sops/v3' };
const localPath = 'github.com/rancher/local-path-provisioner';
const trainer = { module: 'trainer', upstream: 'github.com/kubeflow/trainer/v2' };
const oauth2Proxy = 'github.com/oauth2-proxy/oauth2-proxy/v7';

/** Every program that the sandbox can build, by its file's name. */
export const programs = {
  etcd: { module: 'etcd', upstream: 'go.etcd.io/etcd/server/v3', package: 'go.etcd.io/etcd/server/v3', minutes: 1 },
  'kube-apiserver': kubernetes('kube-apiserver', 6),
  'kube-controller-manager': kubernetes('kube-controller-manager', 2),
  'kube-scheduler': kubernetes('kube-scheduler', 1),
  kubelet: kubernetes('kubelet', 1),
  'kube-proxy': kubernetes('kube-proxy', 1),
  pause: { module: 'pause', package: '.', label: '3.10', minutes: 1 },
  // Upstream's judge of NetworkPolicies, fed by our own main.
  'network-policies': {
    module: 'network-policies',
    upstream: 'sigs.k8s.io/kube-network-policies',
    package: '.',
    minutes: 1,
  },
  coredns: {
    module: 'coredns',
    upstream: 'github.com/coredns/coredns',
    package: 'github.com/coredns/coredns',
    minutes: 2,
  },
  'metrics-server': {
    module: 'metrics-server',
    upstream: 'sigs.k8s.io/metrics-server',
    package: 'sigs.k8s.io/metrics-server/cmd/metrics-server',
    minutes: 3,
  },
  argocd: {
    module: 'argo-cd',
    upstream: argoCd,
    package: `${argoCd}/cmd`,
    minutes: 6,
    stamps: [`${argoCd}/common.version=VERSION`],
  },
  kustomize: {
    module: 'kustomize',
    upstream: 'sigs.k8s.io/kustomize/kustomize/v5',
    package: 'sigs.k8s.io/kustomize/kustomize/v5',
    minutes: 1,
    stamps: ['sigs.k8s.io/kustomize/api/provenance.version=vVERSION'],
  },
  'pilot-discovery': { ...istio, package: 'istio.io/istio/pilot/cmd/pilot-discovery', minutes: 4 },
  'pilot-agent': { ...istio, package: 'istio.io/istio/pilot/cmd/pilot-agent', minutes: 1 },
  'install-cni': { ...istio, package: 'istio.io/istio/cni/cmd/install-cni', minutes: 1 },
  'istio-cni': { ...istio, package: 'istio.io/istio/cni/cmd/istio-cni', minutes: 1 },
  'cert-manager': {
    module: 'cert-manager',
    upstream: 'github.com/cert-manager/cert-manager',
    package: '.',
    minutes: 2,
    stamps: ['github.com/cert-manager/cert-manager/pkg/util.AppVersion=vVERSION'],
  },
  dex: {
    module: 'dex',
    upstream: 'github.com/dexidp/dex',
    package: 'github.com/dexidp/dex/cmd/dex',
    label: '2026-08-06',
    minutes: 1,
    stamps: ['main.version=2026-08-06'],
  },
  'oauth2-proxy': {
    module: 'oauth2-proxy',
    upstream: oauth2Proxy,
    package: oauth2Proxy,
    minutes: 1,
    stamps: [`${oauth2Proxy}/pkg/version.VERSION=vVERSION`],
  },
  fake: { module: 'fake', package: '.', label: '1.0.0', minutes: 1 },
  // An ACME server for tests, and the name server that it asks.
  pebble: { ...pebble, package: `${pebble.upstream}/cmd/pebble` },
  'pebble-challtestsrv': { ...pebble, package: `${pebble.upstream}/cmd/pebble-challtestsrv` },
  // A Git host for tests, with an API close to GitHub's; SQLite is C.
  gitea: {
    module: 'gitea',
    upstream: 'code.gitea.io/gitea',
    package: 'code.gitea.io/gitea',
    minutes: 4,
    tags: 'sqlite,sqlite_unlock_notify',
    cgo: true,
    stamps: ['main.Version=VERSION'],
  },
  // What a bootstrap decrypts Secrets with, and what makes a key for it.
  sops: { ...sops, package: `${sops.upstream}/cmd/sops`, minutes: 3 },
  'age-keygen': { ...sops, upstream: 'filippo.io/age', package: 'filippo.io/age/cmd/age-keygen', minutes: 1 },
  'local-path-provisioner': { module: 'local-path-provisioner', upstream: localPath, package: localPath, minutes: 2 },
  // Kubeflow's, with its own manifests only.
  'trainer-manager': { ...trainer, package: `${trainer.upstream}/cmd/trainer-controller-manager`, minutes: 3 },
  'jobset-manager': { module: 'jobset', upstream: 'sigs.k8s.io/jobset', package: 'sigs.k8s.io/jobset', minutes: 2 },
  'metallb-controller': { ...metallb, package: 'go.universe.tf/metallb/controller', minutes: 2 },
  'metallb-speaker': { ...metallb, package: 'go.universe.tf/metallb/speaker', minutes: 1 },
} as const satisfies Record<string, Program>;

/** The name of a program that the sandbox can build. */
export type ProgramName = keyof typeof programs;
