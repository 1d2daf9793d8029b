import { filterTypes } from './envoy-filter.ts';

/** Requests per second, on average and in a burst. */
interface Rate {
  perSecond: number;
  burst: number;
}

interface Limit {
  name: string;
  /** Header matchers; a request is counted if all match. */
  headers: readonly Record<string, unknown>[];
  /** Limit for all clients together, per pod of the gateway. */
  together: Rate;
  /** Limit per client address. */
  each: Rate;
}

const header = (name: string, match: Record<string, string>) => ({ name, string_match: match });

/**
 * Limits for requests without a login. Each started login creates an object in the cluster's etcd, and each password attempt costs Dex a
 * quarter of a second of CPU (bcrypt).
 */
const limits: readonly Limit[] = [
  {
    name: 'password-form',
    headers: [header(':path', { prefix: '/dex/auth/' }), header(':method', { exact: 'POST' })],
    together: { perSecond: 5, burst: 30 },
    each: { perSecond: 2, burst: 15 },
  },
  {
    name: 'dex',
    headers: [header(':path', { prefix: '/dex/' })],
    together: { perSecond: 50, burst: 300 },
    each: { perSecond: 20, burst: 100 },
  },
  {
    name: 'oauth2',
    headers: [header(':path', { prefix: '/oauth2/' })],
    together: { perSecond: 100, burst: 400 },
    each: { perSecond: 40, burst: 200 },
  },
  {
    name: 'webhook',
    headers: [header(':path', { prefix: '/hooks/' })],
    together: { perSecond: 5, burst: 30 },
    each: { perSecond: 2, burst: 20 },
  },
];

const never = { max_tokens: 4294967295, tokens_per_fill: 4294967295, fill_interval: '1s' };
const always = { default_value: { numerator: 100, denominator: 'HUNDRED' } };

function bucket({ perSecond, burst }: Rate): Record<string, unknown> {
  return { max_tokens: burst, tokens_per_fill: perSecond, fill_interval: '1s' };
}

/**
 * Envoy's rate limit filter, which answers 429 to too many requests without a login. Buckets are local to each pod of the gateway.
 *
 * @see https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/local_rate_limit_filter
 */
export function rateLimitFilter(): Record<string, unknown> {
  const matches = ({ name, headers }: Limit) => ({
    header_value_match: { descriptor_key: 'limit', descriptor_value: name, headers },
  });
  return {
    name: 'breakwater.rate-limits',
    typed_config: {
      '@type': `${filterTypes}.http.local_ratelimit.v3.LocalRateLimit`,
      stat_prefix: 'breakwater_rate_limits',
      filter_enabled: always,
      filter_enforced: always,
      // Only requests that match a descriptor are counted.
      token_bucket: never,
      always_consume_default_token_bucket: false,
      rate_limits: limits.flatMap((limit) => [
        { actions: [matches(limit), { remote_address: {} }] },
        { actions: [matches(limit)] },
      ]),
      descriptors: limits.flatMap(({ name, together, each }) => [
        // Without a value, each address has its own bucket.
        { entries: [{ key: 'limit', value: name }, { key: 'remote_address' }], token_bucket: bucket(each) },
        { entries: [{ key: 'limit', value: name }], token_bucket: bucket(together) },
      ]),
    },
  };
}
