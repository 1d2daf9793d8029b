import { describe, expect, it } from 'vitest';
import { proxyFor } from './proxy.ts';

const environment = {
  HTTPS_PROXY: 'http://proxy.example.com:3128',
  NO_PROXY: 'a.example.com,.corp,10.0.0.0/8,c.test:8443',
};

describe('the proxy on the way to the API server', () => {
  it('is the one that the environment names', () => {
    expect(proxyFor('https://cluster.example.org:6443', environment)).toBe('http://proxy.example.com:3128');
    expect(proxyFor('https://c.test:6443', environment)).toBe('http://proxy.example.com:3128');
    expect(proxyFor('https://cluster.example.org', { https_proxy: 'proxy:1' })).toBe('http://proxy:1');
  });

  it.each([
    'https://a.example.com',
    'https://b.a.example.com',
    'https://x.corp:6443',
    'https://10.1.2.3:6443',
    'https://c.test:8443',
    'https://127.0.0.1:6443',
    'https://localhost:6443',
    'http://cluster.example.org',
  ])('is none for %s', (address) => {
    expect(proxyFor(address, environment)).toBeUndefined();
  });

  it('is none where NO_PROXY is "*", or nothing is set', () => {
    expect(proxyFor('https://cluster.example.org', { ...environment, NO_PROXY: '*' })).toBeUndefined();
    expect(proxyFor('https://cluster.example.org', {})).toBeUndefined();
  });
});
