import { readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { carriedTool } from '../../tools/find.ts';
import { baseLayer, envoyProgram } from './base-image.ts';
import { buildPrograms, type Report } from './build.ts';
import { debianProgram } from './debian-program.ts';
import { type Image, type ImageFile, type ImageSpec, makeImage } from './images.ts';
import { moduleFolder } from './modules.ts';
import { pauseImage } from './node.ts';
import { storageImages } from './storage.ts';

/** The versions under which images are served: those that a repository's own files name. What is inside: {@link programVersion}. */
export interface ImageVersions {
  argocd: string;
  istio: string;
  certManager: string;
  dex: string;
  oauth2Proxy: string;
  metallb: string;
}

// Argo CD is one program that acts by the name it is called by.
const argocdNames = [
  'argocd-server',
  'argocd-repo-server',
  'argocd-cmp-server',
  'argocd-application-controller',
  'argocd-applicationset-controller',
  'argocd-commit-server',
  'argocd-dex',
  'argocd-k8s-auth',
  'argocd-notifications',
];

/**
 * Makes every image that the platform runs, from programs that are built on this machine.
 * @param versions the tags under which they are served.
 * @param fakes names under which the fake program is served, too.
 * @param more images that others have made programs for, by full name.
 * @returns full name (registry, repository, tag) → image.
 */
export async function makeImages(
  versions: ImageVersions,
  fakes: readonly string[],
  more: Readonly<Record<string, ImageSpec>>,
  report: Report,
): Promise<Record<string, Image>> {
  const base = await baseLayer(report);
  const specs = { ...(await clusterImages(report)), ...(await platformImages(versions, base, report)), ...more };
  const images: Record<string, Image> = {};
  const fake = specs[fakeImage];
  if (fake) {
    const image = await makeImage(fakeImage, fake);
    for (const name of fakes) images[name] = image;
  }
  for (const [name, spec] of Object.entries(specs)) images[name] = await makeImage(name, spec);
  return images;
}

async function clusterImages(report: Report): Promise<Record<string, ImageSpec>> {
  const built = await buildPrograms(['pause', 'coredns', 'metrics-server', 'fake'], { report });
  return {
    [pauseImage]: { files: { '/pause': { copy: built.pause } }, entrypoint: ['/pause'], user: '65535' },
    [fakeImage]: { files: { '/fake': { copy: built.fake } }, entrypoint: ['/fake'], user: '65532' },
    [metricsServerImage]: {
      files: { '/metrics-server': { copy: built['metrics-server'] } },
      entrypoint: ['/metrics-server'],
    },
    [corednsImage]: { files: { '/coredns': { copy: built.coredns } }, entrypoint: ['/coredns'] },
  };
}

/** The image of the cluster's name server. */
export const corednsImage = 'registry.k8s.io/coredns/coredns:v1.15.0';

/** The image of the program that takes the place of a web application. */
export const fakeImage = 'sandbox.local/fake:1.0.0';

/** The image of Debian's Prometheus: a web program that is someone else's, for apps behind the login. */
const prometheusImage = 'sandbox.local/prometheus:debian';

/** An image with a shell and curl, for requests from inside the cluster. */
export const probeImage = 'sandbox.local/probe:1.0.0';

/** The image that serves the metrics API. */
export const metricsServerImage = 'registry.k8s.io/metrics-server/metrics-server:v0.9.0';

async function platformImages(
  versions: ImageVersions,
  base: string,
  report: Report,
): Promise<Record<string, ImageSpec>> {
  const names = [
    ...(['cert-manager', 'dex', 'oauth2-proxy', 'local-path-provisioner'] as const),
    ...(['metallb-controller', 'metallb-speaker'] as const),
  ];
  const built = await buildPrograms(names, { report });
  const storage = await storageImages();
  const images: Record<string, ImageSpec> = {
    [`quay.io/argoproj/argocd:${versions.argocd}`]: await argocdImage(base, report),
    [probeImage]: { base, files: {}, entrypoint: [], user: '65532' },
    [storage.provisioner]: {
      files: { '/usr/bin/local-path-provisioner': { copy: built['local-path-provisioner'] } },
      entrypoint: [],
    },
    [storage.helper]: { base, files: {}, entrypoint: [] },
    'public.ecr.aws/docker/library/redis:8.2.3-alpine': { base, files: {}, entrypoint: ['redis-server'], user: '999' },
    // Upstream's entry point is a wrapper that renders templates; the chart says "dex serve" itself.
    [`ghcr.io/dexidp/dex:${versions.dex}`]: {
      base,
      files: {
        '/usr/local/bin/dex': { copy: built.dex },
        ...(await filesBelow(join(await moduleFolder('dex'), 'web'), '/srv/dex/web')),
      },
      folders: { '/var/dex': { owner: 1001 } },
      entrypoint: [],
      user: '1001:1001',
    },
    [`quay.io/oauth2-proxy/oauth2-proxy:${versions.oauth2Proxy}`]: {
      base,
      files: { '/bin/oauth2-proxy': { copy: built['oauth2-proxy'] } },
      entrypoint: ['/bin/oauth2-proxy'],
      user: '65532:65532',
    },
    ...(await istioImages(versions.istio, base, report)),
    [prometheusImage]: {
      base,
      files: await prometheusFiles(report),
      folders: { '/data': { owner: 65534 } },
      entrypoint: ['/usr/bin/prometheus'],
      user: '65534:65534',
      workingFolder: '/data',
    },
  };
  for (const part of ['controller', 'webhook', 'cainjector', 'acmesolver', 'startupapicheck']) {
    images[`quay.io/jetstack/cert-manager-${part}:${versions.certManager}`] = {
      base,
      files: { '/app/cert-manager': { copy: built['cert-manager'] } },
      entrypoint: ['/app/cert-manager', part],
      user: '1000',
    };
  }
  for (const part of ['controller', 'speaker'] as const) {
    images[`quay.io/metallb/${part}:${versions.metallb}`] = {
      files: { [`/${part}`]: { copy: built[`metallb-${part}`] } },
      entrypoint: [`/${part}`],
    };
  }
  return images;
}

/** Every file of a folder, at a path in an image. */
async function filesBelow(folder: string, path: string): Promise<Record<string, ImageFile>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(files.sort().map((file) => [join(path, relative(folder, file)), { copy: file }]));
}

/** Without the tool beside it, which is as large. */
async function prometheusFiles(report: Report): Promise<Record<string, ImageFile>> {
  const { '/usr/bin/promtool': _, ...files } = await debianProgram('prometheus', report);
  return files;
}

async function argocdImage(base: string, report: Report): Promise<ImageSpec> {
  const { argocd, kustomize } = await buildPrograms(['argocd', 'kustomize'], { report });
  const source = await moduleFolder('argo-cd');
  const bin = (name: string) => `/usr/local/bin/${name}`;
  const files: Record<string, ImageFile> = {
    [bin('argocd')]: { copy: argocd },
    [bin('kustomize')]: { copy: kustomize },
    [bin('helm')]: { copy: await carriedTool('helm') },
    [bin('entrypoint.sh')]: { copy: join(source, 'entrypoint.sh') },
    [bin('gpg-wrapper.sh')]: { copy: join(source, 'hack', 'gpg-wrapper.sh') },
    [bin('git-verify-wrapper.sh')]: { copy: join(source, 'hack', 'git-verify-wrapper.sh') },
    '/app/config/ssh/ssh_known_hosts': { text: '' },
    '/etc/ssh/ssh_known_hosts': { link: '/app/config/ssh/ssh_known_hosts' },
  };
  for (const name of argocdNames) files[bin(name)] = { link: bin('argocd') };
  return {
    base,
    files,
    folders: {
      '/home/argocd': { owner: 999 },
      '/app/config/tls': { owner: 0 },
      '/app/config/gpg/source': { owner: 0 },
      '/app/config/gpg/keys': { owner: 999 },
    },
    entrypoint: [bin('entrypoint.sh')],
    user: '999',
    workingFolder: '/home/argocd',
    env: ['USER=argocd', 'HOME=/home/argocd', 'GRPC_ENABLE_TXT_SERVICE_CONFIG=false'],
  };
}

async function istioImages(version: string, base: string, report: Report): Promise<Record<string, ImageSpec>> {
  const built = await buildPrograms(['pilot-discovery', 'pilot-agent', 'install-cni', 'istio-cni'], { report });
  const source = await moduleFolder('istio');
  return {
    [`docker.io/istio/pilot:${version}`]: {
      base,
      files: { '/usr/local/bin/pilot-discovery': { copy: built['pilot-discovery'] } },
      entrypoint: ['/usr/local/bin/pilot-discovery'],
      user: '1337:1337',
    },
    [`docker.io/istio/proxyv2:${version}`]: {
      base,
      files: {
        '/usr/local/bin/pilot-agent': { copy: built['pilot-agent'] },
        '/usr/local/bin/envoy': { copy: await envoyProgram(report) },
        '/var/lib/istio/envoy/envoy_bootstrap_tmpl.json': {
          copy: join(source, 'tools', 'packaging', 'common', 'envoy_bootstrap.json'),
        },
      },
      // The agent writes its certificates and settings here.
      folders: { '/var/lib/istio/envoy': { owner: 1337 }, '/etc/istio/proxy': { owner: 1337 } },
      entrypoint: ['/usr/local/bin/pilot-agent'],
      user: '1337:1337',
    },
    [`docker.io/istio/install-cni:${version}`]: {
      base,
      files: {
        '/opt/cni/bin/istio-cni': { copy: built['istio-cni'] },
        '/usr/local/bin/install-cni': { copy: built['install-cni'] },
      },
      entrypoint: ['/usr/local/bin/install-cni'],
      workingFolder: '/opt/cni/bin',
      env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/opt/cni/bin'],
    },
  };
}
