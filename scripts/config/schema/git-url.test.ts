import { describe, expect, it } from 'vitest';
import { parseGitUrl } from './git-url.ts';

describe('a repository address', () => {
  it.each([
    ['https://GitHub.com/acme/platform.git', 'https://github.com/acme/platform.git', 'github.com', undefined],
    ['HTTPS://github.com/Acme/Platform', 'https://github.com/Acme/Platform', 'github.com', undefined],
    ['https://git.example.com:8443/a/b.git', 'https://git.example.com:8443/a/b.git', 'git.example.com', 8443],
    ['https://github.com:443/a/b.git', 'https://github.com/a/b.git', 'github.com', undefined],
    ['ssh://git@git.example.com:2222/a/b.git', 'ssh://git@git.example.com:2222/a/b.git', 'git.example.com', 2222],
    ['git@github.com:acme/platform.git', 'git@github.com:acme/platform.git', 'github.com', undefined],
    ['https://gitlab.com/g/s/deeper/p.git', 'https://gitlab.com/g/s/deeper/p.git', 'gitlab.com', undefined],
    ['file:///srv/git/p.git/', 'file:///srv/git/p.git', '', undefined],
  ])('%s is spelt %s everywhere', (text, canonical, host, port) => {
    expect(parseGitUrl(text)).toMatchObject({ canonical, host, ...(port === undefined ? {} : { port }) });
    expect(parseGitUrl(canonical)).toMatchObject({ canonical });
  });

  it('keeps the path as the Git host knows it, groups and all', () => {
    expect(parseGitUrl('https://gitlab.example.com/group/sub/p.git')).toMatchObject({ path: 'group/sub/p.git' });
    expect(parseGitUrl('git@gitlab.example.com:group/sub/p.git')).toMatchObject({ path: 'group/sub/p.git' });
    expect(parseGitUrl('file:///srv/my%20git/p.git')).toMatchObject({ path: '/srv/my git/p.git' });
  });

  it.each([
    'https://user:s3cret@github.com/a/b.git',
    'https://s3cret@github.com/a/b.git',
    'ssh://git:s3cret@github.com/a/b.git',
    'git:s3cret@github.com:a/b.git',
    'https://user:s3cret@github.com/a/b.git/?x#y',
    'https://user:s3cret@/a b',
    'ftp://user:s3cret@github.com/a',
  ])('is refused with credentials in it, and they are not repeated: %s', (text) => {
    const parsed = parseGitUrl(text);
    expect(parsed).toHaveProperty('problem');
    expect(JSON.stringify(parsed)).not.toContain('s3cret');
  });

  it.each([
    ['github.com:acme/platform.git', 'Write git@github.com:acme/platform.git'],
    ['git@github.com:/acme/platform.git', 'Write ssh://git@github.com/acme/platform.git'],
    ['git@git.example.com:2222/a/b.git', 'Write ssh://git@git.example.com:2222/a/b.git'],
    ['https://github.com/acme/platform/', 'Write https://github.com/acme/platform'],
    ['https://gitlab.com/a/b', 'Write https://gitlab.com/a/b.git'],
  ])('%s gets the hint: %s', (text, hint) => {
    expect(parseGitUrl(text)).toMatchObject({ hint });
    expect(parseGitUrl(hint.slice('Write '.length))).toHaveProperty('canonical');
  });
});
