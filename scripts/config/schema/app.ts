import { z } from 'zod';
import { identityHeader } from './app-headers.ts';
import { appSource } from './app-source.ts';
import { deadline, email, label, labelUpTo } from './common.ts';
import { takenNamespaces } from './component-facts.ts';
import { groupName } from './group-name.ts';
import { platformPathOf } from './places.ts';
import { eachRepetition, reads, readsAsWritten } from './reads.ts';

/** Longest app name: `app-<name>-redirect` and the like must be DNS labels, and stay readable. */
export const longestAppName = 40;

/** The one app whose name a component has, too: Argo CD's own pages. */
export const argocdApp = 'argocd';

/** A path prefix under the platform's host. */
export const appPath = z
  .string()
  .regex(/^\/([A-Za-z0-9_~-][A-Za-z0-9._~-]*\/)+$/, {
    abort: true,
    error: 'must begin and end with "/", and have letters, digits and "._~-" between: /grafana/',
  })
  .max(200, 'at most 200 characters')
  .superRefine((text, context) => {
    const taken = platformPathOf(text);
    if (taken === undefined) return;
    context.addIssue({
      code: 'custom',
      message: `${taken} belongs to the platform`,
      params: { hint: 'Take another path.' },
    });
  });

/** First label of a host of its own. */
export const appHost = label.refine(
  (text) => !text.startsWith('xn--'),
  'must not begin with "xn--": such names look like others',
);

const place = z
  .union([
    z.strictObject({
      path: appPath.describe(
        "Path prefix under the platform's host. The app must expect its requests there, or set strip.",
      ),
      strip: z.boolean().default(false).describe('The app gets its requests without the prefix.'),
    }),
    z.strictObject({
      host: appHost.describe(
        "A host of its own below the platform's: grafana becomes grafana.<host>, with its own certificate.",
      ),
    }),
  ])
  .describe('Where it appears: {path: /grafana/} or {host: grafana}.');

const service = z
  .strictObject({
    name: label.describe('The Service that is routed to.'),
    port: z.int().min(1).max(65535).describe('Its port.'),
    protocol: z
      .enum(['http', 'https'])
      .default('http')
      .describe("What it speaks. http: the mesh encrypts. https: TLS of its own, whose certificate isn't checked."),
    pods: z
      .record(z.string().min(1), z.string())
      .refine((labels) => Object.keys(labels).length > 0, 'must not be empty')
      .optional()
      .describe(
        "Labels of the Service's pods: only they are closed to everybody but the gateway. Default: all pods of the namespace.",
      ),
  })
  .describe('Which Service and port.');

/** Who may open an app. */
export const appAccess = z
  .strictObject({
    everyone: z.literal(true).optional().describe('Everyone who is logged in.'),
    groups: z.array(groupName).optional().describe('Members of any of these groups, letter by letter.'),
    emails: z.array(email).optional().describe('People with these addresses.'),
  })
  .superRefine(
    (value, context) => {
      const named = (value.groups?.length ?? 0) + (value.emails?.length ?? 0);
      if (value.everyone === true && (value.groups !== undefined || value.emails !== undefined))
        context.addIssue({
          code: 'custom',
          message: 'everyone and a list exclude each other',
          params: {
            hint: 'Keep one of them.',
            at: 'key',
            among: ['everyone', value.groups === undefined ? 'emails' : 'groups'],
          },
        });
      else if (value.everyone !== true && named === 0)
        context.addIssue({
          code: 'custom',
          message: 'nobody could open it',
          params: { hint: 'Name groups or emails, or write everyone: true.', at: 'key' },
        });
    },
    reads('everyone', 'groups', 'emails'),
  )
  .meta({ id: 'access', description: 'Who may open it: groups, emails, or everyone who is logged in.' });

const caller = z.strictObject({
  namespace: label.describe('Its namespace.'),
  serviceAccount: label.describe('Its account.'),
});

const dashboardLink = z
  .strictObject({
    text: z
      .string()
      .regex(/^[^\p{Cc}]+$/u, 'must not be empty, and stand on one line')
      .max(60, 'at most 60 characters')
      .describe('What the link says.'),
    icon: z
      .string()
      .regex(/^[a-z0-9:-]+$/, 'must be the name of an iron-icon, as assessment or social:mood')
      .default('launch')
      .describe('An iron-icon without "icons:".'),
  })
  .describe("A link in the central dashboard's menu, where that runs.");

const clusterScopedKind = z
  .string()
  .regex(/^[a-z0-9.-]*\/[A-Z][A-Za-z0-9]*$/, 'must be group/Kind, as rbac.authorization.k8s.io/ClusterRole');

/** apps/<app>/app.yaml, whole. */
export const appFile = z
  .strictObject({
    description: z
      .string()
      .regex(/^[^\p{Cc}|]+$/u, 'must stand on one line, without "|"')
      .max(120, 'at most 120 characters')
      .describe('One line for people: what it is.'),
    source: appSource,
    namespace: label.optional().describe("Where it runs; its own, which is made. Default: the app's name."),
    clusters: z
      .array(labelUpTo(63, 'it must be a DNS label'))
      .default([])
      .describe(
        'Clusters on which it runs unless their cluster.yaml says otherwise (apps.<app>.enabled). Default: none.',
      ),
    place,
    service,
    access: appAccess,
    values: z
      .record(z.string(), z.json())
      .default({})
      .describe(
        "The chart's values that depend on the cluster: {url}, {host} and {path} in texts are filled in. All others go to values.yaml beside this file.",
      ),
    headers: z
      .array(identityHeader)
      .default([
        { name: 'kubeflow-userid', value: 'email' },
        { name: 'kubeflow-groups', value: 'groups' },
      ])
      .describe('By which headers it learns who somebody is. An empty list: it learns nothing.'),
    token: z
      .boolean()
      .default(false)
      .describe(
        "Whether it gets the user's ID token in the Authorization header, on a host of its own. Anyone who runs it can then act as each of its visitors.",
      ),
    apiPaths: z
      .array(z.string().regex(/^([A-Za-z0-9._~-]+\/)+$/, 'must be relative and end with "/", as api/'))
      .default([])
      .describe('Paths below its place where a request without a login gets 401 instead of the login page.'),
    callers: z
      .array(caller)
      .default([])
      .describe('Accounts in the cluster that may call it beside the gateway. They can forge who they are for.'),
    podSecurity: z
      .enum(['restricted', 'baseline', 'privileged'])
      .default('restricted')
      .describe('Pod Security level that its namespace enforces.'),
    clusterKinds: z.array(clusterScopedKind).default([]).describe('Cluster-scoped kinds that its source makes.'),
    alsoWritesTo: z.array(label).default([]).describe('Namespaces into which its source writes beside its own.'),
    administrator: z
      .boolean()
      .default(false)
      .describe(
        'true: its source may give itself rights over the cluster (cluster-admin, wildcards, escalate, bind, impersonate) and write to namespaces of the platform, as some operators do.',
      ),
    after: z
      .enum(['platform', 'login'])
      .default('platform')
      .describe('Its wave: after everything else, or as soon as the login stands.'),
    serverSideApply: z.boolean().default(false).describe('For objects larger than 256 KiB.'),
    syncOptions: z
      .array(z.string().regex(/^[A-Za-z]+=[A-Za-z0-9]+$/, 'must be NAME=VALUE, as CreateNamespace=true'))
      .default([])
      .describe('Additional sync options of its Application.'),
    readyWithin: deadline
      .default('10m')
      .describe('How long it may take to get ready before its wave counts as failed.'),
    dashboard: dashboardLink.optional(),
  })
  .superRefine(
    (value, context) => {
      const { namespace } = value;
      if (namespace === undefined || 'installed' in value.source || !takenNamespaces.includes(namespace)) return;
      context.addIssue({
        code: 'custom',
        path: ['namespace'],
        message: 'is taken: it belongs to Kubernetes or to the platform',
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
            message: 'belongs to Kubernetes or to the platform',
            params: { hint: 'If you trust its source with that, set administrator: true.' },
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
        params: { hint: 'Say where it runs already.', at: 'key' },
      });
    },
    reads('namespace', 'source'),
  )
  .superRefine(
    (value, context) => {
      if (value.service.protocol !== 'https' || 'installed' in value.source) return;
      context.addIssue({
        code: 'custom',
        path: ['service', 'protocol'],
        message: 'https is for what runs outside the mesh (source: {installed: true})',
        params: { hint: 'Let it speak http: the mesh encrypts.' },
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
      if (!value.token || 'host' in value.place) return;
      context.addIssue({
        code: 'custom',
        path: ['token'],
        message:
          "needs a host of its own: on a path, each page of the platform's host could call it with its visitor's token",
        params: { hint: 'Write place: {host: NAME} for NAME.<host>, or token: false.' },
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
        message: `"${text}" is in the list already`,
      }),
    );
  }, reads('headers'))
  .superRefine((value, context) => {
    for (const field of ['clusters', 'alsoWritesTo', 'clusterKinds', 'apiPaths'] as const)
      eachRepetition(value[field], undefined, (index, text) =>
        context.addIssue({ code: 'custom', path: [field, index], message: `"${text}" is in the list already` }),
      );
  }, readsAsWritten)
  .describe('One app behind the login.');

export type AppFile = z.output<typeof appFile>;
