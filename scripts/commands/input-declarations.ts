import { type Declaration, flag, list, text } from '../command-line/options.ts';

/** The commands that write files which people own: a cluster's, an app's, a tenant's. */
export const inputDeclarations = {
  new: {
    usage: 'new <name>',
    description:
      'Writes a commented clusters/<name>/cluster.yaml. On a terminal, asks for what most users change, with detected defaults.',
    options: {
      email: text('--email <address>', 'the first user'),
      host: text('--host <host>', 'DNS name, IP address, or auto (default: auto)'),
      gitUrl: text('--git-url <url>', 'the repository (default: an embedded remote)'),
      context: text('--context <name>', 'context in your kubeconfig'),
      tls: text('--tls <source>', 'certificates: private (the default), acme or issuer:NAME'),
      loadBalancer: text('--load-balancer <kind>', 'cloud (the default), node-port, or address ranges for MetalLB'),
      removeDemo: flag('--remove-demo', "also remove clusters/demo, the template's example"),
      yes: flag('--yes', 'ask nothing: defaults for what is not given'),
    },
    examples: [
      'npm run new -- prod',
      'npm run new -- prod --host kubeflow.example.com --email ann@example.com --git-url git@github.com:acme/platform.git',
    ],
  },
  adopt: {
    usage: 'adopt',
    description:
      "Reads a cluster that runs something already, and changes nothing there: writes a cluster.yaml that fits, and lists what stays yours, what becomes the platform's, and what is in the way.",
    options: {
      context: text('--context <name>', 'context in your kubeconfig'),
      cluster: text(
        '--cluster <name>',
        "the cluster's name (default: from the context); its cluster.yaml is used if it exists",
      ),
      gitUrl: text('--git-url <url>', 'the repository that Argo CD is to read'),
      host: text('--host <host>', 'DNS name, IP address, or auto (default: as found)'),
      email: text('--email <address>', 'the first user'),
      dryRun: flag('--dry-run', 'print the cluster.yaml without writing it'),
    },
    examples: [
      'npm run adopt -- --context prod-admin --dry-run',
      'npm run adopt -- --context prod-admin --cluster prod --git-url https://github.com/acme/platform.git',
    ],
  },
  app: {
    usage: 'app <action> [name]',
    description: 'add: writes apps/<name>/app.yaml, a web program behind the login. A merge applies it.',
    words: ['add'],
    options: {
      chart: text('--chart <name>', 'Helm chart'),
      repository: text('--repository <url>', 'chart repository, or Git repository of a kustomization'),
      description: text('--description <text>', "one line about it (default: the app's name)"),
      sourceVersion: text('--source-version <version>', 'version of the chart, or tag of the Git repository'),
      sourcePath: text('--source-path <path>', 'folder of the kustomization in the Git repository'),
      host: text('--host <label>', "host of its own below the platform's (default: the app's name)"),
      path: text('--path <path>', "path on the platform's host instead, as /wiki/"),
      service: text('--service <name:port>', "its Service (default: the app's name, port 80)"),
      groups: list('--groups <names>', 'groups that may open it (comma-separated)'),
      emails: list('--emails <addresses>', 'people who may open it (comma-separated)'),
      everyone: flag('--everyone', 'everyone who is logged in may open it'),
      clusters: list('--clusters <names>', 'clusters that run it (comma-separated; default: those that name it)'),
      dryRun: flag('--dry-run', 'show the file without writing it'),
    },
    examples: [
      'npm run app -- add wiki --chart wiki --repository https://charts.example.com --source-version 1.2.3 --groups staff --clusters prod',
      'npm run app -- add wiki --repository https://github.com/acme/wiki.git --source-path deploy --source-version v1.2.3 --everyone',
    ],
  },
  tenant: {
    usage: 'tenant <action> [name]',
    description:
      'add, list, show, remove or purge a tenant. add and remove change tenants/<name>/, and a merge applies that; only purge changes a cluster.',
    words: ['add', 'list', 'show', 'remove', 'purge'],
    options: {
      owner: text('--owner <address>', 'add: the person responsible'),
      kind: text('--kind <kind>', 'add: kubeflow or namespace (default: namespace)'),
      members: list(
        '--members <list>',
        'add: members, such as bob@example.com, bob@example.com=view or acme:team=edit (a group); comma-separated',
      ),
      quota: list('--quota <list>', 'add: limits, such as cpu=8,memory=32Gi,gpus=2 (also storage, claims and pods)'),
      clusters: list('--clusters <names>', 'add: clusters of the tenant (comma-separated; default: all)'),
      repositories: list('--repositories <urls>', 'add: Git repositories that it may deploy from (comma-separated)'),
      displayName: text('--display-name <text>', 'add: display name'),
      manifests: flag('--manifests', 'show: print the manifests'),
      cluster: text('--cluster <name>', 'show, list, purge: the cluster'),
      context: text(
        '--context <name>',
        'list, purge: context in your kubeconfig (default: kubernetes.context in cluster.yaml)',
      ),
      dryRun: flag('--dry-run', 'add, remove, purge: show the planned actions without changing anything'),
      yes: flag('--yes', 'purge: do not ask for confirmation'),
    },
    examples: [
      'npm run tenant -- add team-a --owner ann@example.com --members bob@example.com,acme:team-a=view --quota cpu=8,memory=32Gi',
      'npm run tenant -- show team-a --manifests',
      'npm run tenant -- list --cluster prod',
      'npm run tenant -- remove team-a',
      'npm run tenant -- purge team-a --cluster prod',
    ],
  },
} satisfies Readonly<Record<string, Declaration>>;
