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
  /** The address that it replaces. */
  upstream: string;
  /** The name under which a sandbox serves it. */
  name: string;
  /** The tag of its one commit. */
  tag: string;
  /** Path of a kustomization → what it builds. */
  paths: Readonly<Record<string, () => KubernetesObject[]>>;
  /** Paths whose objects get their namespace from a kustomization below, so that patches may name them without it. */
  namespaceBelow?: readonly string[];
}

/** The parts of Kubeflow that have a fake, as kubeflow.components names them. */
export const kubeflowParts = ['central-dashboard', 'profiles', 'notebooks', 'volumes', 'tensorboards', 'pipelines'];

const pipeline = 'applications/pipeline/upstream';

/** The tag at which our tree takes a repository. */
function tagOf(folder: string): string {
  return String(upstreamFile(repositoryRoot, folder).version);
}

/**
 * What apps/kubeflow is laid over in a rehearsal: the same paths, and in them the same names that our patches touch. Who
 * patches something else in there finds out by the build, as with a new release of the real one.
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

/** @returns path of each file in such a repository → its text */
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
 * @returns the fakes without the paths whose programs all run: there, upstream's own manifests are taken
 */
export function fakesBeside(own: readonly KubeflowProgramName[]): FakeRepository[] {
  const ownPath = (path: string) => programsOfPath[path]?.every((program) => own.includes(program)) ?? false;
  return fakeRepositories.map((repository) => ({
    ...repository,
    paths: Object.fromEntries(Object.entries(repository.paths).filter(([path]) => !ownPath(path))),
  }));
}

/** @returns every image that the fakes name, by its full name; each is one and the same program */
export function fakeImages(repositories: readonly FakeRepository[] = fakeRepositories): string[] {
  const images = repositories.flatMap((repository) =>
    Object.values(filesOf(repository)).flatMap((text) =>
      [...text.matchAll(/^\s*(?:- )?image: (\S+)$/gm)].map(([, image = '']) => fullName(image, repository.tag)),
    ),
  );
  return [...new Set(images)].sort();
}

/**
 * What a container runtime makes of a name: Docker's registry where none is named. Our tree puts the release's version in
 * the place of "latest".
 */
function fullName(image: string, release: string): string {
  const [first = '', ...rest] = image.replace(/:latest$/, `:${release}`).split('/');
  if (rest.length === 0) return `docker.io/library/${first}`;
  return first.includes('.') ? [first, ...rest].join('/') : ['docker.io', first, ...rest].join('/');
}
