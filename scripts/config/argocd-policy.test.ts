import { describe, expect, it } from 'vitest';
import { groupsOfRole, policyFindings } from './argocd-policy.ts';

const patches = (...lines: string[]) => [
  { patch: `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: other}\ndata: {policy.csv: "g, x"}\n` },
  {
    patch: `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: argocd-rbac-cm}\ndata:\n  policy.csv: |\n${lines.map((line) => `    ${line}`).join('\n')}\n  policy.default: "g, x"\n`,
  },
];

describe("Argo CD's policies", () => {
  it('are read as Argo CD reads them, whatever a name holds', () => {
    const read = patches(
      '# ours',
      '',
      'p, role:team, applications, get, team/*, allow',
      'g, platform-admins, role:admin',
      'g, R&D, role:admin',
      'g, /platform/ml, role:admin',
      'g, "CN=ML Users,OU=x", role:admin',
      'g,"a ""quoted"" name",role:admin',
      'g, viewers, role:readonly',
    );
    expect(policyFindings(read)).toEqual([]);
    expect(groupsOfRole(read, 'role:admin')).toEqual([
      'platform-admins',
      'R&D',
      '/platform/ml',
      'CN=ML Users,OU=x',
      'a "quoted" name',
    ]);
  });

  it.each([
    [
      'g, CN=ML Users,OU=x, role:admin',
      'has 4 fields, and "g" needs 3: put a name that contains a comma in double quotes',
    ],
    ['g, a"b, role:admin', 'has a stray double quote'],
    ['g, "a" b, role:admin', 'has a stray double quote'],
    ['g, "a, role:admin', 'has a stray double quote'],
    ['p, role:team, applications, get, team/*', 'has 5 fields, and "p" needs 6'],
    ['q, a, b', 'must start with "p" or "g"'],
    ['g, ops , role:admin', 'has whitespace after "ops"'],
  ])('%s is refused, since all policies would be void', (line, problem) => {
    expect(policyFindings(patches(line))).toEqual([
      {
        path: ['patches', 1, 'patch'],
        at: 'value',
        message: expect.stringContaining(`the policy "${line}" ${problem}`),
      },
    ]);
  });
});
