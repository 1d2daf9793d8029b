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

/** The API server refused a request. Its message holds no value of a Secret. */
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

/** An end that was asked for is passed on; the network's error is kept as the cause. */
export function unanswered(request: ApiRequest, error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const late = error instanceof Error && error.name === 'TimeoutError';
  if (!late && typeof code !== 'string') return error;
  return new RunError(
    `no answer from the API server to ${request.method} ${request.path} (${late ? 'time is up' : code})`,
    {
      hint: 'Run it again: what is done already is kept.',
      cause: error,
    },
  );
}

/** @returns true when other field managers own what we wanted to apply */
export function isFieldConflict(status: ApiStatus | undefined): boolean {
  return status?.details?.causes?.some((cause) => cause.reason === 'FieldManagerConflict') === true;
}

/** @returns the refusal of a request, without the values of a Secret that was sent */
export function errorOf(request: ApiRequest, response: ApiResponse): ApiError {
  const body = (response.body ?? {}) as ApiStatus;
  const reason = body.message ?? (response.text.slice(0, 300) || 'no reason given');
  const what = isReference(request.body) ? describeObject(request.body) : request.path;
  const message = `${request.method === 'GET' ? 'reading' : 'writing'} ${what} failed: ${reason} (HTTP ${response.status})`;
  return new ApiError(withoutSecrets(message, request.body), response.status, body);
}

function hintFor(status: number): string {
  if (status === 401) return 'The credentials in the kubeconfig are not accepted or have expired: log in again.';
  if (status === 403) return 'Use a context whose user has this right, or have it given.';
  if (status === 409) return 'Somebody else changed it at the same moment: run it again.';
  return 'Run it again; if it stays, look at the API server and at the admission webhooks of the cluster.';
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
