import { type Answer, headerValues } from './answer.ts';

interface Cookie {
  value: string;
  secure: boolean;
}

/** A browser's cookies for one host; paths and domains are ignored. */
export class CookieJar {
  readonly #cookies = new Map<string, Cookie>();

  /** Stores the cookies that an answer sets, and removes those that it deletes: https://www.rfc-editor.org/rfc/rfc6265#section-5.3 */
  take(answer: Answer): void {
    for (const line of headerValues(answer, 'set-cookie')) {
      const [pair = '', ...attributes] = line.split(';').map((part) => part.trim());
      const name = pair.slice(0, pair.indexOf('='));
      const value = pair.slice(pair.indexOf('=') + 1);
      if (isDeletion(attributes)) this.#cookies.delete(name);
      else this.#cookies.set(name, { value, secure: attributes.some((text) => /^secure$/i.test(text)) });
    }
  }

  /** @returns the value of the Cookie header; undefined without cookies */
  header(scheme: 'http' | 'https'): string | undefined {
    const sent = [...this.#cookies].filter(([, { secure }]) => scheme === 'https' || !secure);
    return sent.length === 0 ? undefined : sent.map(([name, { value }]) => `${name}=${value}`).join('; ');
  }

  /** @returns name → value of the cookies whose names start with the prefix */
  starting(prefix: string): Map<string, string> {
    return new Map(
      [...this.#cookies].filter(([name]) => name.startsWith(prefix)).map(([name, { value }]) => [name, value]),
    );
  }
}

function isDeletion(attributes: readonly string[]): boolean {
  const get = (key: string) =>
    attributes.find((text) => text.toLowerCase().startsWith(`${key}=`))?.slice(key.length + 1);
  const age = get('max-age');
  if (age !== undefined) return Number(age) <= 0;
  const expires = get('expires');
  return expires !== undefined && Date.parse(expires) <= Date.now();
}
