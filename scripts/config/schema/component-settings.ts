import * as z from 'zod';
import { deadline, email, label, labelUpTo, secretReference } from './common.ts';
import { componentNames, kubeflowParts } from './component-facts.ts';
import { eachRepetition, readsAsWritten } from './reads.ts';
import { takenNamespaces } from './reserved.ts';
import { exactVersion, repository } from './upstream.ts';

/** The `argocd` section. */
export const argocdSettings = z
  .strictObject({
    namespace: label
      .refine(
        (text) => text === 'argocd' || !takenNamespaces.includes(text),
        'is reserved for Kubernetes or another component',
      )
      .default('argocd')
      .describe('Namespace of Argo CD.'),
    version: z
      .string()
      .regex(/^v\d+\.\d+\.\d+$/, 'must be a release such as v3.5.7')
      .optional()
      .describe('Version for this cluster. Default: infrastructure/argocd/upstream.yaml.'),
    install: z
      .boolean()
      .default(true)
      .describe('true: install Argo CD and let it manage itself. false: use the existing Argo CD.'),
    controllerAccount: label
      .default('argocd-application-controller')
      .describe(
        "ServiceAccount of Argo CD's application controller. Only change it for your own Argo CD (install: false).",
      ),
    localAdmin: z
      .boolean()
      .optional()
      .describe(
        "Allow Argo CD's local admin user to log in on its pages (apps.argocd). false: only the platform's login works.",
      ),
    root: z
      .strictObject({
        name: label
          .refine(
            (text) => !(componentNames as readonly string[]).includes(text),
            'is the name of a component: the two Applications would collide',
          )
          .default('platform')
          .describe('Name of the root Application.'),
        project: label
          .refine((text) => text !== 'default', "must not be default: Argo CD's default project permits everything")
          .default('platform')
          .describe("Name of the platform's AppProject."),
      })
      .prefault({})
      .describe('The root Application, which manages all others.'),
  })
  .superRefine(({ install, controllerAccount }, context) => {
    if (install && controllerAccount !== 'argocd-application-controller')
      context.addIssue({
        code: 'custom',
        path: ['controllerAccount'],
        message: 'needs your own Argo CD (argocd.install: false): the one that Breakwater installs has a fixed account',
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
            "Istio's CNI plugin. false: Pod Security would refuse pods with sidecars, so the platform's namespaces and new Kubeflow profiles enforce no level (existing profiles keep their label).",
          ),
        binDir: z
          .string()
          .startsWith('/', 'must be an absolute path')
          .optional()
          .describe(
            'Folder of the CNI binaries on the nodes. Default: that of kubernetes.distribution, else /opt/cni/bin.',
          ),
        confDir: z
          .string()
          .startsWith('/', 'must be an absolute path')
          .optional()
          .describe(
            'Folder of the CNI configurations on the nodes. Default: that of kubernetes.distribution, else /etc/cni/net.d.',
          ),
      })
      .prefault({})
      .describe("Istio's CNI plugin, which pods with sidecars need to start under Pod Security."),
    trustedProxies: z
      .int()
      .min(0)
      .max(10)
      .default(0)
      .describe('Number of proxies in front of the gateway that set X-Forwarded-For (numTrustedProxies).'),
  })
  .prefault({})
  .describe('The service mesh.');

/** Supported Kubeflow releases, oldest first: scripts/components/kubeflow/releases.ts knows their paths. */
export const kubeflowVersions = ['26.03', '26.03.1'] as const;

export type KubeflowVersion = (typeof kubeflowVersions)[number];

/** What each part is, for editors. */
const partMeanings: Readonly<Record<(typeof kubeflowParts)[number], string>> = {
  'central-dashboard': 'The dashboard that leads to all other parts.',
  profiles: 'Namespaces of users, with their roles.',
  notebooks: 'JupyterLab, code-server and RStudio.',
  volumes: 'A page for persistent volumes, with a file browser.',
  tensorboards: 'TensorBoard for logs in volumes.',
  pipelines: 'Kubeflow Pipelines: workflows, runs and artifacts.',
  katib: 'Hyperparameter tuning.',
  trainer: 'Distributed training: TrainJobs.',
  serving: 'Model serving: KServe with Knative.',
};

/** The `kubeflow` section. */
export const kubeflowSettings = z
  .strictObject({
    version: z
      .enum(kubeflowVersions, {
        error: `must be a supported Kubeflow release: ${kubeflowVersions.join(', ')}`,
      })
      .optional()
      .describe('Kubeflow release. Default: apps/kubeflow/upstream.yaml.'),
    components: z
      .array(z.enum(kubeflowParts).meta({ enumDescriptions: kubeflowParts.map((part) => partMeanings[part]) }))
      .superRefine((parts, context) => {
        eachRepetition(parts, undefined, (index, text) =>
          context.addIssue({ code: 'custom', path: [index], message: `"${text}" is listed twice` }),
        );
      }, readsAsWritten)
      .default(kubeflowParts.filter((part) => part !== 'serving'))
      .describe('Parts to install. serving is KServe with Knative.'),
    defaultProfile: z
      .strictObject({
        enabled: z.boolean().optional().describe('Whether to create the profile. Default: true if it has an owner.'),
        name: labelUpTo(59, "names derived from it would exceed Kubernetes' limit of 63")
          .refine((text) => !takenNamespaces.includes(text), 'is reserved for Kubernetes or the platform')
          .optional()
          .describe("Namespace of the profile. Default: derived from the owner's address."),
        owner: email.optional().describe('E-mail address of the owner. Default: the first of auth.users.'),
      })
      .prefault({})
      .describe('A Kubeflow profile (namespace) for the first user.'),
  })
  .prefault({})
  .describe('Kubeflow.');

/** Each becomes an entry of an AppProject's sourceRepos, as an original does. */
const chartMirror = repository(
  /^(https?|oci):\/\/\S+[^/\s]$/,
  'must be an http(s):// or oci:// address without a trailing "/"',
);
const gitMirror = repository(
  /^(https?|ssh|file):\/\/\S+[^/\s]$/,
  'must be an http(s)://, ssh:// or file:// address without a trailing "/"',
);

/** The `mirrors` section, for sites without internet access. */
export const mirrors = z
  .strictObject({
    charts: z
      .record(
        z
          .string()
          .regex(
            /^(https|oci):\/\/\S+[^/\s]$/,
            'must be the original https:// or oci:// address without a trailing "/"',
          ),
        chartMirror,
      )
      .default({})
      .describe(
        'Helm repositories: full original address → mirror. A mirror may be classic (https://) or OCI (oci://).',
      ),
    git: z
      .record(
        z.string().regex(/^https:\/\/\S+[^/\s]$/, 'must be the original https:// address without a "/" at the end'),
        gitMirror,
      )
      .default({})
      .describe('Git repositories: full original address → mirror.'),
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
        'Image registries: original prefix → mirror. The longest matching prefix wins. Apps: images that app.yaml names; validate --rendered lists all others.',
      ),
    logins: z
      .array(
        z.strictObject({
          url: z
            .string()
            .regex(
              /^(https|oci):\/\/[^\s@]+[^/\s@]$/,
              'must be an https:// or oci:// address, without a user and without a "/" at the end',
            )
            .describe('Full address of one repository, as fetched.'),
          username: z.string().min(1, 'must not be empty').describe('User name.'),
          password: secretReference.describe('Password or token, which only needs to read.'),
        }),
      )
      .superRefine((entries, context) => {
        eachRepetition(entries, 'url', (index, text) =>
          context.addIssue({ code: 'custom', path: [index, 'url'], message: `"${text}" is listed twice` }),
        );
      }, readsAsWritten)
      .default([])
      .describe("Argo CD's logins at mirrors, and at other chart and Git repositories of the platform and its apps."),
    pullSecret: secretReference
      .optional()
      .describe(
        "Logins of image registries, as docker login writes them (config.json with auths). The bootstrap makes a Secret of them in each of the platform's namespaces, and its pods pull with it.",
      ),
    caFile: z
      .string()
      .min(1, 'must not be empty')
      .optional()
      .describe(
        'PEM file of the CA that signed the certificates of mirrors and of repositories with a login; used by Argo CD.',
      ),
  })
  .prefault({})
  .describe('Mirrors for everything that comes from the internet.');

/** One entry of the `components` section. */
export const componentSettings = z
  .strictObject({
    enabled: z.boolean().optional().describe('Enables or disables the component.'),
    version: z
      .string()
      .regex(exactVersion, 'must be one version, such as 1.2.3')
      .optional()
      .describe("Version for this cluster. Default: the one in the component's upstream.yaml."),
    syncOptions: z
      .array(z.string().regex(/^[A-Za-z]+=[A-Za-z0-9]+$/, 'must be NAME=VALUE, for example CreateNamespace=true'))
      .optional()
      .describe('Additional sync options of the Application.'),
    readyWithin: deadline
      .optional()
      .describe(
        'Time the component may take to become ready after a sync before the wave fails. The rollout continues once it is ready.',
      ),
  })
  .meta({ id: 'component', description: 'Settings of one component.' });
