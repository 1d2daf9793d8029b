import { describe, expect, it } from 'vitest';
import { masker } from './mask.ts';

describe('masking', () => {
  it('AP#471 takes secrets out wherever they stand, longest first', () => {
    const mask = masker(['token-1', 'token-1-and-more']);
    expect(mask('a token-1-and-more b token-1 c')).toBe('a *** b *** c');
  });

  it('knows base64 and URL forms, and single lines of a key', () => {
    const key = '-----BEGIN X-----\nAAAABBBBCCCC\nDDDD\n-----END X-----\n';
    const mask = masker(['p@ss word', key]);
    expect(
      mask(`x ${encodeURIComponent('p@ss word')} ${Buffer.from('p@ss word').toString('base64')} AAAABBBBCCCC`),
    ).toBe('x *** *** ***');
  });

  it('KF#633 takes user and password out of URLs, known or not', () => {
    expect(masker([])('see https://user:p@ss@host/a and https://tok@host:1/b')).toBe(
      'see https://***@host/a and https://***@host:1/b',
    );
  });

  it('leaves addresses readable that hold no secret', () => {
    const text = 'ssh://git@host:22/a git@host:a https://host/@scope mail me@example.com';
    expect(masker(['', 'abc'])(text)).toBe(text);
  });

  it('takes characters literally', () => {
    expect(masker(['a.b*c$&'])('axbxc a.b*c$&!')).toBe('axbxc ***!');
  });
});
