/** One header line as sent or received: the name as spelled, the value without surrounding whitespace. */
export type HeaderLine = readonly [name: string, value: string];

/** One HTTP answer. */
export interface Answer {
  status: number;
  headers: readonly HeaderLine[];
  /** Decoded as UTF-8; empty for HEAD. */
  body: string;
}

/** The answers on one connection. */
export interface Exchange {
  /** In order of arrival; several if the connection carried several requests. */
  answers: readonly Answer[];
  /** How the connection ended before the last answer was complete; undefined when it was. */
  ended?: 'closed' | 'reset' | 'timeout';
}

/** @returns all values of a header, by its name in any case */
export function headerValues(answer: Answer, name: string): string[] {
  return answer.headers.filter(([key]) => key.toLowerCase() === name).map(([, value]) => value);
}

/** @returns the first value of a header, or undefined */
export function header(answer: Answer, name: string): string | undefined {
  return headerValues(answer, name)[0];
}

/**
 * Parses the HTTP/1 answers received so far: https://www.rfc-editor.org/rfc/rfc9112
 *
 * @param bytes everything received
 * @param methods the methods of the requests, in order: an answer to HEAD has no body
 * @param ended true when the connection is closed: a body without a length ends there
 * @returns the complete answers, and whether there is one for each request
 */
export function parseAnswers(
  bytes: Buffer,
  methods: readonly string[],
  ended: boolean,
): { answers: Answer[]; complete: boolean } {
  const answers: Answer[] = [];
  let rest = bytes;
  while (answers.length < methods.length) {
    const parsed = parseOne(rest, methods[answers.length] ?? 'GET', ended);
    if (parsed === undefined) return { answers, complete: false };
    rest = parsed.rest;
    // 1xx precede the answer, except 101, which switches to another protocol.
    if (parsed.answer.status >= 200 || parsed.answer.status === 101) answers.push(parsed.answer);
    if (parsed.answer.status === 101) return { answers, complete: true };
  }
  return { answers, complete: true };
}

function parseOne(bytes: Buffer, method: string, ended: boolean): { answer: Answer; rest: Buffer } | undefined {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const [statusLine = '', ...lines] = bytes.subarray(0, end).toString('latin1').split('\r\n');
  const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(statusLine)?.[1] ?? 0);
  const headers = lines.map((line): HeaderLine => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
  const answer = { status, headers, body: '' };
  const body = bodyOf(bytes.subarray(end + 4), answer, method, ended);
  return body === undefined ? undefined : { answer: { ...answer, body: body.text }, rest: body.rest };
}

function bodyOf(bytes: Buffer, answer: Answer, method: string, ended: boolean) {
  if (method === 'HEAD' || answer.status < 200 || answer.status === 204 || answer.status === 304)
    return { text: '', rest: bytes };
  if (header(answer, 'transfer-encoding')?.toLowerCase() === 'chunked') return chunkedBody(bytes);
  const length = header(answer, 'content-length');
  if (length === undefined) return ended ? { text: bytes.toString('utf8'), rest: Buffer.alloc(0) } : undefined;
  if (bytes.length < Number(length)) return undefined;
  return { text: bytes.subarray(0, Number(length)).toString('utf8'), rest: bytes.subarray(Number(length)) };
}

function chunkedBody(bytes: Buffer): { text: string; rest: Buffer } | undefined {
  const chunks: Buffer[] = [];
  let rest = bytes;
  for (;;) {
    const line = rest.indexOf('\r\n');
    if (line < 0) return undefined;
    const size = Number.parseInt(rest.subarray(0, line).toString('latin1'), 16);
    const next = line + 2 + size + 2;
    if (Number.isNaN(size) || rest.length < next) return undefined;
    chunks.push(rest.subarray(line + 2, line + 2 + size));
    rest = rest.subarray(next);
    if (size === 0) return { text: Buffer.concat(chunks).toString('utf8'), rest };
  }
}
