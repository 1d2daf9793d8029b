import { Document } from 'yaml';
import { generatedMark } from '../components/domain.ts';

/**
 * Writes objects as YAML for people: their keys in the order given, nothing folded, no aliases, and everything quoted that
 * YAML 1.1 (kubectl, Helm) would read as something else than a text.
 *
 * @param header first line, see {@link header}
 * @param objects one YAML document each
 */
export function toYaml(header: string, objects: readonly object[]): string {
  return `${header}\n${objects.map(document).join('---\n')}`;
}

function document(value: object): string {
  return new Document(value, { version: '1.1', aliasDuplicateObjects: false }).toString({
    lineWidth: 0,
    blockQuote: 'literal',
  });
}

/**
 * @param source the file that it is made from, as `clusters/demo/cluster.yaml`
 * @param cluster name of the cluster, for the command
 * @param more where else a change may go
 * @returns the first line of a generated YAML file: what made it, and how to change it
 */
export function header(source: string, cluster: string, more = ''): string {
  return `${generatedMark} from ${source}: change that${more}, then run "npm run render -- --cluster ${cluster}".`;
}
