import { allowedProxyKeys, proxyKeys } from '../../components/tenant-pods.ts';
import type { KeyPath } from '../../config/paths.ts';
import { at, isMap, listAt, type YamlMap } from '../rules/parsed-tree.ts';

/** Something wrong in an object, at these keys. */
interface Problem {
  keys: KeyPath;
  message: string;
}

/** A pod template: Deployments, Jobs, Notebooks and others have one or several. */
interface PodTemplate {
  /** Keys of its spec. */
  keys: KeyPath;
  spec: YamlMap;
  /** Its metadata. */
  metadata: unknown;
}

/**
 * Finds what the cluster refuses in a tenant's pods: annotations of Istio's proxy, access to the node (Pod Security "baseline"),
 * and Kubernetes' own priorities.
 */
export function podFindings(object: YamlMap): Problem[] {
  return templatesIn(object, []).flatMap((template) => [
    ...annotationFindings(template, object.kind === 'Pod'),
    ...nodeFindings(template),
    ...priorityFindings(template),
  ]);
}

/** Every map with containers is the spec of a pod, in custom resources, too. */
function templatesIn(value: unknown, keys: KeyPath, parent?: YamlMap): PodTemplate[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => templatesIn(item, [...keys, index]));
  if (!isMap(value)) return [];
  if (Array.isArray(value.containers)) return [{ keys, spec: value, metadata: parent?.metadata }];
  return Object.entries(value).flatMap(([key, inner]) => templatesIn(inner, [...keys, key], value));
}

function annotationFindings({ keys, metadata }: PodTemplate, isPod: boolean): Problem[] {
  const annotations = at(metadata, 'annotations');
  if (!isMap(annotations)) return [];
  const place = [...keys.slice(0, -1), 'metadata', 'annotations'];
  return (
    Object.keys(annotations)
      .filter((key) => new RegExp(proxyKeys).test(key) && !allowedProxyKeys.includes(key))
      // istiod adds it, so a pod copied from a cluster has it.
      .filter((key) => !isPod || key !== 'sidecar.istio.io/status')
      .map((key) => ({
        keys: [...place, key],
        message: `sets ${key}, but the platform controls the sidecar. The pod may leave the mesh (sidecar.istio.io/inject: "false")`,
      }))
  );
}

function nodeFindings({ keys, spec }: PodTemplate): Problem[] {
  const shared = ['hostNetwork', 'hostPID', 'hostIPC']
    .filter((field) => spec[field] === true)
    .map((field) => ({ keys: [...keys, field], message: `shares a namespace of the node (${field})` }));
  const volumes = listAt(spec, 'volumes').flatMap((volume, index) =>
    at(volume, 'hostPath') === undefined
      ? []
      : [{ keys: [...keys, 'volumes', index, 'hostPath'], message: 'mounts a path of the node (hostPath)' }],
  );
  return [
    ...shared,
    ...volumes,
    ...['initContainers', 'containers'].flatMap((list) => containerFindings(keys, spec, list)),
  ];
}

function containerFindings(keys: KeyPath, spec: YamlMap, list: string): Problem[] {
  return listAt(spec, list).flatMap((container, index) => {
    const place = [...keys, list, index];
    const port = listAt(container, 'ports').findIndex((one) => Number(at(one, 'hostPort') ?? 0) !== 0);
    return [
      ...(at(container, 'securityContext', 'privileged') === true
        ? [{ keys: [...place, 'securityContext', 'privileged'], message: 'is privileged' }]
        : []),
      ...(port < 0
        ? []
        : [{ keys: [...place, 'ports', port, 'hostPort'], message: 'uses a port of the node (hostPort)' }]),
    ];
  });
}

/** Only the cluster knows the value of any other class. */
function priorityFindings({ keys, spec }: PodTemplate): Problem[] {
  const { priorityClassName: name } = spec;
  if (typeof name !== 'string' || !name.startsWith('system-')) return [];
  const message = `has the priority ${name}, which can preempt other pods`;
  return [{ keys: [...keys, 'priorityClassName'], message }];
}
