/** A reason why the sandbox cannot be made that its user can do something about: the message says what, where and how. */
export class SandboxError extends Error {
  override readonly name = 'SandboxError';
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
