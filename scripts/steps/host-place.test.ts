import { describe, expect, it } from 'vitest';
import { hostPlace } from './host-place.ts';

const place = (url: string | undefined, web?: string) =>
  hostPlace({ git: { url, host: web === undefined ? {} : { url: web } } as never });

describe('the location of a repository on its host', () => {
  it.each([
    ['https://github.com/acme/platform.git', 'https://github.com', 'acme/platform'],
    ['https://github.com/acme/platform', 'https://github.com', 'acme/platform'],
    ['git@github.com:acme/platform.git', 'https://github.com', 'acme/platform'],
    ['ssh://git@git.example.com:2222/acme/platform.git', 'https://git.example.com', 'acme/platform'],
    ['https://git.example.com:8443/acme/platform.git', 'https://git.example.com:8443', 'acme/platform'],
    ['https://gitlab.com/group/subgroup/deeper/platform.git', 'https://gitlab.com', 'group/subgroup/deeper/platform'],
  ])('of %s is %s, %s', (url, web, repository) => expect(place(url)).toEqual({ web, repository }));

  it('has the web address that is configured, and does not count its path as a part of the repository', () => {
    const web = 'https://example.com/gitea';
    expect(place('https://example.com/gitea/acme/platform.git', web)).toEqual({ web, repository: 'acme/platform' });
    expect(place('git@example.com:acme/platform.git', web)).toEqual({ web, repository: 'acme/platform' });
  });

  it('does not exist for a folder, for the embedded remote, and over plain HTTP, where a token could be read', () => {
    expect(place('file:///srv/git/platform.git')).toBeUndefined();
    expect(place(undefined)).toBeUndefined();
    expect(place('http://git.example.com/acme/platform.git')).toBeUndefined();
  });
});
