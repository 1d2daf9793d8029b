/** What a refusal quotes of the object, JSON with escaped quotes: for a patch that is the whole object, as it is in the cluster. */
const quotedObject = /"\{(?:[^"\\]|\\.)*\}"/g;

/**
 * Takes the values of a Secret out of a message: the API server quotes the object in some of its refusals.
 *
 * @param message any text
 * @param object what was sent; anything but a Secret changes nothing
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
  // Longest first, so that no value hides a part of another; short ones would tear ordinary words apart.
  return [...new Set(both)].filter((value) => value.length >= 4).sort((a, b) => b.length - a.length);
}
