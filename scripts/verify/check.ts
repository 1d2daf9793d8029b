import type { Exchange } from './answer.ts';
import type { Client } from './client.ts';
import type { Known, PlatformSite } from './known.ts';
import type { Request } from './request.ts';

/** A precondition of a check: a known one, or a function that returns why it is not met. */
export type Need =
  | ((known: Known) => string | undefined)
  | 'credentials'
  | 'second credentials'
  | 'first'
  | 'second'
  | 'view'
  | 'headers'
  | 'key'
  | 'port 80';

/** The expected answer, in words and as a function. */
export interface Expectation {
  text: string;
  /** @returns why the answer is wrong; undefined when it is right */
  judge(exchange: Exchange, known: Known): string | undefined;
}

interface Common {
  /** Unique within its group. */
  id: string;
  /** One line: what an attacker tries to achieve. */
  tries: string;
  needs?: readonly Need[];
}

/** One request and its expected answer. */
export interface SingleCheck extends Common {
  send: Request | ((known: Known) => Request);
  expect: Expectation;
}

/** Single checks as data: id, what they try, and the request. */
export type Cases = readonly (readonly [id: string, tries: string, send: SingleCheck['send']])[];

/** @returns one check per case, all with the same expectation */
export function singles(cases: Cases, expect: Expectation, needs: readonly Need[] = []): SingleCheck[] {
  return cases.map(([id, tries, send]) => ({ id, tries, needs, send, expect }));
}

/** Result of a check with several requests. */
export interface SteppedResult {
  answer: string;
  /** Why it failed. */
  wrong?: string;
}

/** Several requests, each of which depends on the previous answer. */
export interface SteppedCheck extends Common {
  /** The requests, in words. */
  request: string;
  expected: string;
  steps(client: Client, known: Known): Promise<SteppedResult>;
}

export type AttackCheck = SingleCheck | SteppedCheck;

/** Checks of one kind of attack. */
export interface Group {
  name: string;
  title: string;
  checks(site: PlatformSite): readonly AttackCheck[];
}
