import { allowedProxyKeys, proxyKeys } from '../../components/tenant-pods.ts';
import type { KeyPath } from '../../config/paths.ts';
import { at, isMap, listAt, type YamlMap } from '../rules/parsed-tree.ts';

/** What is wrong with a part of an object, by its keys. */
interface Found {
  keys: KeyPath;
  message: string;
}

/** A pod that an object makes: Deployments, Jobs, Notebooks and others hold one as a template, or several. */
interface PodTemplate {
  /** Keys of its spec. */
  keys: KeyPath;
  spec: YamlMap;
  /** Beside the spec. */
  metadata: unknown;
}

/**
 * Finds what no pod in a tenant's namespace may be, as far as its manifest says it: the annotations of Istio's proxy that the admission
 * policy refuses, what Pod Security "baseline" forbids of the node, and Kubernetes' own priorities.
 */
export function podFindings(object: YamlMap): Found[] {
  return templatesIn(object, []).flatMap((template) => [
    ...annotationFindings(template, object.kind === 'Pod'),
    ...nodeFindings(template),
    ...priorityFindings(template),
  ]);
}

/** Whatever has containers is the spec of a pod, in custom resources as well. */
function templatesIn(value: unknown, keys: KeyPath, parent?: YamlMap): PodTemplate[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => templatesIn(item, [...keys, index]));
  if (!isMap(value)) return [];
  if (Array.isArray(value.containers)) return [{ keys, spec: value, metadata: parent?.metadata }];
  return Object.entries(value).flatMap(([key, inner]) => templatesIn(inner, [...keys, key], value));
}

function annotationFindings({ keys, metadata }: PodTemplate, isPod: boolean): Found[] {
  const annotations = at(metadata, 'annotations');
  if (!isMap(annotations)) return [];
  const place = [...keys.slice(0, -1), 'metadata', 'annotations'];
  return (
    Object.keys(annotations)
      .filter((key) => new RegExp(proxyKeys).test(key) && !allowedProxyKeys.includes(key))
      // istiod writes it, and a pod that was copied from a cluster has it.
      .filter((key) => !isPod || key !== 'sidecar.istio.io/status')
      .map((key) => ({
        keys: [...place, key],
        message: `sets ${key}, and its sidecar is the platform's. It may leave the mesh (sidecar.istio.io/inject: "false")`,
      }))
  );
}

function nodeFindings({ keys, spec }: PodTemplate): Found[] {
  const shared = ['hostNetwork', 'hostPID', 'hostIPC']
    .filter((field) => spec[field] === true)
    .map((field) => ({ keys: [...keys, field], message: `shares what is the node's (${field})` }));
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

function containerFindings(keys: KeyPath, spec: YamlMap, list: string): Found[] {
  return listAt(spec, list).flatMap((container, index) => {
    const place = [...keys, list, index];
    const port = listAt(container, 'ports').findIndex((one) => Number(at(one, 'hostPort') ?? 0) !== 0);
    return [
      ...(at(container, 'securityContext', 'privileged') === true
        ? [{ keys: [...place, 'securityContext', 'privileged'], message: 'is privileged' }]
        : []),
      ...(port < 0
        ? []
        : [{ keys: [...place, 'ports', port, 'hostPort'], message: 'takes a port of the node (hostPort)' }]),
    ];
  });
}

/** Whether another class is above 0, the cluster alone knows. */
function priorityFindings({ keys, spec }: PodTemplate): Found[] {
  const { priorityClassName: name } = spec;
  if (typeof name !== 'string' || !name.startsWith('system-')) return [];
  const message = `has the priority ${name}, by which it would push out pods of others`;
  return [{ keys: [...keys, 'priorityClassName'], message }];
}
