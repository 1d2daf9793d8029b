import type { ImageSpec } from '../../../sandbox/images.ts';

/** A commit of a public repository, under the name that a release gives it. */
export interface PinnedSource {
  /** As "kubeflow/kubeflow". */
  repository: string;
  tag: string;
  commit: string;
}

/** One of Kubeflow's own programs, and how it is built. */
export interface KubeflowProgram {
  /** What builds it: a file in recipes/, and the words behind it. */
  recipe: readonly [file: string, ...words: string[]];
  /** Another entry that has to be built first: the recipe finds it in $beside. */
  beside?: 'common-lib';
  /** Python packages that it runs with: a file in requirements/. */
  packages?: string;
  /** Built without any sources, from packages alone. */
  packagesOnly?: true;
  /** About how long a cold build takes on two cores. */
  minutes: number;
  /** The image that it is served as; none: others are built with it. */
  image?: Omit<ImageSpec, 'files' | 'tree' | 'base'> & { name: string };
}

/** What the release that apps/kubeflow/upstream.yaml pins takes its images from: they carry the tag. */
export const programSource: PinnedSource = {
  repository: 'kubeflow/kubeflow',
  tag: 'v1.10.0',
  commit: '90e987bf87d3e7c900926310b00bfa16b59e41eb',
};

const registry = `ghcr.io/${programSource.repository}`;
const imageOf = (name: string) => `${registry}/${name}:${programSource.tag}`;
const pythonFolder = '/opt/packages';

/** @param folder below components/ */
function goProgram(name: string, folder: string, program: string): KubeflowProgram {
  return {
    recipe: ['go.sh', folder, program],
    minutes: 3,
    image: { name: imageOf(name), entrypoint: [`/${program}`], user: '65532:65532' },
  };
}

/** @param pages where the backend looks for the built pages, below its own folder */
function webApp(name: string, folder: string, pages: string): KubeflowProgram {
  return {
    recipe: ['web-app.sh', folder, pages],
    beside: 'common-lib',
    packages: 'web-apps.txt',
    minutes: 4,
    image: {
      name: imageOf(name),
      entrypoint: ['python3', '-m', 'gunicorn', ...gunicornWords],
      user: '1000:1000',
      workingFolder: '/src',
      // gunicorn keeps a socket in the home folder.
      env: [`PYTHONPATH=${pythonFolder}`, 'HOME=/tmp'],
    },
  };
}

// As upstream starts it, but for one process less.
const gunicornWords = [
  '-w',
  '2',
  '--bind',
  '0.0.0.0:5000',
  '--worker-tmp-dir',
  '/tmp',
  '--access-logfile',
  '-',
  'entrypoint:app',
];

/** Every program that can be built, by the name of its image. */
export const kubeflowPrograms = {
  'profile-controller': goProgram('profile-controller', 'profile-controller', 'manager'),
  kfam: goProgram('kfam', 'access-management', 'access-management'),
  'notebook-controller': goProgram('notebook-controller', 'notebook-controller', 'manager'),
  'poddefaults-webhook': goProgram('poddefaults-webhook', 'admission-webhook', 'webhook'),
  'central-dashboard': {
    recipe: ['dashboard.sh'],
    minutes: 3,
    image: {
      name: imageOf('central-dashboard'),
      entrypoint: ['/usr/local/bin/node', 'dist/server.js'],
      user: '1000:1000',
      workingFolder: '/usr/src/app',
      env: ['NODE_ENV=production'],
    },
  },
  'common-lib': { recipe: ['common-lib.sh'], minutes: 3 },
  'jupyter-web-app': webApp('jupyter-web-app', 'jupyter', 'apps/default/static'),
  'volumes-web-app': webApp('volumes-web-app', 'volumes', 'apps/default/static'),
  'tensorboards-web-app': webApp('tensorboards-web-app', 'tensorboards', 'app/static'),
  // In the place of the image that a new notebook gets: JupyterLab, started as upstream starts it.
  'jupyter-scipy': {
    recipe: ['notebook.sh'],
    packages: 'notebook.txt',
    packagesOnly: true,
    minutes: 1,
    image: {
      name: imageOf('notebook-servers/jupyter-scipy'),
      entrypoint: ['/bin/sh', '/start-notebook'],
      user: '1000:100',
      workingFolder: '/home/jovyan',
      folders: { '/home/jovyan': { owner: 1000 } },
      env: [
        `PYTHONPATH=${pythonFolder}`,
        // Its pages and extensions are in the folder of the packages too, not in Python's own.
        `JUPYTERLAB_DIR=${pythonFolder}/share/jupyter/lab`,
        `JUPYTER_PATH=${pythonFolder}/share/jupyter`,
        `JUPYTER_CONFIG_PATH=${pythonFolder}/etc/jupyter`,
        'HOME=/home/jovyan',
        'NB_PREFIX=/',
      ],
    },
  },
} as const satisfies Record<string, KubeflowProgram>;

/** The name of a program that can be built. */
export type KubeflowProgramName = keyof typeof kubeflowPrograms;

/** A path of the release that the tree names → the programs that run in it: with all of them it is upstream's own. */
export const programsOfPath: Readonly<Record<string, readonly KubeflowProgramName[]>> = {
  'common/kubeflow-namespace/base': [],
  'common/kubeflow-roles/base': [],
  'applications/profiles/pss': ['profile-controller', 'kfam'],
  'applications/centraldashboard/overlays/oauth2-proxy': ['central-dashboard'],
  'applications/admission-webhook/upstream/overlays/cert-manager': ['poddefaults-webhook'],
  'applications/jupyter/notebook-controller/upstream/overlays/kubeflow': ['notebook-controller'],
  'applications/jupyter/jupyter-web-app/upstream/overlays/istio': ['jupyter-web-app'],
  'applications/volumes-web-app/upstream/overlays/istio': ['volumes-web-app'],
  'applications/tensorboard/tensorboards-web-app/upstream/overlays/istio': ['tensorboards-web-app'],
};
