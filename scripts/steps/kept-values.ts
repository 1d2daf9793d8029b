import type { LiveData } from '../cluster/live.ts';
import type { Verdict } from '../cluster/ownership.ts';
import { holdsOthers } from '../cluster/register.ts';
import type { SecretPlan } from '../cluster/secret-plan.ts';
import type { KubernetesObject } from '../components/component.ts';
import type { BootstrapContext } from './context.ts';

/** Existing credentials stay until they are rotated by name: warn before the user revokes the old ones. */
export function warnOfOtherCredentials(
  live: Verdict['repository'],
  wanted: KubernetesObject,
  { options, reporter }: BootstrapContext,
): void {
  const { name, namespace } = wanted.metadata;
  if (live === undefined || options.rotate.includes(name) || !holdsOthers(live, wanted as LiveData)) return;
  reporter.warn(
    `Secret ${namespace}/${name} has other credentials than git.credentials, and Argo CD keeps using those. To replace them: --rotate ${name}`,
  );
}

/** The same for the platform's own Secrets: users' passwords, connectors' client secrets, a CA. One of many namespaces is one warning. */
export function warnOfOtherValues(
  found: readonly { need: SecretPlan['need']; keys: readonly string[] }[],
  reporter: BootstrapContext['reporter'],
): void {
  for (const name of new Set(found.map(({ need }) => need.name))) {
    const all = found.filter(({ need }) => need.name === name);
    const keys = [...new Set(all.flatMap((one) => one.keys))];
    const places = all.map(({ need }) => need.namespace);
    const place = places.length === 1 ? `${places[0]}/${name}` : `${name} (in ${places.join(', ')})`;
    reporter.warn(
      `Secret ${place} has other values for ${keys.join(', ')} than your inputs, and the platform keeps using those. To replace them: --rotate ${keys.map((key) => `${name}/${key}`).join(',')}`,
    );
  }
}
