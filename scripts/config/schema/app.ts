import * as z from 'zod';
import { appAccess } from './app-access.ts';
import { identityHeader } from './app-headers.ts';
import { appPlaceSchema, service } from './app-place.ts';
import { appSource } from './app-source.ts';
import { deadline, label, labelUpTo } from './common.ts';
import { eachRepetition, reads, readsAsWritten } from './reads.ts';
import { takenNamespaces } from './reserved.ts';

/** Longest app name: `app-<name>-redirect` and the like must be DNS labels, and readable. */
export const longestAppName = 40;

/** The only app that shares its name with a component: Argo CD's own pages. */
export const argocdAppName = 'argocd';

const caller = z.strictObject({
  namespace: label.describe('Namespace of the account.'),
  serviceAccount: label.describe('Name of the ServiceAccount.'),
});

const dashboardLink = z
  .strictObject({
    text: z
      .string()
      .regex(/^[^\p{Cc}]+$/u, 'must not be empty, and must be on one line')
      .max(60, 'at most 60 characters')
      .describe('Text of the link.'),
    icon: z
      .string()
      .regex(/^[a-z0-9:-]+$/, 'must be the name of an iron-icon, for example assessment or social:mood')
      .default('launch')
      .describe('Icon of the link: the name of an iron-icon, without "icons:".'),
  })
  .describe("A link in the menu of Kubeflow's central dashboard, if it is installed.");

const clusterScopedKind = z
  .string()
  .regex(/^[a-z0-9.-]*\/[A-Z][A-Za-z0-9]*$/, 'must be group/Kind, for example rbac.authorization.k8s.io/ClusterRole');

/** Keys of an app with a page: all of them, or none. */
const pageKeys = ['place', 'service', 'access'] as const;

/** The whole of apps/<app>/app.yaml. */
export const appFile = z
  .strictObject({
    description: z
      .string()
      .regex(/^[^\p{Cc}|]+$/u, 'must be on one line, without "|"')
      .max(120, 'at most 120 characters')
      .describe('One-line description of the app, for readers.'),
    source: appSource,
    namespace: label.optional().describe("Namespace of the app, created for it alone. Default: the app's name."),
    clusters: z
      .array(labelUpTo(63, 'it must be a DNS label'))
      .default([])
      .describe('Clusters that run the app, unless their cluster.yaml sets apps.<app>.enabled. Default: none.'),
    place: appPlaceSchema.optional(),
    service: service.optional(),
    access: appAccess
      .optional()
      .describe('Users who may open the app: by groups, by emails, or everyone who is logged in. Without it: no page.'),
    values: z
      .record(z.string(), z.json())
      .default({})
      .describe(
        'Chart values that depend on the cluster: {url}, {host} and {path} are replaced in strings, and {image NAME}, {registry NAME} and {repository NAME} by an image below its mirror. Put all other values in values.yaml next to this file.',
      ),
    headers: z
      .array(identityHeader)
      .default([
        { name: 'kubeflow-userid', value: 'email' },
        { name: 'kubeflow-groups', value: 'groups' },
      ])
      .describe('Headers that tell the app who the user is. An empty list: none.'),
    token: z
      .boolean()
      .default(false)
      .describe(
        "Send the user's ID token to the app in the Authorization header. Requires the app's own host. Anyone who controls the app can then act as its users.",
      ),
    apiPaths: z
      .array(z.string().regex(/^([A-Za-z0-9._~-]+\/)+$/, 'must be relative and end with "/", for example api/'))
      .default([])
      .describe(
        'Paths under its address where a request without a session gets 401 instead of a redirect to the login page.',
      ),
    callers: z
      .array(caller)
      .default([])
      .describe(
        'ServiceAccounts in the cluster that may call the app directly, in addition to the gateway. They can forge the identity headers.',
      ),
    podSecurity: z
      .enum(['restricted', 'baseline', 'privileged'])
      .default('restricted')
      .describe("Pod Security level enforced in the app's namespace."),
    clusterKinds: z
      .array(clusterScopedKind)
      .default([])
      .describe("Cluster-scoped kinds that the app's source contains."),
    alsoWritesTo: z.array(label).default([]).describe("Further namespaces that the app's source writes to."),
    administrator: z
      .boolean()
      .default(false)
      .describe(
        "true: the app's source may grant cluster-wide rights (cluster-admin, wildcards, escalate, bind, impersonate) and write to the platform's namespaces, as some operators need.",
      ),
    after: z
      .enum(['platform', 'login', 'start'])
      .default('platform')
      .describe(
        'When to sync the app. platform: in the last wave. login: as soon as the login works. start: before the rest of the platform, which then waits for it; without place only.',
      ),
    serverSideApply: z.boolean().default(false).describe('Use server-side apply, for objects larger than 256 KiB.'),
    syncOptions: z
      .array(z.string().regex(/^[A-Za-z]+=[A-Za-z0-9]+$/, 'must be NAME=VALUE, for example CreateNamespace=true'))
      .default([])
      .describe('Additional sync options of the Application.'),
    readyWithin: deadline.default('10m').describe('Time the app may take to become ready before its wave fails.'),
    dashboard: dashboardLink.optional(),
  })
  .superRefine(
    (value, context) => {
      const refuse = (key: string, message: string, hint: string) =>
        context.addIssue({ code: 'custom', path: [key], message, params: { hint, at: 'key' } });
      const { place, service: answers, access } = value;
      if ('installed' in value.source || place !== undefined || answers !== undefined || access !== undefined) {
        const page = 'An app with a page needs place, service and access; one without a page has none of them.';
        for (const [key, given] of Object.entries({ place, service: answers, access }))
          if (given === undefined) refuse(key, 'is missing', page);
        if (value.after === 'start')
          refuse('after', 'start is for apps without a page: the login is not there yet', 'Write login or platform.');
        return;
      }
      for (const key of ['token', 'apiPaths', 'callers', 'dashboard'] as const) {
        const set = value[key];
        if (set === true || (typeof set === 'object' && Object.keys(set).length > 0))
          refuse(key, 'has no effect: the app has no page', 'Remove it, or set place, service and access.');
      }
      if (/\{(url|host|path)\}/.test(JSON.stringify(value.values)))
        refuse('values', 'names {url}, {host} or {path}, but the app has no page', 'Set place, service and access.');
    },
    reads('place', 'service', 'access', 'source', 'after', 'values', 'token', 'apiPaths', 'callers', 'dashboard'),
  )
  .superRefine(
    (value, context) => {
      const { namespace } = value;
      if (namespace === undefined || 'installed' in value.source || !takenNamespaces.includes(namespace)) return;
      context.addIssue({
        code: 'custom',
        path: ['namespace'],
        message: 'is reserved for Kubernetes or the platform',
      });
    },
    reads('namespace', 'source'),
  )
  .superRefine(
    (value, context) => {
      if (value.administrator) return;
      for (const [index, namespace] of value.alsoWritesTo.entries())
        if (takenNamespaces.includes(namespace))
          context.addIssue({
            code: 'custom',
            path: ['alsoWritesTo', index],
            message: 'is reserved for Kubernetes or the platform',
            params: { hint: 'If you trust the source with these rights, set administrator: true.' },
          });
    },
    reads('administrator', 'alsoWritesTo'),
  )
  .superRefine(
    (value, context) => {
      if (!('installed' in value.source) || value.namespace !== undefined) return;
      context.addIssue({
        code: 'custom',
        path: ['namespace'],
        message: 'is missing',
        params: { hint: 'Set it to the namespace where the app runs.', at: 'key' },
      });
    },
    reads('namespace', 'source'),
  )
  .superRefine((value, context) => {
    if (!('installed' in value.source)) return;
    for (const field of ['alsoWritesTo', 'clusterKinds', 'syncOptions', 'administrator', 'serverSideApply'] as const) {
      const set = value[field];
      if (set === true || (Array.isArray(set) && set.length > 0))
        context.addIssue({
          code: 'custom',
          path: [field],
          message: 'has no effect: the app is installed already, and only its route is created',
          params: { hint: 'Remove it.', at: 'key' },
        });
    }
  }, readsAsWritten)
  .superRefine(
    (value, context) => {
      if (value.service?.protocol !== 'https' || 'installed' in value.source) return;
      context.addIssue({
        code: 'custom',
        path: ['service', 'protocol'],
        message: 'https is only for apps outside the mesh (source: {installed: true})',
        params: { hint: 'Use http: the mesh encrypts the traffic.' },
      });
    },
    reads('service', 'source'),
  )
  .superRefine(
    (value, context) => {
      if ('chart' in value.source || Object.keys(value.values).length === 0) return;
      context.addIssue({
        code: 'custom',
        path: ['values'],
        message: 'has no effect: the source is not a chart',
        params: { hint: 'Remove it.', at: 'key' },
      });
    },
    reads('values', 'source'),
  )
  .superRefine(
    (value, context) => {
      if (!value.token || value.place === undefined || 'host' in value.place) return;
      context.addIssue({
        code: 'custom',
        path: ['token'],
        message:
          "needs the app's own host: on a path, any page of the platform's host could call the app with the user's token",
        params: { hint: 'Set place: {host: NAME} for NAME.<host>, or token: false.' },
      });
    },
    reads('token', 'place'),
  )
  .superRefine((value, context) => {
    const names = value.headers.map(({ name }) => name.toLowerCase());
    eachRepetition(names, undefined, (index, text) =>
      context.addIssue({
        code: 'custom',
        path: ['headers', index, 'name'],
        message: `"${text}" is listed twice`,
      }),
    );
  }, reads('headers'))
  .superRefine((value, context) => {
    for (const field of ['clusters', 'alsoWritesTo', 'clusterKinds', 'apiPaths'] as const)
      eachRepetition(value[field], undefined, (index, text) =>
        context.addIssue({ code: 'custom', path: [field, index], message: `"${text}" is listed twice` }),
      );
  }, readsAsWritten)
  .meta({
    anyOf: [{ required: [...pageKeys] }, { not: { anyOf: pageKeys.map((key) => ({ required: [key] })) } }],
  })
  .describe('An app behind the login; without place, service and access: an add-on without a page.');

type Written = z.output<typeof appFile>;
type Page = { [Key in (typeof pageKeys)[number]]: NonNullable<Written[Key]> };

/** An app.yaml. In an app without a page, what it leaves out is filled in with nothing. */
export interface AppFile extends Omit<Written, keyof Page> {
  place: Page['place'] | { none: true };
  service: Page['service'];
  access: Page['access'];
}

/** @returns the app with every key */
export function completed(app: Written): AppFile {
  const {
    place = { none: true as const },
    service: answers = { name: '', port: 0, protocol: 'http' },
    access = {},
  } = app;
  return { ...app, place, service: answers, access };
}

/** @returns true for an app without a page: nothing leads to it, and no one opens it */
export function isAddOn({ place }: Pick<AppFile, 'place'>): boolean {
  return 'none' in place;
}
