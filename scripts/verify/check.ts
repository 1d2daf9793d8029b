import type { Exchange } from './answer.ts';
import type { Client } from './client.ts';
import type { Known, Site } from './known.ts';
import type { Request } from './request.ts';

/** What a check can't be made without: a well-known thing, or a question of its own (why not, or undefined). */
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

/** What must come back, in words and as a judgement. */
export interface Expectation {
  text: string;
  /** @returns why it is not what was expected; undefined when it is */
  judge(exchange: Exchange, known: Known): string | undefined;
}

interface Common {
  /** Unique within its group. */
  id: string;
  /** One line: what it tries to get. */
  tries: string;
  needs?: readonly Need[];
}

/** One request and the answer that it must get. */
export interface SingleCheck extends Common {
  send: Request | ((known: Known) => Request);
  expect: Expectation;
}

/** What came of a check of several requests. */
export interface Finding {
  answer: string;
  /** Why it failed. */
  wrong?: string;
}

/** Several requests, each of which depends on the answer before. */
export interface SteppedCheck extends Common {
  /** What is sent, in words. */
  request: string;
  expected: string;
  steps(client: Client, known: Known): Promise<Finding>;
}

export type Check = SingleCheck | SteppedCheck;

/** Checks about one way in; the data of one file. */
export interface Group {
  name: string;
  title: string;
  checks(site: Site): readonly Check[];
}

/** What one check came to. */
export interface Row {
  /** group/check. */
  id: string;
  group: string;
  tries: string;
  request: string;
  expected: string;
  answer: string;
  outcome: 'passed' | 'failed' | 'skipped';
  /** Why it failed or was skipped. */
  why?: string;
}
