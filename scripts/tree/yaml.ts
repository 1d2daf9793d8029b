import { generatedMark } from '../components/domain.ts';
import { yamlText } from '../components/yaml-text.ts';

/**
 * Writes a generated YAML file; see {@link yamlText}.
 *
 * @param header first line, see {@link header}
 * @param objects one YAML document each
 */
export function toYaml(header: string, objects: readonly object[]): string {
  return `${header}\n${objects.map(yamlText).join('---\n')}`;
}

/**
 * @param source the file that it is generated from, as `clusters/demo/cluster.yaml`
 * @param cluster name of the cluster, for the command
 * @param more another file to change instead
 * @returns the first line of a generated YAML file: its source, and how to change it
 */
export function generatedHeader(source: string, cluster: string, more = ''): string {
  return `${generatedMark} from ${source}: change that${more}, then run "npm run render -- --cluster ${cluster}".`;
}
