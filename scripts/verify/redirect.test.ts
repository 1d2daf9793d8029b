import { describe, expect, it } from 'vitest';
import type { PlatformSite } from './known.ts';
import { staysHome } from './redirect.ts';

const site = {
  authority: 'platform.example.com',
  origin: 'https://platform.example.com',
  logins: ['platform.example.com'],
  places: [
    { name: 'dashboard', path: '/' },
    {
      name: 'app-grafana',
      path: '/',
      own: { host: 'grafana.platform.example.com', authority: 'grafana.platform.example.com' },
    },
  ],
} as unknown as PlatformSite;

const loginBackTo = (way: string) =>
  `https://platform.example.com/dex/auth?client_id=x&state=${encodeURIComponent(`nonce:${encodeURIComponent(way)}`)}`;

describe('a redirect stays home', () => {
  it.each([
    ['a path', '/volumes/'],
    ['the platform', 'https://platform.example.com/x'],
    ['an app on a host of its own', 'https://grafana.platform.example.com/d/1'],
    ['a login that returns to a path', loginBackTo('/x?y=1')],
    ['a login that returns to an app on a host of its own', loginBackTo('https://grafana.platform.example.com/d/1')],
  ])('%s', (_, location) => {
    expect(staysHome(location, site)).toBe(true);
  });

  it.each([
    ['another host', 'https://evil.example/'],
    ['a host of an app that is none', 'https://other.platform.example.com/'],
    ['the app without TLS', 'http://grafana.platform.example.com/'],
    ['another port of the app', 'https://grafana.platform.example.com:8443/'],
    ['a name that begins alike', 'https://grafana.platform.example.com.evil.example/'],
    ['a login that returns to another host', loginBackTo('https://evil.example/')],
    ['a login that returns to a host of an app that is none', loginBackTo('https://other.platform.example.com/')],
    ['a login elsewhere', loginBackTo('/').replace('platform', 'evil')],
  ])('but not at %s', (_, location) => {
    expect(staysHome(location, site)).toBe(false);
  });
});
