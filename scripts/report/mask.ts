/** Takes secrets out of a text. */
export type Masker = (text: string) => string;

/**
 * Makes the one function through which everything goes that is printed or thrown.
 *
 * Beside the secrets as they are, their base64 and URL-encoded forms are taken out, and whatever stands between `://`
 * and `@` in a URL. Secrets shorter than four characters are left: masking them would make the text unreadable.
 *
 * @param secrets values that must not be seen
 */
export function masker(secrets: readonly string[]): Masker {
  const spellings = secrets
    .flatMap((secret) => [secret, secret.trim(), ...secret.split('\n').map((line) => line.trim())])
    .filter((secret) => secret.length >= 4 && !secret.startsWith('-----'))
    .flatMap((secret) => [secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64')]);
  const longestFirst = [...new Set(spellings)].sort((a, b) => b.length - a.length);
  return (text) =>
    longestFirst
      .reduce((masked, secret) => masked.replaceAll(secret, '***'), text)
      .replace(/([a-z][a-z0-9+.-]*:\/\/)[^\s/@]+@/gi, (whole, scheme: string) =>
        /^ssh:\/\/[^:]+@$/i.test(whole) ? whole : `${scheme}***@`,
      );
}
