import type { Answer } from './answer.ts';
import type { Known, Session } from './known.ts';

/** @returns the headers that reached an upstream, by its report: name in lower case → values; undefined without a report */
export function seenHeaders(answer: Answer): Map<string, string[]> | undefined {
  const body = json(answer);
  if (typeof body?.headers !== 'object' || body.headers === null) return undefined;
  const seen = new Map<string, string[]>();
  for (const [name, values] of Object.entries(body.headers as Record<string, unknown>)) {
    const key = name.toLowerCase();
    seen.set(key, [...(seen.get(key) ?? []), ...[values].flat().map(String)]);
  }
  return seen;
}

/** @returns the user's e-mail address according to Kubeflow's dashboard (GET /api/workgroup/env-info) */
export function seenUser(answer: Answer): string | undefined {
  const user = json(answer)?.user;
  return typeof user === 'string' && user !== '' ? user : undefined;
}

/** @returns why an upstream did not see exactly this identity; undefined when it did so */
export function identityProblems(answer: Answer, known: Known, session: Session): string | undefined {
  if (answer.status !== 200) return `answered ${answer.status} without reaching an upstream`;
  if (known.view?.shows === 'identity') {
    const user = seenUser(answer);
    return user === session.email ? undefined : `the upstream saw the user ${user ?? '(none)'}`;
  }
  const seen = seenHeaders(answer);
  if (seen === undefined) return 'the upstream did not report its request';
  const { site } = known;
  const users = seen.get(site.userHeader) ?? [];
  if (users.length !== 1 || users[0] !== session.email) return `the upstream saw ${site.userHeader}: ${list(users)}`;
  const groups = (seen.get(site.groupsHeader) ?? []).flatMap((line) => line.split(',')).filter((name) => name !== '');
  if (session.groups !== undefined && groups.toSorted().join() !== [...session.groups].sort().join())
    return `the upstream saw ${site.groupsHeader}: ${list(groups)}`;
  return forgery(seen, known);
}

/** All forged values contain one text: if it appears in any header, the forgery has reached the upstream. */
function forgery(seen: ReadonlyMap<string, string[]>, { site, view, forged }: Known): string | undefined {
  const place = site.places.findLast(({ path, own }) => own === undefined && view?.target.startsWith(path));
  const own = new Set([site.userHeader, site.groupsHeader, ...(place?.headers ?? [])]);
  for (const [name, values] of seen) {
    const spelling = name.replaceAll('_', '-');
    if (values.some((value) => value.includes(forged))) return `forged ${name} reached the upstream`;
    if (!own.has(name) && site.identityHeaders.includes(spelling)) return `${name} reached the upstream`;
  }
  return undefined;
}

/** @returns how parts of the session reached an upstream; undefined when none did */
export function sessionProblems(answer: Answer, { site, first }: Known): string | undefined {
  const seen = seenHeaders(answer);
  if (answer.status !== 200 || seen === undefined || first === undefined)
    return `answered ${answer.status}, and no upstream reported its request`;
  for (const [name, values] of seen) {
    for (const value of values) {
      if (name === 'cookie' && value.includes(site.sessionCookie)) return 'the session cookie reached the upstream';
      if ([...first.cookies.values()].some((cookie) => value.includes(cookie)))
        return `the session's value reached the upstream in ${name}`;
      if (name === 'authorization' || isToken(value)) return `a token reached the upstream in ${name}`;
    }
  }
  return undefined;
}

/** JSON Web Tokens start with the base64 of `{"`: https://www.rfc-editor.org/rfc/rfc7519#section-3.1 */
function isToken(value: string): boolean {
  return /\beyJ[\w-]+\.[\w-]+\.[\w-]+/.test(value);
}

function list(values: readonly string[]): string {
  return values.length === 0 ? 'nothing' : values.join(', ');
}

function json(answer: Answer): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(answer.body);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
