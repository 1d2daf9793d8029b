import { describe, expect, it } from 'vitest';
import { proxyFor } from './fetch.ts';

describe('the proxy', () => {
  it.each([
    ['https://a.example.com/', { HTTPS_PROXY: 'http://p:1' }, 'http://p:1/'],
    ['https://a.example.com/', { https_proxy: 'p:1', HTTPS_PROXY: 'http://q:1' }, 'http://p:1/'],
    ['https://a.example.com/', { HTTP_PROXY: 'http://p:1' }, undefined],
    ['https://a.example.com/', { ALL_PROXY: 'http://p:1' }, 'http://p:1/'],
    ['https://a.example.com/', { HTTPS_PROXY: 'http://p:1', NO_PROXY: 'x,.example.com' }, undefined],
    ['https://a.example.com/', { HTTPS_PROXY: 'http://p:1', NO_PROXY: 'ample.com' }, 'http://p:1/'],
    ['https://a.example.com:8443/', { HTTPS_PROXY: 'http://p:1', NO_PROXY: 'a.example.com:443' }, 'http://p:1/'],
    ['https://a.example.com/', { HTTPS_PROXY: 'http://p:1', no_proxy: '*' }, undefined],
  ])('for %s with %j is %s', (url, environment, proxy) =>
    expect(proxyFor(new URL(url), environment)?.href).toBe(proxy),
  );
});
