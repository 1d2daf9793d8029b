import type { Check } from './check.ts';

/** All checks, in the order in which they run: first those that only look, last those that take the platform apart. */
export const checks: readonly Check[] = [];
