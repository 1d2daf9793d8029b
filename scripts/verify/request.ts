import type { HeaderLine } from './answer.ts';

/** One request, sent byte for byte. Absent fields default to an ordinary page request. */
export interface Request {
  /** Default HTTP/1.1. */
  version?: '1.0' | '1.1' | '2';
  /** Default https; http goes to the plain port. */
  scheme?: 'https' | 'http';
  /** Default GET. */
  method?: string;
  /** Request target (`:path` of HTTP/2), neither encoded nor resolved. Default `/`. */
  target?: string;
  /** Host lines (the first is `:authority` of HTTP/2); [] for none. Default: the platform's. */
  hosts?: readonly string[];
  /** Server name for TLS (SNI, and the certificate). Default: the platform's host. */
  server?: string;
  /** Sent unchanged, in this order, after Host. */
  headers?: readonly HeaderLine[];
  body?: string;
  /** Accept. Default: `text/html`, as a browser. */
  accept?: string;
  /** A further request on the same connection, sent immediately after. */
  next?: Request;
  /** Replaces the whole head: unchanged lines, without the final empty one. */
  lines?: readonly string[];
}

const userAgent = 'breakwater-verify';

/** @returns the bytes of an HTTP/1 request, one per character */
export function headOf(request: Request, authority: string): Buffer {
  const body = request.body ?? '';
  const lines = request.lines ?? [
    `${request.method ?? 'GET'} ${request.target ?? '/'} HTTP/${request.version ?? '1.1'}`,
    ...headerLines(request, authority).map(([name, value]) => `${name}: ${value}`),
    ...(request.next === undefined ? ['Connection: close'] : []),
  ];
  const bytes = Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body}`, 'latin1');
  return request.next === undefined ? bytes : Buffer.concat([bytes, headOf(request.next, authority)]);
}

/** @returns Host, Accept and the request's own lines */
function headerLines(request: Request, authority: string): HeaderLine[] {
  const own = request.headers ?? [];
  const has = (name: string) => own.some(([key]) => key.toLowerCase() === name);
  return [
    ...(request.hosts ?? [authority]).map((host): HeaderLine => ['Host', host]),
    ['User-Agent', userAgent],
    ...(has('accept') ? [] : [['Accept', request.accept ?? 'text/html'] as const]),
    ...own,
    ...(request.body === undefined || has('content-length') || has('transfer-encoding')
      ? []
      : [['Content-Length', String(Buffer.byteLength(request.body, 'latin1'))] as const]),
  ];
}

/** @returns the headers of an HTTP/2 request: names in lower case, repeated ones as lists */
export function http2Headers(request: Request, authority: string): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = {
    ':method': request.method ?? 'GET',
    // A tunnel has an authority only: https://www.rfc-editor.org/rfc/rfc9113#section-8.5
    ...(request.method === 'CONNECT' ? {} : { ':path': request.target ?? '/', ':scheme': 'https' }),
    ':authority': request.hosts?.[0] ?? authority,
    'user-agent': userAgent,
    accept: request.accept ?? 'text/html',
  };
  for (const [name, value] of request.headers ?? []) {
    const key = name.toLowerCase();
    const before = headers[key];
    headers[key] = before === undefined || key === 'accept' ? value : [before, value].flat();
  }
  return headers;
}

/** @returns the methods of all requests on the connection, in order */
export function methodsOf(request: Request): string[] {
  const method = request.lines?.[0]?.split(' ')[0] ?? request.method ?? 'GET';
  return [method, ...(request.next === undefined ? [] : methodsOf(request.next))];
}

const longestShown = 160;

/** @returns a request in one readable line; long cookies, which may be sessions, with name and length only */
export function describeRequest(request: Request): string {
  const shown =
    request.lines?.join(' ⏎ ') ??
    [
      `${request.method ?? 'GET'} ${request.target ?? '/'} HTTP/${request.version ?? '1.1'}`,
      ...(request.hosts ?? []).map((host) => `Host: ${host}`),
      ...(request.hosts?.length === 0 ? ['(no Host)'] : []),
      ...(request.headers ?? []).map(([name, value]) => `${name}: ${/^cookie$/i.test(name) ? hidden(value) : value}`),
      ...(request.accept === undefined ? [] : [`Accept: ${request.accept}`]),
    ].join(' | ');
  const port = request.scheme === 'http' ? '(plain HTTP) ' : '';
  const then = request.next === undefined ? '' : ` || ${describeRequest(request.next)}`;
  return port + cut(printable(shown)) + then;
}

function hidden(cookies: string): string {
  return cookies.replaceAll(/=([^;]{20,})/g, (_, value: string) => `=<${value.length} characters>`);
}

function printable(text: string): string {
  return text.replaceAll(/[^\x20-\x7e⏎]/g, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

function cut(text: string): string {
  return text.length <= longestShown ? text : `${text.slice(0, longestShown)}… (${text.length} characters)`;
}
