import { componentFacts } from './component-facts.ts';

const all = Object.values(componentFacts);

/** Namespaces reserved for Kubernetes or the platform. */
export const takenNamespaces: readonly string[] = [
  ...new Set([
    ...['default', 'kube-system', 'kube-public', 'kube-node-lease'],
    ...all.flatMap(({ namespaces }) => namespaces),
  ]),
].sort();

/** First segments of the platform's paths. */
export const platformPaths: readonly string[] = all.flatMap(({ paths }) => paths ?? []).sort();

/** Prefixes of the paths that lead to code that users run. */
export const codePaths: readonly string[] = all
  .flatMap(({ codePaths: segments }) => segments ?? [])
  .map((segment) => `/${segment}/`)
  .sort();
