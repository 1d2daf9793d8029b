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
    ['https://github.com/acme/platform/tree/main', 'Write https://github.com/acme/platform'],
    ['codecommit::eu-west-1://platform', 'Write https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/platform'],
    ['codecommit::eu-west-1://work@platform', 'Write https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/platform'],
    ['file:///srv/my repositories/platform.git', 'Write file:///srv/my%20repositories/platform.git'],
  ])('%s gets the hint: %s', (text, hint) => {
    expect(parseGitUrl(text)).toMatchObject({ hint });
    expect(parseGitUrl(hint.slice('Write '.length))).toHaveProperty('canonical');
  });

  it.each([
    ['https://acme@dev.azure.com/acme/platform/_git/platform', 'Remove everything between "//" and "@"'],
    ['https://dev.azure.com/acme/Business%20Automation/_git/platform', "put the project's id in place of its name"],
    ['https://dev.azure.com/acme/Business Automation/_git/platform', "put the project's id in place of its name"],
    ['codecommit://platform', 'https://git-codecommit.REGION.amazonaws.com/v1/repos/platform'],
    ['gh:acme/platform', 'a short form from your git settings'],
  ])('%s, as a clone button or a person writes it, gets a hint with: %s', (text, part) => {
    expect(parseGitUrl(text)).toMatchObject({ hint: expect.stringContaining(part) });
  });

  it.each([
    'https://dev.azure.com/acme/0f3b4c7e-2f0d-4d52-9f0d-3d0f7c1b2a11/_git/platform',
    'git@ssh.dev.azure.com:v3/acme/Business%20Automation/platform',
    'https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/platform',
  ])('%s, which those hints lead to, is taken as it is', (text) => {
    expect(parseGitUrl(text)).toMatchObject({ canonical: text });
  });
});
