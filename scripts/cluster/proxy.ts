import { isIP } from 'node:net';

/**
 * The proxy that the environment names for an address, as kubectl would find it:
 * https://pkg.go.dev/golang.org/x/net/http/httpproxy#Config
 *
 * @param address https:// or http:// address
 * @returns the proxy's URL, or undefined where the address is reached directly
 */
export function proxyFor(address: string, environment: NodeJS.ProcessEnv): string | undefined {
  if (!URL.canParse(address)) return undefined;
  const url = new URL(address);
  const setting = (name: string) => environment[name.toLowerCase()] || environment[name] || undefined;
  const proxy = setting(url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY');
  if (proxy === undefined || direct(url, setting('NO_PROXY') ?? '')) return undefined;
  return proxy.includes('://') ? proxy : `http://${proxy}`;
}

function direct(url: URL, exceptions: string): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, '').toLowerCase();
  if (host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))) return true;
  return exceptions
    .split(',')
    .map((entry) => entry.trim().toLowerCase())
    .filter((entry) => entry !== '')
    .some((entry) => matches(entry, host, url.port || (url.protocol === 'https:' ? '443' : '80')));
}

function matches(entry: string, host: string, port: string): boolean {
  if (entry === '*') return true;
  if (entry.includes('/')) return inRange(entry, host);
  const [, name = entry, onlyPort] = /^(.*?):(\d+)$/.exec(entry) ?? [];
  if (onlyPort !== undefined && onlyPort !== port) return false;
  const domain = name.replace(/^\*?\./, '');
  // ".example.com" is for its subdomains only, "example.com" for itself, too.
  return host.endsWith(`.${domain}`) || (domain === name && host === name);
}

/** IPv4 ranges as 10.0.0.0/8. */
function inRange(range: string, host: string): boolean {
  const [network = '', bits] = range.split('/');
  if (isIP(network) !== 4 || isIP(host) !== 4) return false;
  const shift = 2 ** (32 - Number(bits));
  return Math.floor(numberOf(network) / shift) === Math.floor(numberOf(host) / shift);
}

function numberOf(address: string): number {
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}
