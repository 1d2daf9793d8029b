import { stringify } from 'yaml';
import { repositoryRoot, upstreamFile } from '../../sandbox/of-repository.ts';
import { centralDashboard, namespacesAndPolicies, profileController, userRoles } from './foundation.ts';
import type { KubernetesObject } from './objects.ts';
import * as pipelines from './pipelines.ts';
import type { KubeflowProgramName } from './sources/programs.ts';
import { programsOfPath } from './sources/programs.ts';
import * as web from './web-apps.ts';
import * as workflows from './workflows.ts';

/** A repository that replaces an upstream one. */
export interface FakeRepository {
  /** Address of the original. */
  upstream: string;
  /** Name under which a sandbox serves it. */
  name: string;
  /** Tag of its only commit. */
  tag: string;
  /** Path of a kustomization → its objects. */
  paths: Readonly<Record<string, () => KubernetesObject[]>>;
  /** Paths whose objects get their namespace from a nested kustomization, so that patches may omit it. */
  namespaceBelow?: readonly string[];
}

/** The parts of Kubeflow that have a fake, as kubeflow.components names them. */
export const kubeflowParts = ['central-dashboard', 'profiles', 'notebooks', 'volumes', 'tensorboards', 'pipelines'];

const pipeline = 'applications/pipeline/upstream';

/** The tag at which the tree references a repository. */
function tagOf(folder: string): string {
  return String(upstreamFile(repositoryRoot, folder).version);
}

/**
 * Base of apps/kubeflow in a rehearsal: the same paths, with the objects that our patches name. A patch for anything else fails in
 * the build, as with a new release of the real Kubeflow.
 */
export const fakeRepositories: readonly FakeRepository[] = [
  {
    upstream: 'https://github.com/kubeflow/community-distribution',
    name: 'kubeflow',
    tag: tagOf('apps/kubeflow'),
    paths: {
      'common/kubeflow-namespace/base': namespacesAndPolicies,
      'common/kubeflow-roles/base': userRoles,
      'applications/profiles/pss': profileController,
      'applications/centraldashboard/overlays/oauth2-proxy': centralDashboard,
      'applications/admission-webhook/upstream/overlays/cert-manager': web.podDefaults,
      'applications/jupyter/notebook-controller/upstream/overlays/kubeflow': web.notebookController,
      'applications/jupyter/jupyter-web-app/upstream/overlays/istio': web.notebooksPage,
      'applications/pvcviewer-controller/upstream/base': web.volumeViewerController,
      'applications/volumes-web-app/upstream/overlays/istio': web.volumesPage,
      'applications/tensorboard/tensorboard-controller/upstream/overlays/kubeflow': web.tensorboardController,
      'applications/tensorboard/tensorboards-web-app/upstream/overlays/istio': web.tensorboardsPage,
      [`${pipeline}/third-party/metacontroller/base`]: workflows.metacontroller,
      [`${pipeline}/third-party/mysql/base`]: pipelines.database,
      [`${pipeline}/third-party/mysql/options/istio`]: pipelines.databasePolicy,
      [`${pipeline}/third-party/seaweedfs/istio`]: pipelines.objectStore,
      [`${pipeline}/base/metadata/base`]: pipelines.metadataStore,
      [`${pipeline}/base/metadata/options/istio`]: pipelines.metadataRoutes,
      [`${pipeline}/env/cert-manager/base`]: pipelines.cacheCertificate,
      [`${pipeline}/base/installs/multi-user`]: pipelines.core,
    },
    namespaceBelow: [`${pipeline}/base/installs/multi-user`],
  },
  {
    upstream: 'https://github.com/argoproj/argo-workflows',
    name: 'argo-workflows',
    tag: tagOf('apps/kubeflow/kubeflow-pipelines/argo-workflows'),
    paths: {
      'manifests/base/crds/minimal': workflows.workflowKinds,
      'manifests/cluster-install-no-crds/workflow-controller-rbac': workflows.workflowRights,
      'manifests/base/workflow-controller': workflows.workflowController,
    },
  },
];

/** @returns the files of such a repository: path → text */
export function filesOf({ paths, namespaceBelow = [] }: FakeRepository): Record<string, string> {
  return Object.fromEntries(
    Object.entries(paths).flatMap(([path, objects]) => {
      const text = objects().map((object) => `---\n${stringify(object)}`);
      if (!namespaceBelow.includes(path))
        return [
          [`${path}/kustomization.yaml`, kustomization({ resources: ['objects.yaml'] })],
          [`${path}/objects.yaml`, text.join('')],
        ];
      return [
        [`${path}/kustomization.yaml`, kustomization({ resources: ['objects'] })],
        [`${path}/objects/kustomization.yaml`, kustomization({ namespace: 'kubeflow', resources: ['objects.yaml'] })],
        [`${path}/objects/objects.yaml`, text.join('')],
      ];
    }),
  );
}

function kustomization(fields: object): string {
  return stringify({ apiVersion: 'kustomize.config.k8s.io/v1beta1', kind: 'Kustomization', ...fields });
}

/**
 * @param own Kubeflow's own programs that run
 * @returns the fakes, except the paths whose programs all run: those use upstream's own manifests
 */
export function fakesBeside(own: readonly KubeflowProgramName[]): FakeRepository[] {
  const ownPath = (path: string) => programsOfPath[path]?.every((program) => own.includes(program)) ?? false;
  return fakeRepositories.map((repository) => ({
    ...repository,
    paths: Object.fromEntries(Object.entries(repository.paths).filter(([path]) => !ownPath(path))),
  }));
}

/** @returns every image of the fakes, by its full name; all are the same program */
export function fakeImages(repositories: readonly FakeRepository[] = fakeRepositories): string[] {
  const images = repositories.flatMap((repository) =>
    Object.values(filesOf(repository)).flatMap((text) =>
      [...text.matchAll(/^\s*(?:- )?image: (\S+)$/gm)].map(([, image = '']) => fullName(image, repository.tag)),
    ),
  );
  return [...new Set(images)].sort();
}

/**
 * Expands an image name like a container runtime: Docker's registry by default. The tree replaces "latest" with the release's
 * version.
 */
function fullName(image: string, release: string): string {
  const [first = '', ...rest] = image.replace(/:latest$/, `:${release}`).split('/');
  if (rest.length === 0) return `docker.io/library/${first}`;
  return first.includes('.') ? [first, ...rest].join('/') : ['docker.io', first, ...rest].join('/');
}
