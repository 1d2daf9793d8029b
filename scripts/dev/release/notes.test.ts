import { describe, expect, it } from 'vitest';
import { type ReleaseInputs, releaseNotes } from './notes.ts';

const changelog = `# Changelog

What users notice.

## 0.2.0

### Added

- Waves.

## 0.1.0

The first release.
`;
const inputs = (changes: Partial<ReleaseInputs> = {}): ReleaseInputs => ({
  tag: 'v0.2.0',
  changelog,
  manifest: '{"version": "0.2.0", "upgradeFrom": "https://github.com/acme/breakwater.git"}',
  repository: 'acme/breakwater',
  ...changes,
});

describe('the notes of a release', () => {
  it('are its section of the changelog, whatever surrounds the version', () => {
    expect(releaseNotes(inputs())).toBe('### Added\n\n- Waves.');
    const dated = changelog.replace('## 0.2.0', '## [0.2.0] - in December');
    expect(releaseNotes(inputs({ changelog: dated }))).toBe('### Added\n\n- Waves.');
    expect(releaseNotes(inputs({ tag: 'v0.1.0', manifest: '{"version": "0.1.0"}', repository: undefined }))).toBe(
      'The first release.',
    );
  });

  it.each([
    ['a tag of another form', { tag: 'nightly' }, '"nightly" is not the tag of a release'],
    ['another version in package.json', { tag: 'v0.3.0' }, 'package.json has version 0.2.0, and the tag is v0.3.0'],
    [
      'a version without a section',
      { changelog: changelog.replace('## 0.2.0', '## Unreleased') },
      'no section for 0.2.0',
    ],
    ['an empty section', { changelog: changelog.replace(/### Added[\s\S]*?Waves\./, '') }, 'no section for 0.2.0'],
    ['a longer version', { changelog: changelog.replace('## 0.2.0', '## 0.2.0-rc.1') }, 'no section for 0.2.0'],
    ['releases of another repository', { repository: 'other/breakwater' }, 'and other/breakwater is released'],
    ['no address for copies', { manifest: '{"version": "0.2.0"}' }, 'upgradeFrom in package.json is not set'],
  ])('are refused for %s', (_, changes, message) => {
    expect(() => releaseNotes(inputs(changes))).toThrow(message);
  });
});
