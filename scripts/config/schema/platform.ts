import { z } from 'zod';
import { deadline, email, label, labelUpTo } from './common.ts';
import { componentNames, kubeflowParts, takenNamespaces } from './component-facts.ts';
import { eachRepetition, readsAsWritten } from './reads.ts';
import { exactVersion, repository } from './upstream.ts';

/** The `argocd` section. */
export const argocd = z
  .strictObject({
    namespace: label
      .refine(
        (text) => text === 'argocd' || !takenNamespaces.includes(text),
        'is taken: it belongs to Kubernetes or to another component',
      )
      .default('argocd')
      .describe('Where Argo CD runs, or shall run.'),
    version: z
      .string()
      .regex(/^v\d+\.\d+\.\d+$/, 'must be a release such as v3.5.7')
      .optional()
      .describe('Version for this cluster. Default: infrastructure/argocd/upstream.yaml.'),
    install: z
      .boolean()
      .default(true)
      .describe('true: install Argo CD and let it manage itself. false: use the one that is there.'),
    controllerAccount: label
      .default('argocd-application-controller')
      .describe(
        "Service account of Argo CD's application controller. Another one is for an Argo CD of your own (install: false) only.",
      ),
    localAdmin: z
      .boolean()
      .optional()
      .describe(
        "Whether Argo CD's local user admin may log in where its pages are served (apps.argocd). Default: no; its login is then the platform's alone.",
      ),
    root: z
      .strictObject({
        name: label
          .refine(
            (text) => !(componentNames as readonly string[]).includes(text),
            'is the name of a component: their Applications would collide',
          )
          .default('platform')
          .describe('Name of the root Application.'),
        project: label
          .refine((text) => text !== 'default', 'must not be default: that project permits everything')
          .default('platform')
          .describe('Name of the AppProject of the platform.'),
      })
      .prefault({})
      .describe('The root Application, which Argo CD follows to all the others.'),
  })
  .superRefine(({ install, controllerAccount }, context) => {
    if (install && controllerAccount !== 'argocd-application-controller')
      context.addIssue({
        code: 'custom',
        path: ['controllerAccount'],
        message: 'is for an Argo CD of your own (argocd.install: false): ours has its own name for it',
      });
  })
  .prefault({})
  .describe('Argo CD itself.');

/** The `istio` section. */
export const istio = z
  .strictObject({
    cni: z
      .strictObject({
        enabled: z
          .boolean()
          .default(true)
          .describe(
            "Istio's CNI plugin. Off: pods with sidecars are refused where a namespace enforces Pod Security, so our namespaces and Kubeflow's profiles then enforce none (profiles that are there already keep their label).",
          ),
        binDir: z
          .string()
          .startsWith('/', 'must be an absolute path')
          .optional()
          .describe(
            'Folder of CNI binaries on the nodes. Default: as kubernetes.distribution has it, else /opt/cni/bin.',
          ),
        confDir: z
          .string()
          .startsWith('/', 'must be an absolute path')
          .optional()
          .describe(
            'Folder of CNI configurations on the nodes. Default: as kubernetes.distribution has it, else /etc/cni/net.d.',
          ),
      })
      .prefault({})
      .describe("Istio's CNI plugin, which lets pods with sidecars start under Pod Security."),
    trustedProxies: z
      .int()
      .min(0)
      .max(10)
      .default(0)
      .describe('How many proxies in front of the gateway set X-Forwarded-For (numTrustedProxies).'),
  })
  .prefault({})
  .describe('The mesh.');

/** Releases whose paths the program knows (scripts/components/kubeflow/). */
export const kubeflowVersions = ['26.03'] as const;

export type KubeflowVersion = (typeof kubeflowVersions)[number];

/** The `kubeflow` section. */
export const kubeflow = z
  .strictObject({
    version: z
      .enum(kubeflowVersions, {
        error: `must be a version whose paths this program knows: ${kubeflowVersions.join(', ')}`,
      })
      .optional()
      .describe('Kubeflow release. Default: apps/kubeflow/upstream.yaml.'),
    components: z
      .array(z.enum(kubeflowParts))
      .superRefine((parts, context) => {
        eachRepetition(parts, undefined, (index, text) =>
          context.addIssue({ code: 'custom', path: [index], message: `"${text}" is in the list already` }),
        );
      }, readsAsWritten)
      .default(kubeflowParts.filter((part) => part !== 'serving'))
      .describe('Which parts run. serving is KServe with Knative.'),
    defaultProfile: z
      .strictObject({
        enabled: z.boolean().optional().describe('Whether there is one. Default: true where it has an owner.'),
        name: labelUpTo(59, "longer names derived from it would pass Kubernetes' limit of 63")
          .refine((text) => !takenNamespaces.includes(text), 'is taken: it belongs to Kubernetes or to the platform')
          .optional()
          .describe("The profile's namespace. Default: from the owner's address."),
        owner: email.optional().describe('Default: the first of auth.users.'),
      })
      .prefault({})
      .describe('A profile (namespace) for the first user.'),
  })
  .prefault({})
  .describe('Kubeflow.');

/** Each becomes an entry of an AppProject's sourceRepos, as an original does. */
const chartMirror = repository(
  /^(https?|oci):\/\/\S+[^/\s]$/,
  'must be an http(s):// or oci:// address without a "/" at the end',
);
const gitMirror = repository(
  /^(https?|ssh|file):\/\/\S+[^/\s]$/,
  'must be an http(s)://, ssh:// or file:// address without a "/" at the end',
);

/** The `mirrors` section, for sites with no internet. */
export const mirrors = z
  .strictObject({
    charts: z
      .record(
        z
          .string()
          .regex(
            /^(https|oci):\/\/\S+[^/\s]$/,
            'must be the original https:// or oci:// address without a "/" at the end',
          ),
        chartMirror,
      )
      .default({})
      .describe(
        'Helm repositories: original address, whole → mirror. A mirror may be classic (https://) or OCI (oci://).',
      ),
    git: z
      .record(
        z.string().regex(/^https:\/\/\S+[^/\s]$/, 'must be the original https:// address without a "/" at the end'),
        gitMirror,
      )
      .default({})
      .describe('Git repositories: original address, whole → mirror.'),
    images: z
      .record(
        z
          .string()
          .regex(/^[a-z0-9][a-z0-9.:-]*(\/[a-z0-9._-]+)*$/, 'must be a registry such as docker.io or docker.io/istio'),
        z
          .string()
          .regex(
            /^[a-z0-9][a-z0-9.:-]*(\/[a-z0-9._-]+)*$/,
            'must be a registry with an optional path, without a scheme',
          ),
      )
      .default({})
      .describe(
        "Image registries: original prefix → mirror. The longest prefix that fits wins. Images that an app's chart names by itself are set in its values; validate --rendered names them.",
      ),
  })
  .prefault({})
  .describe('Replacements for everything that comes from the internet.');

/** One entry of the `components` section. */
export const componentSettings = z
  .strictObject({
    enabled: z.boolean().optional().describe('Switches the component on or off.'),
    version: z
      .string()
      .regex(exactVersion, 'must be one version, such as 1.2.3')
      .optional()
      .describe('Version for this cluster. Default: its upstream.yaml.'),
    syncOptions: z
      .array(z.string().regex(/^[A-Za-z]+=[A-Za-z0-9]+$/, 'must be NAME=VALUE, as CreateNamespace=true'))
      .optional()
      .describe('Additional sync options of its Application.'),
    readyWithin: deadline
      .optional()
      .describe(
        'How long it may take to get ready after a sync before the wave counts as failed (it goes on by itself once it is ready).',
      ),
  })
  .meta({ id: 'component', description: 'Settings of one component.' });
