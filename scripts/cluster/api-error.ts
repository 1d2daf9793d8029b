import { RunError } from '../report/errors.ts';
import { describeObject, type ObjectReference } from './live.ts';
import { withoutSecrets } from './redact.ts';
import type { ApiRequest, ApiResponse } from './transport.ts';

/** A `Status` object of the API server. */
export interface ApiStatus {
  message?: string;
  reason?: string;
  code?: number;
  details?: {
    name?: string;
    kind?: string;
    retryAfterSeconds?: number;
    causes?: readonly { reason?: string; message?: string; field?: string }[];
  };
}

/** The API server refused a request. The message never contains a Secret's values. */
export class ApiError extends RunError {
  override name = 'ApiError';
  readonly status: number;
  readonly body: ApiStatus;

  constructor(message: string, status: number, body: ApiStatus) {
    super(message, { hint: hintFor(status) });
    this.status = status;
    this.body = body;
  }
}

/** @returns the answer, or `otherwise` where the API server refuses with one of these statuses; other errors are rethrown */
export async function unlessStatus<T>(statuses: readonly number[], answer: Promise<T>, otherwise: T): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ApiError && statuses.includes(error.status)) return otherwise;
    throw error;
  }
}

/** Turns a network error into a message, with the error as its cause. An abort by the caller is rethrown. */
export function unanswered(request: ApiRequest, error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const late = error instanceof Error && error.name === 'TimeoutError';
  if (!late && typeof code !== 'string') return error;
  return new RunError(
    `no answer from the API server to ${request.method} ${request.path} (${late ? 'timed out' : code})`,
    {
      hint: 'Run it again: finished steps are kept.',
      cause: error,
    },
  );
}

/** @returns true when another field manager owns a field that we tried to apply */
export function isFieldConflict(status: ApiStatus | undefined): boolean {
  return status?.details?.causes?.some((cause) => cause.reason === 'FieldManagerConflict') === true;
}

/** @returns the error for a refused request, without the values of a Secret in the request */
export function errorOf(request: ApiRequest, response: ApiResponse): ApiError {
  const body = (response.body ?? {}) as ApiStatus;
  const reason = body.message ?? (response.text.slice(0, 300) || 'no reason given');
  const what = isReference(request.body) ? describeObject(request.body) : request.path;
  const message = `${request.method === 'GET' ? 'reading' : 'writing'} ${what} failed: ${reason} (HTTP ${response.status})`;
  return new ApiError(withoutSecrets(message, request.body), response.status, body);
}

/** @returns what was read; undefined without the right to read it, where the rest works without */
export async function readable<T>(read: () => Promise<T>): Promise<T | undefined> {
  return await unlessStatus([403], read(), undefined);
}

function hintFor(status: number): string {
  if (status === 401) return 'The credentials in the kubeconfig are invalid or have expired: log in again.';
  if (status === 403) return 'Use a context whose user has this right, or ask an administrator for it.';
  if (status === 409) return 'Another program changed it at the same time: run the command again.';
  return "Run it again. If it fails again, check the API server and the cluster's admission webhooks.";
}

function isReference(value: unknown): value is ObjectReference {
  return (
    typeof value === 'object' &&
    value !== null &&
    'kind' in value &&
    'metadata' in value &&
    typeof value.metadata === 'object' &&
    value.metadata !== null &&
    'name' in value.metadata
  );
}
