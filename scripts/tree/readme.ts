import { generatedMark } from '../components/domain.ts';
import type { PlacedComponent, Platform } from '../components/platform.ts';
import { mermaid } from './graph.ts';

/**
 * Renders clusters/<name>/README.md: a diagram of the waves, and a table of the components.
 */
export function readme({ cluster, placed, waiting }: Platform): string {
  const url =
    cluster.knownHost === undefined ? 'not known yet: the load balancer assigns it' : `https://${cluster.knownHost}/`;
  return `<!-- ${generatedMark.slice(2)} from ${cluster.folder}/cluster.yaml: change that, then run "npm run render -- --cluster ${cluster.name}". -->
# Cluster ${cluster.name}

- Address: ${url}
- Repository: ${cluster.embeddedRemote ? 'the embedded remote under `.breakwater/` (no `git.url` in cluster.yaml)' : `\`${cluster.repositoryUrl}\``}, branch \`${cluster.git.branch}\`
- Root Application: \`${cluster.argocd.root.name}\` in namespace \`${cluster.argocd.namespace}\`

Each wave starts when everything in the wave before it is Healthy, on the first sync and on every later commit.

\`\`\`mermaid
${mermaid(placed)}\`\`\`

| wave | component | purpose | version | namespace |
| ---: | --- | --- | --- | --- |
${placed.map(({ component, wave, sources }) => `| ${wave} | ${component.name} | ${component.summary} | ${versionOf(sources)} | ${component.namespace(cluster)} |`).join('\n')}
${waiting.length === 0 ? '' : `\nSkipped until the host is known: ${waiting.map((component) => component.name).join(', ')}.\n`}
Edit \`cluster.yaml\`, and \`overrides/<component>.yaml\` for values of a chart. The bootstrap writes \`discovered.yaml\`. Everything else is generated.
`;
}

/** @returns the versions of a component's upstreams, `own manifests` when it has none */
function versionOf(sources: PlacedComponent['sources']): string {
  const versions = [...new Set(sources.map((source) => source.version))];
  return versions.length === 0 ? 'own manifests' : versions.join(', ');
}
