import type { Api } from '../../../cluster/api.ts';
import { ApiError } from '../../../cluster/api-error.ts';
import type { KubernetesObject } from '../../../components/component.ts';

/**
 * Asks the API server whether it would take an object, unknown fields and the rules of its CRD included; nothing is kept.
 *
 * @param namespace where the object lands when it names none
 * @returns the server's refusal; undefined when it takes the object
 */
export async function refusal(api: Api, object: KubernetesObject, namespace: string): Promise<string | undefined> {
  const { apiVersion, kind, metadata } = object;
  const resource = await api.findResource(apiVersion, kind);
  if (resource === undefined) return `the server does not know ${apiVersion} ${kind}`;
  const placed = resource.namespaced ? { ...object, metadata: { namespace, ...metadata } } : object;
  const root = resource.group === '' ? `/api/${resource.version}` : `/apis/${resource.group}/${resource.version}`;
  const inside = resource.namespaced ? `/namespaces/${placed.metadata.namespace}` : '';
  try {
    await api.request({
      method: 'PATCH',
      path: `${root}${inside}/${resource.plural}/${encodeURIComponent(metadata.name)}`,
      query: { fieldManager: 'test', force: 'true', dryRun: 'All', fieldValidation: 'Strict' },
      contentType: 'application/apply-patch+yaml',
      body: placed,
    });
    return undefined;
  } catch (error) {
    if (error instanceof ApiError) return error.message;
    throw error;
  }
}
