import semver from 'semver';
import type { InputFinding } from './positions.ts';
import type { ClusterFile } from './schema/cluster.ts';
import {
  type ComponentName,
  componentFacts,
  componentNames,
  type Floor,
  runsComponent,
} from './schema/component-facts.ts';
import type { Upstream } from './schema/upstream.ts';

/** The floor of a component's version. */
interface ComponentFloor extends Floor {
  component: ComponentName;
}

/** All floors of component-facts.ts. */
export const floors: readonly ComponentFloor[] = componentNames.flatMap((component) =>
  (componentFacts[component].floors ?? []).map((floor) => ({ ...floor, component })),
);

/** The oldest istiod that was seen to ask several checks for one gateway (pilot/pkg/security/authz/builder). */
const severalChecks = '1.31.0';

/** Components that run with istiod, and how far their minor version may be from istiod's. */
const skews = componentNames.flatMap((component) => {
  const { skew } = componentFacts[component];
  return skew === undefined ? [] : [{ ...skew, component }];
});

/** @returns whether a version is below another; undefined for an invalid version, which another check reports */
export function below(version: string | undefined, least: string): boolean | undefined {
  const parsed = semver.coerce(version, { includePrerelease: true });
  return parsed === null ? undefined : semver.lt(parsed, least);
}

/** @returns the message of the finding, without the position */
export function tooOld({ component, least, because }: ComponentFloor): string {
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
  const apart = skews
    .filter(({ component }) => runsComponent(file, component) && runsComponent(file, 'istiod'))
    .filter(({ component }) => own(component) !== undefined || own('istiod') !== undefined)
    .flatMap(({ component }): InputFinding[] => {
      const message = skewOf(component, versionOf(component), versionOf('istiod'));
      const at = own(component) === undefined ? 'istiod' : component;
      return message === undefined ? [] : [{ path: path(at), at: 'value', message }];
    });
  const single = file.auth.userCodeHost && below(own('istiod'), severalChecks) === true;
  const message = `is too old for auth.userCodeHost: istiod must be ${severalChecks} or newer, because older ones ask one check for each gateway (istio/istio#34041)`;
  return [...old, ...apart, ...(single ? [{ path: path('istiod'), at: 'value' as const, message }] : [])];
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
