import { RunError } from '../report/errors.ts';
import { ApiError } from './api-error.ts';
import { PluginError } from './credential-plugin.ts';

/** A connection attempt, for the message. */
export interface ConnectionAttempt {
  context: string;
  server: string;
  timeoutSeconds: number;
}

const unknownCa = new Set([
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'CERT_SIGNATURE_FAILURE',
]);

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ENOTFOUND: 'its host name does not resolve',
  EAI_AGAIN: 'its host name could not be resolved',
  ETIMEDOUT: 'it does not answer',
  EHOSTUNREACH: 'there is no route to it',
  ENETUNREACH: 'there is no route to it',
  ECONNRESET: 'it closed the connection',
  EPROTO: 'it does not speak TLS',
};

/**
 * Explains why a cluster could not be reached.
 *
 * @param error the error from the connection attempt
 * @returns the error to throw, with a hint
 */
export function connectionProblem(error: unknown, attempt: ConnectionAttempt): Error {
  const { context, server } = attempt;
  const failed = (reason: string, hint: string) =>
    new RunError(`the cluster of the context "${context}" (${server}) cannot be used: ${reason}`, {
      hint,
      cause: error,
    });
  if (error instanceof ApiError) return refused(error, failed);
  if (error instanceof PluginError) return failed(error.message, error.hint ?? '');
  if (error instanceof RunError && error.cause === undefined) return error;
  const { name, code, message, path } = describe(error instanceof RunError ? error.cause : error);

  if (name === 'TimeoutError') {
    return failed(`no answer within ${attempt.timeoutSeconds} s`, 'Check VPN, proxy and firewall, then run it again.');
  }
  if (path !== undefined && (code === 'ENOENT' || code === 'EACCES')) {
    return failed(
      `the kubeconfig names ${path}, which cannot be read (${code})`,
      'Restore the file, or correct the path.',
    );
  }
  if (code !== undefined && unknownCa.has(code)) {
    return failed(
      `its certificate is signed by a CA that is not in the kubeconfig (${code})`,
      'Set certificate-authority in the kubeconfig to the CA of this cluster. If the cluster was re-created, fetch its kubeconfig again.',
    );
  }
  if (code === 'CERT_HAS_EXPIRED') return failed('its certificate has expired', "Renew the API server's certificate.");
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return failed(
      'its certificate is for a different name',
      'Use the name in the certificate, or set tls-server-name.',
    );
  }
  const reason = code === undefined ? undefined : reasons[code];
  if (reason !== undefined) {
    return failed(`${reason} (${code})`, 'Check that the cluster runs, and check VPN, proxy and firewall.');
  }
  return failed(message, 'Check the context: `kubectl --context NAME version` should answer.');
}

function refused(error: ApiError, failed: (reason: string, hint: string) => Error): Error {
  if (error.status === 401 || /system:anonymous/.test(error.message)) {
    return failed('the credentials are invalid or have expired (HTTP 401)', 'Log in to the cluster again.');
  }
  return failed(error.message, 'Check that the address in the kubeconfig is a Kubernetes API server.');
}

interface NodeError {
  name: string;
  message: string;
  code?: string;
  path?: string;
}

function describe(error: unknown): NodeError {
  if (!(error instanceof Error)) return { name: '', message: String(error) };
  const { code, path } = error as NodeJS.ErrnoException;
  // Several addresses of one name were tried: any of their errors will do.
  const inner = error instanceof AggregateError ? error.errors[0] : undefined;
  if (inner instanceof Error && inner !== error) return describe(inner);
  return {
    name: error.name,
    message: error.message,
    ...(typeof code === 'string' ? { code } : {}),
    ...(path === undefined ? {} : { path }),
  };
}
