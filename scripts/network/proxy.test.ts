import { describe, expect, it } from 'vitest';
import { proxyFor } from './proxy.ts';

const environment = {
  HTTPS_PROXY: 'http://proxy.example.com:3128',
  NO_PROXY: 'a.example.com,.corp,10.0.0.0/8,fd00::/8,c.test:8443,192.0.2.7',
};

describe('the proxy for an address', () => {
  it.each([
    ['https://a.example.com/', { HTTPS_PROXY: 'http://p:1' }, 'http://p:1'],
    ['https://a.example.com/', { https_proxy: 'p:1', HTTPS_PROXY: 'http://q:1' }, 'http://p:1'],
    ['https://a.example.com/', { HTTP_PROXY: 'http://p:1' }, undefined],
    ['https://a.example.com/', { ALL_PROXY: 'http://p:1' }, 'http://p:1'],
    ['https://a.example.com/', { HTTPS_PROXY: 'http://p:1', NO_PROXY: 'ample.com' }, 'http://p:1'],
    ['https://a.example.com:8443/', { HTTPS_PROXY: 'http://p:1', NO_PROXY: 'a.example.com:443' }, 'http://p:1'],
    ['https://11.1.2.3/', { HTTPS_PROXY: 'http://p:1', NO_PROXY: '10.0.0.0/8' }, 'http://p:1'],
    ['https://10.1.2.3/', { HTTPS_PROXY: 'http://p:1', NO_PROXY: '10.0.0.0/99' }, 'http://p:1'],
    ['https://cluster.example.org', {}, undefined],
    ['https://cluster.example.org', { ...environment, NO_PROXY: '*' }, undefined],
    ['https://cluster.example.org:6443', environment, 'http://proxy.example.com:3128'],
    ['https://c.test:6443', environment, 'http://proxy.example.com:3128'],
  ])('of %s with %j is %s', (address, settings, proxy) => expect(proxyFor(address, settings)).toBe(proxy));

  it.each([
    'https://a.example.com',
    'https://b.a.example.com',
    'https://corp',
    'https://x.corp:6443',
    'https://10.1.2.3:6443',
    'https://[fd00::1]:6443',
    'https://192.0.2.7',
    'https://c.test:8443',
    'https://127.0.0.1:6443',
    'https://[::1]:6443',
    'https://localhost:6443',
    'http://cluster.example.org',
  ])('is none for %s', (address) => {
    expect(proxyFor(address, environment)).toBeUndefined();
  });
});
