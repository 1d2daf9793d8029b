import type { KubernetesObject } from '../components/component.ts';
import { isMap } from '../tree/rules/parsed-tree.ts';
import { secretShapes } from '../tree/rules/secrets.ts';
import type { Pair } from './pair.ts';

const hidden = '***';
const hiddenChange = '*** (changed)';

/**
 * Masks the values of Secrets, and anything that looks like a secret elsewhere. A reader sees which keys were added, removed or
 * changed, and nothing about the values: not even a digest, from which a weak one could be guessed.
 */
export function maskPair({ before, after }: Pair): Pair {
  return {
    ...(before === undefined ? {} : { before: maskShapes(maskSecret(before, undefined)) }),
    ...(after === undefined ? {} : { after: maskShapes(maskSecret(after, before)) }),
  };
}

function maskSecret(object: KubernetesObject, old: KubernetesObject | undefined): KubernetesObject {
  if (object.kind !== 'Secret') return object;
  const masked: KubernetesObject = { ...object, metadata: withoutCopy(object.metadata) };
  for (const field of ['data', 'stringData']) {
    if (!isMap(object[field])) continue;
    const previous = old?.[field];
    masked[field] = Object.fromEntries(
      Object.entries(object[field]).map(([key, value]) => {
        const same = old === undefined || !isMap(previous) || !(key in previous) || previous[key] === value;
        return [key, same ? hidden : hiddenChange];
      }),
    );
  }
  return masked;
}

/** kubectl keeps a copy of the whole object there, values included. */
function withoutCopy(metadata: KubernetesObject['metadata']): KubernetesObject['metadata'] {
  const copy = 'kubectl.kubernetes.io/last-applied-configuration';
  if (metadata.annotations?.[copy] === undefined) return metadata;
  return { ...metadata, annotations: { ...metadata.annotations, [copy]: hidden } };
}

function maskShapes<T>(value: T): T {
  return maskValue(value) as T;
}

function maskValue(value: unknown): unknown {
  if (typeof value === 'string') return maskText(value);
  if (Array.isArray(value)) return value.map(maskValue);
  if (!isMap(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, maskValue(inner)]));
}

/** A private key spans several lines: masks it up to its end, or to the end of the text. */
function maskText(text: string): string {
  const withoutKeys = text.replaceAll(
    /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(-----END [A-Z ]*PRIVATE KEY-----|$)/g,
    hidden,
  );
  return secretShapes.reduce(
    (masked, { pattern }) => masked.replaceAll(new RegExp(pattern.source, `g${pattern.flags}`), hidden),
    withoutKeys,
  );
}
