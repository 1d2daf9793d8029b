import type { KubernetesObject } from '../components/component.ts';

/** Reference to an object, enough to read it. */
export interface ObjectReference {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string };
}

/** One entry of `metadata.managedFields`: the fields that a program set last. */
interface ManagedFields {
  manager?: string;
  operation?: string;
  subresource?: string;
  fieldsV1?: Record<string, unknown>;
}

/** An object as the API server returns it. */
export interface LiveObject extends KubernetesObject {
  metadata: KubernetesObject['metadata'] & {
    uid?: string;
    resourceVersion?: string;
    generation?: number;
    creationTimestamp?: string;
    deletionTimestamp?: string;
    managedFields?: readonly ManagedFields[];
    ownerReferences?: readonly { apiVersion: string; kind: string; name: string }[];
  };
}

/** A Secret or ConfigMap as the API server returns it; a Secret's values are base64. */
export interface LiveData extends LiveObject {
  data?: Record<string, string>;
  immutable?: boolean;
  type?: string;
}

/** @returns a display name, for example `Deployment argocd/argocd-server` or `Namespace auth` */
export function describeObject(object: ObjectReference): string {
  const { name, namespace } = object.metadata;
  return `${object.kind} ${namespace === undefined ? name : `${namespace}/${name}`}`;
}
