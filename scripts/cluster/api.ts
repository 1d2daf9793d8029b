import { setTimeout as sleep } from 'node:timers/promises';
import { groupOf } from '../components/component.ts';
import { during } from '../report/activity.ts';
import { RunError } from '../report/errors.ts';
import { type ApiStatus, errorOf, isFieldConflict, unanswered, unlessStatus } from './api-error.ts';
import type { LiveObject, ObjectReference } from './live.ts';
import type { ApiRequest, ApiResponse, Transport } from './transport.ts';

/** Our field manager for server-side apply. */
export const fieldManager = 'breakwater';

/**
 * The field manager under which Argo CD itself applies: https://github.com/argoproj/argo-cd/blob/master/common/common.go.
 * Under our own name, we would co-own each field, and it would stay when a later version of the manifests drops it.
 */
export const argocdManager = 'argocd-controller';

const watchSeconds = 60;

/** Resource name of a kind, for request paths. */
export interface Resource {
  group: string;
  version: string;
  kind: string;
  plural: string;
  namespaced: boolean;
}

/** A permission to check. */
export interface Right {
  verb: string;
  group: string;
  resource: string;
  /** Absent: cluster-wide. */
  namespace?: string;
  name?: string;
}

export interface ApplyOptions {
  /** Takes over fields from other field managers. */
  force?: boolean;
  dryRun?: boolean;
  /** Default: `fieldManager`. */
  manager?: string;
}

export interface ListOptions {
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
}

export interface WatchEvent {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'ERROR';
  object: LiveObject;
}

interface ListPage<T> {
  items?: T[];
  metadata?: { resourceVersion?: string; continue?: string };
}

export interface RetryOptions {
  /** Maximum number of attempts per request. */
  attempts: number;
  /** Milliseconds before the second attempt, doubled for each further one. */
  pause: number;
}

/** Client for one cluster's API. Transient failures are retried a limited number of times. */
export class Api {
  readonly #transport: Transport;
  readonly #retry: RetryOptions;
  readonly #resources = new Map<string, readonly Resource[]>();

  constructor(transport: Transport, retry: RetryOptions = { attempts: 5, pause: 500 }) {
    this.#transport = transport;
    this.#retry = retry;
  }

  /** Sends a request of any kind. @throws ApiError for a status of 400 or above */
  async request<T>(request: ApiRequest): Promise<T> {
    const response = await this.#sendWithRetries(request);
    if (response.status >= 400) throw errorOf(request, response);
    return response.body as T;
  }

  /** Like `request`, for responses that are not JSON, such as a pod's log. @throws ApiError for a status of 400 or above */
  async text(request: ApiRequest): Promise<string> {
    const response = await this.#sendWithRetries(request);
    if (response.status >= 400) throw errorOf(request, response);
    return response.text;
  }

  /** @returns the object, or undefined when it, its namespace or its kind does not exist */
  async find<T extends LiveObject>(reference: ObjectReference): Promise<T | undefined> {
    const resource = await this.findResource(reference.apiVersion, reference.kind);
    if (resource === undefined) return undefined;
    const path = pathOf(resource, reference.metadata);
    return await unlessStatus([404], this.request<T | undefined>({ method: 'GET', path }), undefined);
  }

  /** @returns all objects of a kind and the list's resourceVersion; none when the kind does not exist */
  async list<T extends LiveObject>(
    apiVersion: string,
    kind: string,
    options: ListOptions = {},
  ): Promise<{ items: T[]; resourceVersion: string }> {
    const resource = await this.findResource(apiVersion, kind);
    if (resource === undefined) return { items: [], resourceVersion: '' };
    const { namespace, ...selectors } = options;
    const items: T[] = [];
    let resourceVersion = '';
    let next: string | undefined;
    do {
      const query = { limit: '500', ...definedOnly(selectors), ...(next === undefined ? {} : { continue: next }) };
      const request = { method: 'GET', path: collectionPath(resource, namespace), query } as const;
      // 404: the kind has been removed meanwhile.
      const page = await unlessStatus([404], this.request<ListPage<T>>(request), {});
      // Items of a list carry neither apiVersion nor kind for built-in kinds.
      items.push(...(page.items ?? []).map((item) => ({ ...item, apiVersion, kind })));
      resourceVersion = page.metadata?.resourceVersion ?? resourceVersion;
      next = page.metadata?.continue === '' ? undefined : page.metadata?.continue;
    } while (next !== undefined);
    return { items, resourceVersion };
  }

  /** Creates an object. @throws ApiError 409 when it exists */
  async create<T extends LiveObject>(object: ObjectReference & { metadata: object }): Promise<T> {
    const resource = await this.resource(object.apiVersion, object.kind);
    return this.request<T>({
      method: 'POST',
      path: collectionPath(resource, object.metadata.namespace),
      query: { fieldManager },
      body: object,
    });
  }

  /**
   * Server-side apply: https://kubernetes.io/docs/reference/using-api/server-side-apply/
   *
   * @throws ApiError 409 when another field manager owns a field and `force` is not set
   */
  async apply<T extends LiveObject>(object: ObjectReference, options: ApplyOptions = {}): Promise<T> {
    const resource = await this.resource(object.apiVersion, object.kind);
    return this.request<T>({
      method: 'PATCH',
      path: pathOf(resource, object.metadata),
      query: {
        fieldManager: options.manager ?? fieldManager,
        ...(options.force === true ? { force: 'true' } : {}),
        ...(options.dryRun === true ? { dryRun: 'All' } : {}),
      },
      contentType: 'application/apply-patch+yaml',
      body: object,
    });
  }

  /** JSON merge patch (RFC 7386): fields outside the patch stay unchanged. */
  async merge<T extends LiveObject>(reference: ObjectReference, patch: object): Promise<T> {
    const resource = await this.resource(reference.apiVersion, reference.kind);
    return this.request<T>({
      method: 'PATCH',
      path: pathOf(resource, reference.metadata),
      query: { fieldManager },
      contentType: 'application/merge-patch+json',
      // Message redaction needs the kind to recognise a Secret.
      body: { apiVersion: reference.apiVersion, kind: reference.kind, ...patch },
    });
  }

  /**
   * Changes of a kind since a resourceVersion, for a minute, or until the server ends the watch or `signal` fires. The watch has a
   * timeout, because a silently dropped connection would look like a cluster without changes.
   */
  async *watch(
    apiVersion: string,
    kind: string,
    options: ListOptions & { resourceVersion: string },
    signal: AbortSignal,
  ): AsyncIterable<WatchEvent> {
    const resource = await this.resource(apiVersion, kind);
    const { namespace, ...rest } = options;
    const query = { watch: 'true', timeoutSeconds: String(watchSeconds), ...definedOnly(rest) };
    for await (const line of this.#transport.lines(
      { method: 'GET', path: collectionPath(resource, namespace), query },
      AbortSignal.any([signal, AbortSignal.timeout((watchSeconds + 15) * 1000)]),
    )) {
      if (isWatchEvent(line)) yield line;
    }
  }

  /** @returns whether we have the permission: https://kubernetes.io/docs/reference/access-authn-authz/authorization/#checking-api-access */
  async allowed(right: Right): Promise<boolean> {
    const review = await this.request<{ status?: { allowed?: boolean } }>({
      method: 'POST',
      path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
      body: {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SelfSubjectAccessReview',
        spec: { resourceAttributes: right },
      },
    });
    return review.status?.allowed === true;
  }

  /** @throws RunError when the cluster does not serve the kind */
  async resource(apiVersion: string, kind: string): Promise<Resource> {
    const resource = await this.findResource(apiVersion, kind);
    if (resource !== undefined) return resource;
    throw new RunError(`the cluster does not serve the kind ${kind} of ${apiVersion}`, {
      hint: 'Its CustomResourceDefinition is not installed, or serves other versions.',
    });
  }

  /** Looks up a kind's resource, again if it was unknown: its CRD may exist by now (fluxcd/flux2#2351). */
  async findResource(apiVersion: string, kind: string): Promise<Resource | undefined> {
    const known = this.#resources.get(apiVersion)?.find((resource) => resource.kind === kind);
    if (known !== undefined) return known;
    const resources = await this.#discover(apiVersion);
    this.#resources.set(apiVersion, resources);
    return resources.find((resource) => resource.kind === kind);
  }

  async #discover(apiVersion: string): Promise<Resource[]> {
    const path = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    const response = await this.#sendWithRetries({ method: 'GET', path });
    if (response.status === 404) return [];
    if (response.status >= 400) throw errorOf({ method: 'GET', path }, response);
    const list = response.body as { resources?: { name: string; kind: string; namespaced: boolean }[] };
    return (list.resources ?? [])
      .filter(({ name }) => !name.includes('/'))
      .map(({ name, kind, namespaced }) => ({
        group: groupOf({ apiVersion }),
        version: apiVersion.slice(apiVersion.indexOf('/') + 1),
        kind,
        plural: name,
        namespaced,
      }));
  }

  async #sendWithRetries(request: ApiRequest): Promise<ApiResponse> {
    for (let attempt = 1; ; attempt++) {
      const last = attempt >= this.#retry.attempts;
      const pause = this.#retry.pause * 2 ** (attempt - 1);
      try {
        const response = await this.#transport.send(request);
        if (last || !passing(request, response)) return response;
        await during('a pause before the API server is asked again', () =>
          sleep(Math.max(pause, Math.min(response.retryAfter ?? 0, 10) * 1000)),
        );
      } catch (error) {
        if (last || !lostConnection(request, error)) throw unanswered(request, error);
        await during('a pause before the API server is asked again', () => sleep(pause));
      }
    }
  }
}

/** @returns true for responses worth a retry. A create is only retried if the server did not start it. */
function passing(request: ApiRequest, response: ApiResponse): boolean {
  if (response.status === 429 || response.status === 503) return true;
  if (response.status === 409) return request.method === 'PATCH' && !isFieldConflict(response.body as ApiStatus);
  return response.status >= 500 && request.method !== 'POST';
}

function lostConnection(request: ApiRequest, error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return request.method !== 'POST' && (code === 'ECONNRESET' || code === 'EPIPE');
}

function isWatchEvent(line: unknown): line is WatchEvent {
  return typeof line === 'object' && line !== null && 'type' in line && 'object' in line;
}

function collectionPath(resource: Resource, namespace: string | undefined): string {
  const root = resource.group === '' ? `/api/${resource.version}` : `/apis/${resource.group}/${resource.version}`;
  const inside = resource.namespaced && namespace !== undefined ? `/namespaces/${encodeURIComponent(namespace)}` : '';
  return `${root}${inside}/${resource.plural}`;
}

function pathOf(resource: Resource, { name, namespace }: ObjectReference['metadata']): string {
  return `${collectionPath(resource, resource.namespaced ? (namespace ?? 'default') : undefined)}/${encodeURIComponent(name)}`;
}

function definedOnly(values: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
