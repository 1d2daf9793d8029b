import type { LiveApplication } from '../cluster/applications.ts';
import { describeObject, type LiveObject } from '../cluster/live.ts';
import { removeObjects, stripFinalizers } from '../cluster/remove.ts';
import { type AnyStep, step } from './step.ts';
import { keeping, type UninstallContext } from './uninstall-context.ts';
import { countKinds, stagesOf } from './uninstall-plan.ts';

/**
 * Takes Applications away and leaves what they deployed: their finalizers would have Argo CD delete it in its own order, or wait
 * for an Argo CD that does not run.
 */
async function releaseApplications(
  { connection: { api }, reporter }: UninstallContext,
  applications: readonly LiveApplication[],
): Promise<void> {
  for (const application of applications) await stripFinalizers(api, application);
  await removeObjects(api, applications, { report: (line) => reporter.status(`    ${line}`) });
}

/** The root goes first: it would re-create the deleted objects. */
export const removeRoot: AnyStep<UninstallContext> = step<UninstallContext, LiveApplication[], LiveApplication[]>({
  name: 'root',
  look: async ({ applications, cluster }) =>
    applications.filter(({ metadata }) => metadata.name === cluster.argocd.root.name),
  decide: (found) =>
    found.length === 0
      ? { kind: 'up-to-date', message: 'there is no root Application' }
      : { kind: 'do', message: 'delete the root Application, so that nothing is re-created', work: found },
  act: async (found, context) => {
    await releaseApplications(context, found);
    return 'the root Application is gone';
  },
});

interface Tenants {
  sets: readonly LiveObject[];
  applications: readonly LiveApplication[];
  objects: readonly LiveObject[];
}

/** What tenants deployed is data. */
export const removeTenants: AnyStep<UninstallContext> = step<UninstallContext, Tenants, Tenants>({
  name: 'tenants',
  look: async ({ tenants, inventory, connection: { api } }) => ({
    sets: await existing(
      api,
      [...(inventory.get('tenants') ?? [])].filter(({ kind }) => kind === 'ApplicationSet'),
    ),
    applications: tenants,
    objects: tenants.flatMap(({ metadata }) => inventory.get(metadata.name) ?? []),
  }),
  decide: ({ sets, applications, objects }, context) => {
    const { deleteData } = context;
    if (sets.length === 0 && applications.length === 0) return { kind: 'up-to-date', message: 'there are none' };
    const names = applications.map(({ metadata }) => metadata.name).join(', ');
    const stays = !deleteData && objects.length > 0;
    const kept = stays ? [{ what: `what ${names} deployed (${countKinds(objects)})`, why: 'tenants are data' }] : [];
    const what = deleteData && objects.length > 0 ? ` and ${countKinds(objects)}` : '';
    return {
      kind: 'do',
      message:
        applications.length === 0
          ? 'delete their ApplicationSet, which has created no Applications'
          : `delete their ApplicationSet, the Applications ${names}${what}`,
      work: { sets, applications, objects: deleteData ? objects : [] },
      next: keeping(context, kept),
    };
  },
  act: async ({ sets, applications, objects }, context) => {
    const report = (line: string) => context.reporter.status(`    ${line}`);
    // Orphaned: else the Applications' own finalizers would take away what they deployed.
    await removeObjects(context.connection.api, sets, { orphan: true, report });
    await releaseApplications(context, applications);
    await removeStages(context, objects);
    const namespaces = objects.filter(({ kind }) => kind === 'Namespace');
    await removeObjects(context.connection.api, namespaces, { patience: 120, report });
    return applications.length === 0 ? 'no tenants are followed any more' : `${applications.length} let go`;
  },
});

interface Part {
  application: LiveApplication | undefined;
  objects: readonly LiveObject[];
}

/** @returns the step that takes out the components of one wave */
export function removeComponents(title: string, names: readonly string[]): AnyStep<UninstallContext> {
  return step<UninstallContext, Part[], Part[]>({
    name: title,
    look: async ({ applications, inventory, connection: { api } }) =>
      (
        await Promise.all(
          names.map(async (name) => ({
            application: applications.find(({ metadata }) => metadata.name === name),
            objects: await existing(api, inventory.get(name) ?? []),
          })),
        )
      ).filter(({ application, objects }) => application !== undefined || objects.length > 0),
    decide: (parts, context) => {
      const { kept: staying, ...going } = stagesOf(
        parts.flatMap(({ objects }) => objects),
        context,
      );
      const next = keeping(
        context,
        staying.map((object) => ({ what: describeObject(object), why: 'it holds data' })),
      );
      const objects = Object.values(going).flat();
      if (objects.length === 0 && parts.every(({ application }) => application === undefined))
        return { kind: 'up-to-date', message: `${names.join(', ')}: nothing to remove`, next };
      return {
        kind: 'do',
        message: `remove ${names.join(', ')}: ${countKinds(objects) || 'their Applications'}`,
        work: parts,
        next,
      };
    },
    act: async (parts, context) => {
      await releaseApplications(
        context,
        parts.flatMap(({ application }) => (application === undefined ? [] : [application])),
      );
      await removeStages(
        context,
        parts.flatMap(({ objects }) => objects),
      );
      return `${names.join(', ')} gone`;
    },
  });
}

/** Callers of programs first, then custom objects while their controllers still run, then the rest. */
async function removeStages(context: UninstallContext, objects: readonly LiveObject[]): Promise<void> {
  const report = (line: string) => context.reporter.status(`    ${line}`);
  const { callers, custom, rest } = stagesOf(objects, context);
  for (const stage of [callers, custom, rest]) await removeObjects(context.connection.api, stage, { report });
}

/** What an earlier step, or a garbage collector, has taken since the inventory is left out. */
async function existing(
  api: UninstallContext['connection']['api'],
  objects: readonly LiveObject[],
): Promise<LiveObject[]> {
  const found = await Promise.all(objects.map((object) => api.find<LiveObject>(object)));
  return found.filter((object) => object !== undefined);
}
