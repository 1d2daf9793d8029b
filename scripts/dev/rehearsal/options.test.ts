import { expect, test } from 'vitest';
import { UsageError } from '../../report/errors.ts';
import { parseOptions, requireOwnOptions } from './options.ts';
import { defaultFolder } from './state.ts';

test('without a word, the whole run is meant', () => {
  expect(parseOptions([])).toMatchObject({ word: 'run', quick: false, only: [], keep: false });
});

test('checks are named by commas', () => {
  expect(parseOptions(['check', '--only', 'login,attacks']).only).toEqual(['login', 'attacks']);
});

test.each([
  [['fly'], '"fly" is none of needs, build, up, down, check, status, logs, shell'],
  [['run'], '"run" is none of'],
  [['up', 'more'], '"more": up takes no such word'],
  [['--fast'], "Unknown option '--fast'"],
  [['--address', '10.0.0.1'], '--address goes with --context only'],
  [['--quick', '--only', 'login'], '--quick and --only exclude each other'],
  [['--kubeflow-sources', '/src', '--context', 'kind-test'], '--kubeflow-sources and --context exclude each other'],
  [['check', '--kubeflow-sources', '/src'], '--kubeflow-sources: check builds nothing'],
])('refuses %j', (words, message) => {
  expect(() => parseOptions(words)).toThrow(UsageError);
  expect(() => parseOptions(words)).toThrow(message);
});

test('a rehearsal of root is the machine’s, any other the user’s own', () => {
  expect(defaultFolder({}, true)).toBe('/var/lib/breakwater/rehearsal');
  expect(defaultFolder({ XDG_STATE_HOME: '/home/ann/state' }, false)).toBe('/home/ann/state/breakwater/rehearsal');
});

test('an option that npm took for itself is not lost', () => {
  const environment = { npm_lifecycle_event: 'rehearse', npm_config_quick: 'true' };
  expect(() => requireOwnOptions(environment)).toThrow('npm has taken --quick for itself');
  const withSources = { npm_lifecycle_event: 'rehearse', npm_config_kubeflow_sources: '/src' };
  expect(() => requireOwnOptions(withSources)).toThrow('npm has taken --kubeflow-sources for itself');
  expect(() => requireOwnOptions({ npm_lifecycle_event: 'rehearse' })).not.toThrow();
});
