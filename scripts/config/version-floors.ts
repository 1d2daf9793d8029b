import semver from 'semver';
import type { InputFinding } from './positions.ts';
import type { ClusterFile } from './schema/cluster.ts';
import type { ComponentName } from './schema/component-facts.ts';
import type { Upstream } from './schema/upstream.ts';

/** The oldest version that the tree works with. */
interface Floor {
  component: ComponentName;
  /** Whether the floor is for the upstream, or for the image that replaces its default. */
  of: 'upstream' | 'image';
  least: string;
  /** Reason, with its source. */
  because: string;
}

const istio = 'older charts do not accept the generated values (istio docs, setup/upgrade)';

/** Every version that the tree needs, in one place. */
export const floors: readonly Floor[] = [
  {
    component: 'argocd',
    of: 'upstream',
    least: '3.5.4',
    because:
      'it fixes the critical vulnerabilities of October 2026; waves need syncPolicy.retry.refresh (argoproj/argo-cd#23038)',
  },
  {
    component: 'cert-manager',
    of: 'upstream',
    least: '1.15.0',
    because: 'crds.enabled, without which its kinds are missing, came with it (cert-manager docs, installation/helm)',
  },
  ...(['istio-base', 'istio-cni', 'istiod', 'gateway'] as const).map(
    (component): Floor => ({ component, of: 'upstream', least: '1.29.0', because: istio }),
  ),
  {
    component: 'dex',
    of: 'image',
    least: '2.45.0',
    because: 'groups of static users came with it (dexidp/dex, release notes of v2.45.0)',
  },
  {
    component: 'oauth2-proxy',
    of: 'upstream',
    least: '10.4.0',
    because: 'config.forceLegacyConfig, which the tree writes, came with it (oauth2-proxy/manifests#385)',
  },
  {
    component: 'oauth2-proxy',
    of: 'image',
    least: '7.15.4',
    because:
      'older ones let requests past the login (GHSA-7x63-xv5r-3p2x, GHSA-7rh7-c77v-6434, GHSA-5hvv-m4w4-gf6v, GHSA-c5c4-8r6x-56w3)',
  },
];

/** Components that run with istiod, and how far their minor version may differ: https://istio.io/latest/docs/releases/supported-releases/ */
const skews: readonly { component: ComponentName; older: number; newer: number; because: string }[] = [
  {
    component: 'istio-base',
    older: 0,
    newer: 1,
    because: 'istiod needs the CRDs of its own minor version or the next',
  },
  { component: 'istio-cni', older: 1, newer: 0, because: 'no part of the mesh can be newer than istiod' },
  { component: 'gateway', older: 1, newer: 0, because: 'a proxy cannot be newer than istiod (istio/istio.io#12554)' },
];

/** @returns whether a version is below another; undefined for an invalid version, which another check reports */
export function below(version: string | undefined, least: string): boolean | undefined {
  const parsed = semver.coerce(version, { includePrerelease: true });
  return parsed === null ? undefined : semver.lt(parsed, least);
}

/** @returns the message of the finding, without the position */
export function tooOld({ component, least, because }: Floor): string {
  return `is too old: ${component} must be ${least} or newer, because ${because}`;
}

/**
 * Finds versions below the floor in an upstream.yaml.
 *
 * @param folder for example `infrastructure/dex`
 */
export function upstreamFindings(folder: string, upstream: Upstream): InputFinding[] {
  return floors
    .filter(({ component }) => folder === `infrastructure/${component}`)
    .flatMap((floor): InputFinding[] => {
      if (floor.of === 'upstream')
        return below(upstream.version, floor.least) === true
          ? [{ path: ['version'], at: 'value', message: tooOld(floor) }]
          : [];
      const image = 'chart' in upstream ? upstream.image : undefined;
      if (image === undefined) {
        const message = `must set image: the chart's default can be older than ${floor.least}, and ${floor.because}`;
        return [{ path: ['image'], at: 'key', message }];
      }
      return below(image.version, floor.least) === true
        ? [{ path: ['image', 'version'], at: 'value', message: tooOld(floor) }]
        : [];
    });
}

/**
 * Finds versions in a cluster.yaml that are too old, or too far from istiod's.
 *
 * @param upstream the versions of all clusters, by folder
 */
export function versionFindings(file: ClusterFile, upstream: ReadonlyMap<string, Upstream>): InputFinding[] {
  const own = (component: ComponentName) =>
    component === 'argocd' ? file.argocd.version : file.components[component]?.version;
  const path = (component: ComponentName) =>
    component === 'argocd' ? ['argocd', 'version'] : ['components', component, 'version'];
  const old = floors
    .filter(({ component, of, least }) => of === 'upstream' && below(own(component), least) === true)
    .map((floor): InputFinding => ({ path: path(floor.component), at: 'value', message: tooOld(floor) }));
  const versionOf = (component: ComponentName) =>
    own(component) ?? upstream.get(`infrastructure/${component}`)?.version;
  const runs = (component: ComponentName) =>
    file.components[component]?.enabled !== false && (component !== 'istio-cni' || file.istio.cni.enabled);
  const apart = skews
    .filter(({ component }) => runs(component) && runs('istiod'))
    .filter(({ component }) => own(component) !== undefined || own('istiod') !== undefined)
    .flatMap(({ component }): InputFinding[] => {
      const message = skewOf(component, versionOf(component), versionOf('istiod'));
      const at = own(component) === undefined ? 'istiod' : component;
      return message === undefined ? [] : [{ path: path(at), at: 'value', message }];
    });
  return [...old, ...apart];
}

/**
 * Finds upstreams whose version is too far from istiod's.
 *
 * @returns findings by folder
 */
export function skewFindings(upstream: ReadonlyMap<string, Upstream>): [folder: string, InputFinding][] {
  const versionOf = (component: ComponentName) => upstream.get(`infrastructure/${component}`)?.version;
  return skews.flatMap(({ component }): [string, InputFinding][] => {
    const message = skewOf(component, versionOf(component), versionOf('istiod'));
    return message === undefined ? [] : [[`infrastructure/${component}`, { path: ['version'], at: 'value', message }]];
  });
}

function skewOf(component: ComponentName, version: string | undefined, istiod: string | undefined): string | undefined {
  const skew = skews.find((one) => one.component === component);
  const [part, control] = [semver.coerce(version), semver.coerce(istiod)];
  if (skew === undefined || part === null || control === null) return undefined;
  const ahead = (part.major - control.major) * 1000 + part.minor - control.minor;
  if (ahead <= skew.newer && ahead >= -skew.older) return undefined;
  return `${component} ${version} and istiod ${istiod} are incompatible: ${skew.because}, and at most one minor version apart`;
}
