import { BlockList, isIP } from 'node:net';

/**
 * The environment's proxy for an address: HTTPS_PROXY or HTTP_PROXY by the address's scheme, else ALL_PROXY; lower case wins.
 * NO_PROXY lists exceptions: hosts with their subdomains, `host:port`, networks as 10.0.0.0/8, and `*`. git (curl) and kubectl
 * (Go) choose in the same way; loopback is always direct.
 *
 * @param address https:// or http:// address
 * @returns the proxy's URL, or undefined for a direct connection
 * @see https://everything.curl.dev/usingcurl/proxies/env.html
 * @see https://pkg.go.dev/golang.org/x/net/http/httpproxy#Config
 */
export function proxyFor(address: string, environment: NodeJS.ProcessEnv): string | undefined {
  if (!URL.canParse(address)) return undefined;
  const url = new URL(address);
  const setting = (name: string) => environment[name.toLowerCase()] || environment[name] || undefined;
  const proxy = setting(url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY') ?? setting('ALL_PROXY');
  if (proxy === undefined || isDirect(url, setting('NO_PROXY') ?? '')) return undefined;
  return proxy.includes('://') ? proxy : `http://${proxy}`;
}

function isDirect(url: URL, exceptions: string): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, '').toLowerCase();
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  return ['localhost', '127.0.0.0/8', '::1', ...exceptions.split(',')]
    .map((entry) => entry.trim().toLowerCase())
    .some((entry) => entry === '*' || (entry.includes('/') ? isInNetwork(host, entry) : isHost(host, port, entry)));
}

function isHost(host: string, port: string, entry: string): boolean {
  if (isIP(entry) !== 0) return host === entry;
  const [, name = entry, onlyPort] = /^\[?(.*?)\]?:(\d+)$/.exec(entry) ?? [];
  const domain = name.replace(/^\*?\./, '');
  return domain !== '' && (onlyPort === undefined || onlyPort === port) && `.${host}`.endsWith(`.${domain}`);
}

function isInNetwork(host: string, entry: string): boolean {
  const [network = '', bits] = entry.split('/');
  const family = isIP(host);
  if (family === 0 || isIP(network) !== family || !/^\d{1,3}$/.test(bits ?? '')) return false;
  const type = family === 4 ? 'ipv4' : 'ipv6';
  if (Number(bits) > (family === 4 ? 32 : 128)) return false;
  const list = new BlockList();
  list.addSubnet(network, Number(bits), type);
  return list.check(host, type);
}
