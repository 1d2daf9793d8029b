/** Removes secrets from a text. */
export type Masker = (text: string) => string;

/**
 * Creates the function that masks everything printed or thrown.
 *
 * Masks the secrets, their base64 and URL-encoded forms, and the credentials in URLs. Secrets shorter than four characters
 * stay: masking them would make the text unreadable.
 *
 * @param secrets values to mask
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
      .replace(/([a-z][a-z0-9+.-]*:\/\/)[^\s/]+@/gi, (whole, scheme: string) =>
        /^ssh:\/\/[^:]+@$/i.test(whole) ? whole : `${scheme}***@`,
      );
}
