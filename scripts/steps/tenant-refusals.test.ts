import { join } from 'node:path';
import { expect, it } from 'vitest';
import { loadCluster } from '../config/load.ts';
import { RunError } from '../report/errors.ts';
import { tenantObjects } from './tenant-objects.ts';

const root = join(import.meta.dirname, '..', '..');
const demo = loadCluster(root, 'demo');
const small = 'kind: namespace\nowner: ann@example.com\n';

it.each([
  ['an array', '- a\n', 'team-a', 'cannot unmarshal array'],
  ['no YAML', 'kind: [\n', 'team-a', 'failed to parse'],
  ['a template', `${small}displayName: "{{ .Release.Name }}"\n`, 'team-a', 'does not match pattern'],
  ['an unknown key', `${small}onwer: x\n`, 'team-a', "additional properties 'onwer' not allowed"],
  ['no owner', 'kind: namespace\n', 'team-a', "missing property 'owner'"],
  ["another's namespace", `${small}namespaces: [team-b]\n`, 'team-a', 'must be "team-a"'],
  ["another's path", `${small}routes: [{path: /tenants/team-b/, service: w, port: 80}]\n`, 'team-a', 'must begin with'],
  ['privileged pods', `${small}podSecurity: privileged\n`, 'team-a', '/podSecurity'],
  ['a group of Kubernetes', `${small}members: [{group: "system:authenticated"}]\n`, 'team-a', '/members/0'],
  ['a group with a comma', `${small}members: [{group: "a,b"}]\n`, 'team-a', '/members/0'],
  ['every address', `${small}network: {addresses: [0.0.0.0/0]}\n`, 'team-a', '/network/addresses/0'],
  ["a cloud's metadata", `${small}network: {addresses: [169.254.169.254/32]}\n`, 'team-a', '/network/addresses/0'],
  ['an address of 240 characters', small.replace('ann', 'a'.repeat(228)), 'team-a', '/owner'],
  ['a label that is not allowed', `${small}labels: {team: x}\n`, 'team-a', 'does not allow this key'],
  [
    'an annotation of the proxy',
    `${small}annotations: {sidecar.istio.io/inject: "false"}\n`,
    'team-a',
    'allow this key',
  ],
  [
    'an account annotation',
    `${small}serviceAccounts: {annotations: {x: y}}\n`,
    'team-a',
    '/serviceAccounts/annotations',
  ],
  ['a selector that is CEL', `${small}pods: {nodeSelector: {a: '"}+x'}}\n`, 'team-a', '/pods/nodeSelector'],
  ['a name of Kubernetes', small, 'kube-system', 'is reserved for Kubernetes or the platform'],
  ['a name with the separator', small, 'a--b', "cannot be a tenant's name"],
])('the chart of tenants refuses on its own, whatever was validated before: %s', async (_, text, name, message) => {
  const refusal = await tenantObjects(root, demo, name, text).then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(refusal).toBeInstanceOf(RunError);
  expect((refusal as RunError).details.join('\n')).toContain(message);
});
