import { createHmac } from 'node:crypto';
import type { SignCookie } from './known.ts';

/**
 * Signs cookies as OAuth2 Proxy does: VALUE|UNIX TIME|HMAC-SHA256 of name, value and time, base64 for URLs.
 *
 * https://github.com/oauth2-proxy/oauth2-proxy/blob/v7.15.4/pkg/encryption/utils.go (SignedValue)
 *
 * @param key the cookie secret from the Secret
 */
export function cookieSigner(key: string): SignCookie {
  return (name, value, time) => {
    const seconds = String(Math.floor(time.getTime() / 1000));
    const signature = createHmac('sha256', key).update(name).update(value).update(seconds).digest();
    return `${value}|${seconds}|${padded(signature)}`;
  };
}

/** Go's base64.URLEncoding keeps the padding. */
function padded(bytes: Buffer): string {
  const text = bytes.toString('base64url');
  return text.padEnd(Math.ceil(text.length / 4) * 4, '=');
}
