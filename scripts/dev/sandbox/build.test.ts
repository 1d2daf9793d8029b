import { describe, expect, it } from 'vitest';
import { older, versionIn } from './build.ts';
import { cacheFolder, hashOf } from './cache.ts';

describe('versionIn', () => {
  it('finds a version in a line of its own and in a block', () => {
    expect(versionIn('module m\n\nrequire example.com/a/v2 v2.1.0\n', 'example.com/a/v2')).toBe('2.1.0');
    expect(versionIn('require (\n\texample.com/a v1.0.0 // indirect\n)\n', 'example.com/a')).toBe('1.0.0');
  });

  it('does not take a replacement, or a module of a similar name, for it', () => {
    const goMod = 'require (\n\texample.com/ab v1.0.0\n)\nreplace example.com/a => example.com/b v3.0.0\n';
    expect(() => versionIn(goMod, 'example.com/a')).toThrow('no "require example.com/a"');
  });
});

describe('older', () => {
  it.each([
    ['1.26.3', '1.26.0', false],
    ['1.26', '1.26.0', false],
    ['1.9.9', '1.26.0', true],
    ['1.26.0', '1.26.3', true],
    ['1.27rc1', '1.26.3', false],
  ])('%s than %s: %s', (version, than, answer) => {
    expect(older(version, than)).toBe(answer);
  });
});

describe('cacheFolder', () => {
  it('follows BREAKWATER_CACHE, then XDG_CACHE_HOME, then the home folder', () => {
    expect(cacheFolder({ BREAKWATER_CACHE: '/a', XDG_CACHE_HOME: '/b' })).toBe('/a');
    expect(cacheFolder({ XDG_CACHE_HOME: '/b' })).toBe('/b/breakwater');
    expect(cacheFolder({})).toMatch(/\.cache\/breakwater$/);
  });
});

describe('hashOf', () => {
  it('tells lists apart that read the same when joined', () => {
    expect(hashOf(['ab', 'c'])).not.toBe(hashOf(['a', 'bc']));
    expect(hashOf(['ab', 'c'])).toBe(hashOf(['ab', Buffer.from('c')]));
  });
});
