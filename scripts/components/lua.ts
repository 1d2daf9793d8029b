/**
 * @param text any text
 * @returns a Lua string literal for the text; unsafe bytes are escaped by number
 * @see https://www.lua.org/manual/5.1/manual.html#2.1
 */
export function luaText(text: string): string {
  const bytes = [...new TextEncoder().encode(text)];
  const spelled = bytes.map((byte) => {
    const character = String.fromCharCode(byte);
    return /[\w .,:;@/+=~*!?()<>|&%$#-]/.test(character) ? character : `\\${String(byte).padStart(3, '0')}`;
  });
  return `"${spelled.join('')}"`;
}

/** @returns a Lua table with each of these strings as a key */
export function luaSet(texts: readonly string[]): string {
  return texts.length === 0 ? '{}' : `{ ${texts.map((text) => `[${luaText(text)}] = true`).join(', ')} }`;
}

/** A Lua function that returns a request's host as routes match it, in lower case and without the port. */
export const luaHostOf = `local function host_of(headers)
  local authority = string.lower(headers:get(":authority") or "")
  return (string.gsub(authority, ":%d+$", ""))
end
`;

/**
 * @param bytes maximum length of the result
 * @returns a Lua function that drops names from the end of a comma-separated list
 */
export function luaShortened(bytes: number): string {
  return `local function shortened(list)
  if #list <= ${bytes} then return list end
  return (string.gsub(string.sub(list, 1, ${bytes}), ",?[^,]*$", ""))
end
`;
}

/** @returns a host as in a request: IPv6 addresses in brackets */
export function requestHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
