import type { KubernetesObject } from '../components/component.ts';

const metadataFields = new Set([
  'name',
  'generateName',
  'namespace',
  'labels',
  'annotations',
  'finalizers',
  'ownerReferences',
  'creationTimestamp',
]);

const namePart = '[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?';
const dnsLabel = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/;
const dnsSubdomain = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;
const qualifiedName = new RegExp(`^([a-z0-9]([a-z0-9.-]*[a-z0-9])?/)?${namePart}$`);
const labelValue = new RegExp(`^(${namePart})?$`);
const annotationsLimit = 256 * 1024;

/**
 * Checks the metadata that every Kubernetes object has.
 *
 * @returns one line per mistake, as `metadata.name: is missing`
 * @see https://kubernetes.io/docs/concepts/overview/working-with-objects/names/
 */
export function checkMetadata(object: KubernetesObject): string[] {
  const metadata: Record<string, unknown> = object.metadata;
  if (!isMap(metadata)) return ['metadata: is missing'];
  const unknown = Object.keys(metadata).filter((field) => !metadataFields.has(field));
  return [
    ...unknown.map((field) => `metadata.${field}: unknown field`),
    ...checkName(object),
    ...checkTexts('labels', metadata.labels, labelProblem),
    ...checkTexts('annotations', metadata.annotations, () => undefined),
    ...checkAnnotationsSize(metadata.annotations),
    ...checkFinalizers(metadata.finalizers),
  ];
}

function checkName({ apiVersion, kind, metadata }: KubernetesObject): string[] {
  const problems: string[] = [];
  const { name, namespace }: { name?: unknown; namespace?: unknown } = metadata;
  if (name === undefined || name === null || name === '') {
    problems.push('metadata.name: is missing');
  } else if (typeof name !== 'string') {
    problems.push('metadata.name: must be a string: put it in quotes');
  } else if (name.length > 253) {
    problems.push('metadata.name: is longer than 253 characters');
  } else if (kind === 'Namespace' || kind === 'Service' ? !fitsLabel(name) : !isName(apiVersion, name)) {
    problems.push(`metadata.name: "${name}" is not a valid name of a ${kind}`);
  }
  if (namespace !== undefined && (typeof namespace !== 'string' || !fitsLabel(namespace))) {
    problems.push(`metadata.namespace: "${String(namespace)}" is not a valid name of a Namespace`);
  }
  return problems;
}

function fitsLabel(name: string): boolean {
  return name.length <= 63 && dnsLabel.test(name);
}

/** RBAC allows colons and capitals in names, for example system:node. */
function isName(apiVersion: string, name: string): boolean {
  return apiVersion.startsWith('rbac.authorization.k8s.io/') ? !/[/%]/.test(name) : dnsSubdomain.test(name);
}

function labelProblem(value: string): string | undefined {
  if (value.length > 63) return 'is longer than 63 characters';
  return labelValue.test(value) ? undefined : `"${value}" is not a valid label value`;
}

function checkTexts(field: string, value: unknown, problemOf: (text: string) => string | undefined): string[] {
  if (value === undefined || value === null) return [];
  if (!isMap(value)) return [`metadata.${field}: must be a map of strings`];
  return Object.entries(value).flatMap(([key, text]) => {
    const place = `metadata.${field}.${key}`;
    if (!qualifiedName.test(key) || key.slice(key.indexOf('/') + 1).length > 63)
      return [`${place}: is not a valid key`];
    if (typeof text !== 'string') return [`${place}: must be a string: put it in quotes`];
    const problem = problemOf(text);
    return problem === undefined ? [] : [`${place}: ${problem}`];
  });
}

function checkAnnotationsSize(annotations: unknown): string[] {
  if (!isMap(annotations)) return [];
  const size = Object.entries(annotations).reduce((sum, [key, text]) => sum + key.length + String(text).length, 0);
  return size > annotationsLimit ? ['metadata.annotations: are larger than 256 KiB together'] : [];
}

function checkFinalizers(finalizers: unknown): string[] {
  if (finalizers === undefined) return [];
  const good = Array.isArray(finalizers) && finalizers.every((item) => typeof item === 'string' && item !== '');
  return good ? [] : ['metadata.finalizers: must be a list of names'];
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
