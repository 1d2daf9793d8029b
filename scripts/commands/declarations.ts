import { flag, list, minutes, type OptionEntries, text } from './options.ts';

/** What the help says of a command, and the options that it reads. */
export interface Declaration<Entries extends OptionEntries = OptionEntries> {
  /** Name and arguments, as commander takes them. */
  usage: string;
  description: string;
  options: Entries;
  examples: readonly string[];
}

const cluster = text('--cluster <name>', 'the cluster (default: the only one there is)');
const context = text('--context <name>', 'context in your kubeconfig (default: kubernetes.context in cluster.yaml)');
const all = flag('--all', 'every cluster');

/** All commands, in the order of the help; without their code, which is loaded when one is called. */
export const declarations = {
  bootstrap: {
    usage: 'bootstrap',
    description:
      'Renders the tree, commits and pushes it, and registers it with Argo CD. Idempotent: run it again at any time.',
    options: {
      cluster,
      dryRun: flag('--dry-run', 'look and say what would be done, and change nothing'),
      context: text(
        '--context <name>',
        'context in your kubeconfig (default: kubernetes.context in cluster.yaml); without any, objects are written to a folder',
      ),
      push: flag('--no-push', 'commit, but do not push; needs no remote'),
      pullRequest: flag('--pull-request', 'publish by a pull request this time, as with git.publish: pull-request'),
      wait: flag(
        '--wait',
        'wait until everything is Healthy, wave by wave; with host: auto also find the address and publish again',
      ),
      timeout: minutes('--timeout <minutes>', 'how long --wait waits (default: 60)'),
      remove: list('--remove <components>', 'let these components go, where a run would remove many (comma-separated)'),
      rotate: list(
        '--rotate <secret>',
        'make these Secrets again (comma-separated); webhook: the one that the Git host signs with',
      ),
      movedFrom: text(
        '--moved-from <url>',
        'the address from which the cluster deploys so far, where the repository moved to git.url',
      ),
      passwordsFile: text(
        '--passwords-file <path>',
        'write passwords that are made for users to this file (mode 0600) and not to the terminal',
      ),
    },
    examples: [
      'npm run bootstrap',
      'npm run bootstrap -- --cluster prod --dry-run',
      'npm run bootstrap -- --cluster prod --context prod-admin --wait',
      'npm run bootstrap -- --cluster prod --context prod-admin --rotate oauth2-proxy',
    ],
  },
  render: {
    usage: 'render',
    description: 'Writes the tree of a cluster, and nothing else.',
    options: {
      cluster,
      all,
      check: flag('--check', 'write nothing; exit 1 and name each file that differs'),
      prune: flag('--prune', 'also delete generated files that are no longer wanted'),
    },
    examples: ['npm run render', 'npm run render -- --cluster prod', 'npm run render -- --all --check'],
  },
  validate: {
    usage: 'validate',
    description:
      'Checks every cluster: config, drift of the tree, the rules of a safe tree, the schema of each object, and that nothing large is lost. Offline.',
    options: {
      cluster,
      base: text(
        '--base <commit>',
        'what a loss is judged against (default: where the branch parted from origin/<git.branch>)',
      ),
      rendered: flag(
        '--rendered',
        'also render charts and kustomizations, and check what they give; fetches them once',
      ),
      record: flag(
        '--record',
        'record the digest of each chart that has none (implies --rendered): infrastructure/charts.lock.yaml',
      ),
    },
    examples: [
      'npm run validate',
      'npm run validate -- --cluster prod',
      'npm run validate -- --rendered --base origin/main --json',
    ],
  },
  diff: {
    usage: 'diff',
    description:
      'Shows what the work tree changes in the clusters, after Helm and kustomize, against a base commit. Changes nothing.',
    options: {
      cluster,
      base: text('--base <commit>', 'what to compare with, where the histories parted (default: origin/<git.branch>)'),
      markdown: flag('--markdown', 'as a comment of a pull request: folded, and cut to what fits'),
      exitCode: flag('--exit-code', 'exit 1 when something changes'),
      allTenants: flag(
        '--all-tenants',
        'render every tenant that differs; default: 50 where only the chart of all tenants changed',
      ),
    },
    examples: [
      'npm run diff',
      'npm run diff -- --base main --cluster prod',
      'npm run --silent diff -- --markdown > comment.md',
    ],
  },
  doctor: {
    usage: 'doctor',
    description:
      'Says what is there and what is missing: tools, repository, remote, rights on the cluster, files of the template.',
    options: {
      cluster,
      context: text('--context <name>', 'context in your kubeconfig (default: kubernetes.context in cluster.yaml)'),
    },
    examples: ['npm run doctor', 'npm run doctor -- --cluster prod --context prod-admin'],
  },
  status: {
    usage: 'status',
    description:
      'Says how the platform stands: Applications by wave, what the root waits for and until when, what Git has. Exit code 0: all Synced and Healthy at the newest commit.',
    options: {
      cluster,
      context,
      watch: flag('--watch', 'go on and show each change; Ctrl+C ends it'),
      html: text('--html <file>', 'write the same as one page'),
    },
    examples: [
      'npm run status',
      'npm run status -- --cluster prod --watch',
      'npm run status -- --cluster prod --context prod-admin --html status.html',
      "npm run --silent status -- --cluster prod --json | jq '.waitingFor'",
    ],
  },
  sync: {
    usage: 'sync',
    description:
      'Has the root take the newest commit at once: ends an operation of it that waits for an older one. Idempotent.',
    options: {
      cluster,
      context,
      dryRun: flag('--dry-run', 'say what would be done, and change nothing'),
      wait: flag('--wait', 'then wait until every wave is Healthy'),
      timeout: minutes('--timeout <minutes>', 'how long --wait waits (default: 60)'),
    },
    examples: ['npm run sync', 'npm run sync -- --cluster prod --dry-run', 'npm run sync -- --cluster prod --wait'],
  },
  verify: {
    usage: 'verify',
    description:
      'Attacks a running platform from outside (and, with --context, from a pod inside), and says what came back. Harmless to it.',
    options: {
      cluster,
      url: text('--url <url>', "where the platform is (default: cluster.yaml's host)"),
      address: text('--address <ip>', 'connect there: for a host that DNS does not know'),
      ca: text(
        '--ca <file>',
        'CA certificate (PEM) to trust (default: the one in the cluster with --context, else the usual ones)',
      ),
      context: text(
        '--context <name>',
        'context in your kubeconfig, for the CA, the cookie key, and checks from inside the cluster',
      ),
      user: text('--user <email>', 'log in as this user; without, what needs a session is skipped'),
      passwordEnv: text(
        '--password-env <name>',
        "environment variable with the user's password (default: as in cluster.yaml)",
      ),
      passwordFile: text('--password-file <path>', "file with the user's password"),
      secondUser: text('--second-user <email>', 'another user, best one without groups'),
      secondPasswordEnv: text('--second-password-env <name>', "environment variable with the second user's password"),
      secondPasswordFile: text('--second-password-file <path>', "file with the second user's password"),
      probeImage: text(
        '--probe-image <image>',
        'image with sh and curl for the pods in the cluster (default: docker.io/curlimages/curl)',
      ),
      connector: text('--connector <id>', 'Dex connector whose form takes name and password (default: local)'),
      only: text('--only <groups>', 'only these groups of checks (comma-separated)'),
      list: flag('--list', 'list the checks, and send nothing'),
    },
    examples: [
      'npm run verify -- --cluster prod',
      'npm run verify -- --cluster prod --context prod-admin --user ann@example.com --password-env ANN_PASSWORD',
      'npm run verify -- --cluster prod --list',
      'npm run verify -- --cluster prod --only paths,hosts --url https://kubeflow.example.com --address 10.0.0.7 --ca ca.crt',
    ],
  },
  uninstall: {
    usage: 'uninstall',
    description:
      'Takes the platform out of the cluster, the last wave first and Argo CD at the end. Asks first. Git stays as it is.',
    options: {
      cluster,
      context,
      dryRun: flag('--dry-run', 'say what would go and what would stay, and change nothing'),
      yes: flag('--yes', 'do not ask'),
      keepData: flag(
        '--keep-data',
        'keep volumes, what tenants deployed, namespaces that hold them, and CRDs with objects of others (the default)',
      ),
      deleteData: flag('--delete-data', 'delete those, too'),
    },
    examples: [
      'npm run uninstall -- --cluster prod --dry-run',
      'npm run uninstall -- --cluster prod',
      'npm run uninstall -- --cluster test --yes --delete-data',
    ],
  },
  upgrade: {
    usage: 'upgrade',
    description:
      'Brings this repository to another version of Breakwater by one commit, rendered and checked by the new version. What is yours stays.',
    options: {
      from: text('--from <repository>', 'where releases come from: a URL, a path, or a remote of this repository'),
      to: text('--to <tag>', 'the release to go to (default: the newest)'),
      keep: list('--keep <paths>', "files and folders of Breakwater's own to keep as you have them (comma-separated)"),
      withDev: flag('--with-dev', 'bring scripts/dev back, which is for work on Breakwater itself'),
      dryRun: flag('--dry-run', 'do all of it elsewhere, say what comes out, and change nothing'),
    },
    examples: [
      'npm run upgrade -- --from https://github.com/acme/breakwater.git --dry-run',
      'npm run upgrade -- --from upstream --to v0.2.0',
      'npm run upgrade -- --from upstream --keep README.md,docs',
    ],
  },
  graph: {
    usage: 'graph',
    description: 'Prints the waves as a Mermaid diagram.',
    options: {
      cluster,
    },
    examples: ['npm run graph', 'npm run --silent graph -- --cluster prod > waves.mmd'],
  },
  new: {
    usage: 'new <name>',
    description: 'Writes clusters/<name>/cluster.yaml, commented. Asks for what has no default, unless it is given.',
    options: {
      email: text('--email <address>', 'the first user'),
      host: text('--host <host>', 'DNS name, IP address, or auto (default: auto)'),
      gitUrl: text('--git-url <url>', 'the repository (default: an embedded remote)'),
      context: text('--context <name>', 'context in your kubeconfig'),
    },
    examples: [
      'npm run new -- prod',
      'npm run new -- prod --host kubeflow.example.com --email ann@example.com --git-url git@github.com:acme/platform.git',
    ],
  },
  tenant: {
    usage: 'tenant <action> [name]',
    description:
      'add, list, show, remove or purge: writes or removes tenants/<name>/, and shows what a cluster gets. A merge does the rest; only purge changes a cluster.',
    options: {
      owner: text('--owner <address>', 'add: who answers for it'),
      kind: text('--kind <kind>', 'add: kubeflow or namespace (default: namespace)'),
      members: list(
        '--members <list>',
        'add: bob@example.com, bob@example.com=view, or a group: acme:team=edit (comma-separated)',
      ),
      quota: list('--quota <list>', 'add: cpu=8,memory=32Gi,gpus=2,storage=200Gi,claims=20,pods=50'),
      clusters: list('--clusters <names>', 'add: clusters that it belongs to (comma-separated; default: all)'),
      repositories: list('--repositories <urls>', 'add: Git repositories that it may deploy from (comma-separated)'),
      displayName: text('--display-name <text>', 'add: name for people'),
      manifests: flag('--manifests', 'show: print the manifests'),
      cluster: text('--cluster <name>', 'show, list, purge: the cluster'),
      context: text(
        '--context <name>',
        'list, purge: context in your kubeconfig (default: kubernetes.context in cluster.yaml)',
      ),
      dryRun: flag('--dry-run', 'add, remove, purge: say what would be done, and change nothing'),
      yes: flag('--yes', 'purge: do not ask'),
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
