import type { Api } from './api.ts';
import type { LiveData } from './live.ts';

/**
 * @returns one key of a Secret as a string; undefined when the Secret, the key or its value is missing
 * @throws ApiError without the right to read it
 */
export async function secretText(
  api: Api,
  { name, namespace }: { name: string; namespace: string },
  key: string,
): Promise<string | undefined> {
  const secret = await api.find<LiveData>({ apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace } });
  const value = secret?.data?.[key];
  return value === undefined || value === '' ? undefined : Buffer.from(value, 'base64').toString('utf8');
}
