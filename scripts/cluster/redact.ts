/** The object quoted in an error, as JSON with escaped quotes: for a patch, the whole object from the cluster. */
const quotedObject = /"\{(?:[^"\\]|\\.)*\}"/g;

/**
 * Removes a Secret's values from a message: the API server quotes the object in some errors.
 *
 * @param message any text
 * @param object the object in the request; only Secrets are redacted
 * @returns the message with each value, plain or base64, replaced by `***`
 */
export function withoutSecrets(message: string, object: unknown): string {
  if (!isSecret(object)) return message;
  return secretValues(object).reduce(
    (text, value) => text.replaceAll(value, '***'),
    message.replace(quotedObject, '***'),
  );
}

function isSecret(object: unknown): object is { kind: 'Secret' } {
  return typeof object === 'object' && object !== null && 'kind' in object && object.kind === 'Secret';
}

function secretValues(object: object): string[] {
  const { data = {}, stringData = {} } = object as {
    data?: Record<string, string>;
    stringData?: Record<string, string>;
  };
  const encoded = Object.values(data);
  const plain = [
    ...Object.values(stringData),
    ...encoded.map((value) => Buffer.from(value, 'base64').toString('utf8')),
  ];
  const both = [...encoded, ...plain, ...plain.map((value) => Buffer.from(value).toString('base64'))];
  // Longest first, so that no value breaks up another. Short values are skipped, as they would match ordinary words.
  return [...new Set(both)].filter((value) => value.length >= 4).sort((a, b) => b.length - a.length);
}
