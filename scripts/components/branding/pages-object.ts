import { createHash } from 'node:crypto';
import type { KubernetesObject } from '../component.ts';
import { authNamespace, early } from '../domain.ts';

/** @returns a ConfigMap with these files, whose name stays, so that lists in overrides/ can repeat it */
export function pagesObject(name: string, data: Readonly<Record<string, string>>): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: authNamespace, annotations: early },
    data: { ...data },
  };
}

/** @returns an annotation that starts the program again when its pages change, because it reads them at start */
export function restartsWith({ data }: KubernetesObject): Record<string, string> {
  return { 'checksum/pages': createHash('sha256').update(JSON.stringify(data)).digest('hex').slice(0, 16) };
}
