/**
 * @param text anything
 * @returns a string of Lua that is this text: what is neither a letter nor harmless is written as the number of its byte
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

/** @returns a table of Lua that has each of these texts as a key */
export function luaSet(texts: readonly string[]): string {
  return texts.length === 0 ? '{}' : `{ ${texts.map((text) => `[${luaText(text)}] = true`).join(', ')} }`;
}

/** A function of Lua: the host of a request as routes know it, in lower case and without its port. */
export const luaHostOf = `local function host_of(headers)
  local authority = string.lower(headers:get(":authority") or "")
  return (string.gsub(authority, ":%d+$", ""))
end
`;

/**
 * @param bytes that are left at most
 * @returns a function of Lua that takes whole names off the end of a list with commas
 */
export function luaShortened(bytes: number): string {
  return `local function shortened(list)
  if #list <= ${bytes} then return list end
  return (string.gsub(string.sub(list, 1, ${bytes}), ",?[^,]*$", ""))
end
`;
}

/** @returns a host as it stands in a request: an IPv6 address in brackets */
export function requestHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
