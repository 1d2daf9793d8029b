import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseDocument } from 'yaml';
import type { Check } from './check.ts';
import { lackOfPrograms, namespacesOf, profileOf, send, startVisit } from './kubeflow-site.ts';

/** A profile gets another owner by a merge, and goes back. */
export const check: Check = {
  name: 'kubeflow-owner',
  title: 'A profile changes hands',
  quick: false,
  needs: lackOfPrograms,
  run: async (site) => {
    const { base, expect, ann, bob } = await startVisit(site, 'kubeflow-owner');
    const namespace = await profileOf(site);
    const path = `clusters/${site.cluster}/cluster.yaml`;
    const file = parseDocument(await readFile(join(site.root, path), 'utf8'));
    const uid = () => site.kubectl(['get', 'namespace', namespace, '-o', 'jsonpath={.metadata.uid}']);
    const before = await uid();
    file.setIn(['kubeflow', 'defaultProfile'], { name: namespace, owner: site.users.other.email });
    const commit = await site.change('Give a profile to someone else', { [path]: String(file) });
    try {
      await site.untilHealthy(commit);
      const list = async () => {
        const path = `${base}/jupyter/api/namespaces/${namespace}/notebooks`;
        return [(await send(ann, path)).status, (await send(bob, path)).status];
      };
      const shown = async () =>
        [await namespacesOf(ann, base), await namespacesOf(bob, base)].map((names) => names.includes(namespace));
      const changed = async () => ((await shown()).join() === 'false,true' ? true : undefined);
      await site.until('the dashboard shows it to the new owner', changed, 120);
      expect('the dashboard shows it to the new owner only', 'GET env-info as both', [false, true], await shown());
      expect('the old one is out, and the new one in', "GET the notebooks' list as both", [403, 200], await list());
      const policy = ['-n', namespace, 'get', 'authorizationpolicy', 'ns-owner-access-istio', '-o', 'jsonpath={.spec}'];
      const text = await site.kubectl(policy);
      const named = [site.users.owner.email, site.users.other.email].map((email) => text.includes(email));
      expect('also at its pages', 'the policy ns-owner-access-istio names', [false, true], named);
      expect('the namespace stays, with its data', 'its uid', before, await uid());
    } finally {
      await site.untilHealthy(await site.revert(commit));
    }
  },
};
