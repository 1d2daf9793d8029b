import { type Declaration, flag, list, minutes, text } from '../command-line/options.ts';
import { inputDeclarations } from './input-declarations.ts';

const cluster = text('--cluster <name>', 'the cluster (default: the only one beside demo)');
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
      dryRun: flag('--dry-run', 'show the planned actions without changing anything'),
      context: text(
        '--context <name>',
        'context in your kubeconfig (default: kubernetes.context in cluster.yaml); without one, the manifests are written to a folder',
      ),
      push: flag('--no-push', 'commit, but do not push; needs no remote'),
      pullRequest: flag(
        '--pull-request',
        'publish through a pull request this time, as with git.publish: pull-request',
      ),
      wait: flag(
        '--wait',
        'wait until everything is Healthy, wave by wave; with host: auto, also discover the address and publish again',
      ),
      timeout: minutes('--timeout <minutes>', 'how long --wait waits (default: 60)'),
      remove: list(
        '--remove <components>',
        'confirm the removal of these components, if a run would remove many (comma-separated)',
      ),
      rotate: list(
        '--rotate <secret>',
        'regenerate these Secrets (comma-separated); webhook: the secret shared with the Git host',
      ),
      movedFrom: text('--moved-from <url>', 'previous address of the repository, if it moved to git.url'),
      passwordsFile: text(
        '--passwords-file <path>',
        'write generated passwords to this file (mode 0600) instead of the terminal',
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
    description:
      'Writes the tree of a cluster to disk, and deletes stale generated files. Commits and applies nothing.',
    options: {
      cluster,
      all,
      check: flag('--check', 'write nothing; exit 1 and list each file that differs'),
      prune: flag('--no-prune', 'keep stale generated files'),
    },
    examples: ['npm run render', 'npm run render -- --cluster prod', 'npm run render -- --all --check'],
  },
  validate: {
    usage: 'validate',
    description:
      'Checks every cluster: config, drift of the tree, safety rules, the schema of each object, and accidental mass deletion. Offline.',
    options: {
      cluster,
      context: text(
        '--context <name>',
        'context in your kubeconfig: also check tenants against the namespaces of that cluster',
      ),
      base: text(
        '--base <commit>',
        'commit to compare deletions with (default: the merge base with origin/<git.branch>)',
      ),
      rendered: flag('--rendered', 'also render charts and kustomizations, and check the results; fetches them once'),
      record: flag('--record', 'record missing chart digests in infrastructure/charts.lock.yaml (implies --rendered)'),
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
      'Shows the resulting changes in the clusters, after Helm and kustomize, compared with a base commit. Read-only.',
    options: {
      cluster,
      base: text('--base <commit>', 'commit to compare with, from the merge base (default: origin/<git.branch>)'),
      markdown: flag('--markdown', 'format for a pull request comment: folded, and shortened to fit'),
      exitCode: flag('--exit-code', 'exit 1 if there are changes'),
      allTenants: flag(
        '--all-tenants',
        'render every tenant that differs (default: 50 if only the shared chart changed)',
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
    description: 'Checks the prerequisites: tools, repository, remote, rights on the cluster, files of the template.',
    options: {
      cluster,
      context: text('--context <name>', 'context in your kubeconfig (default: kubernetes.context in cluster.yaml)'),
    },
    examples: ['npm run doctor', 'npm run doctor -- --cluster prod --context prod-admin'],
  },
  status: {
    usage: 'status',
    description:
      "Shows the platform's status: Applications by wave, the one that the root waits for, and the newest commit in Git. Exit code 0: all Synced and Healthy at the newest commit.",
    options: {
      cluster,
      context,
      watch: flag('--watch', 'keep running and show each change; stop with Ctrl+C'),
      html: text('--html <file>', 'write the status as an HTML page'),
      serve: text('--serve <port>', 'serve the page on this machine alone, and keep it current; 0: any free port'),
    },
    examples: [
      'npm run status',
      'npm run status -- --cluster prod --watch',
      'npm run status -- --cluster prod --serve 8080',
      'npm run status -- --cluster prod --context prod-admin --html status.html',
      "npm run --silent status -- --cluster prod --json | jq '.waitingFor'",
    ],
  },
  sync: {
    usage: 'sync',
    description: 'Makes Argo CD apply the newest commit now: ends a sync that waits for an older one. Idempotent.',
    options: {
      cluster,
      context,
      dryRun: flag('--dry-run', 'show the planned actions without changing anything'),
      wait: flag('--wait', 'then wait until every wave is Healthy'),
      timeout: minutes('--timeout <minutes>', 'how long --wait waits (default: 60)'),
    },
    examples: ['npm run sync', 'npm run sync -- --cluster prod --dry-run', 'npm run sync -- --cluster prod --wait'],
  },
  verify: {
    usage: 'verify',
    description:
      'Attacks a running platform from outside (and, with --context, from a pod inside), and reports the responses. Harmless to the platform.',
    options: {
      cluster,
      url: text('--url <url>', 'address of the platform (default: host in cluster.yaml)'),
      address: text('--address <ip>', 'connect to this IP address, for a host without DNS'),
      ca: text(
        '--ca <file>',
        "CA certificate (PEM) to trust (default: the cluster's with --context, else the system's)",
      ),
      context: text(
        '--context <name>',
        'kubeconfig context, used to read the CA and the cookie key and to run checks inside the cluster',
      ),
      user: text('--user <email>', 'log in as this user; without one, checks that need a session are skipped'),
      passwordEnv: text(
        '--password-env <name>',
        "environment variable with the user's password (default: as in cluster.yaml)",
      ),
      passwordFile: text('--password-file <path>', "file with the user's password"),
      secondUser: text('--second-user <email>', 'a second user, preferably without groups'),
      secondPasswordEnv: text('--second-password-env <name>', "environment variable with the second user's password"),
      secondPasswordFile: text('--second-password-file <path>', "file with the second user's password"),
      probeImage: text(
        '--probe-image <image>',
        'image with sh and curl for the pods in the cluster (default: docker.io/curlimages/curl)',
      ),
      connector: text('--connector <id>', 'Dex connector whose form takes name and password (default: local)'),
      only: text('--only <groups>', 'run only these groups of checks (comma-separated)'),
      list: flag('--list', 'list the checks without running them'),
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
      'Removes the platform from the cluster, last wave first and Argo CD at the end. Asks for confirmation. Does not change Git.',
    options: {
      cluster,
      context,
      dryRun: flag('--dry-run', 'show what would be deleted and what would stay, without changing anything'),
      yes: flag('--yes', 'do not ask'),
      keepData: flag(
        '--keep-data',
        'keep volumes, deployments of tenants with their namespaces, and CRDs with other objects (the default)',
      ),
      deleteData: flag('--delete-data', 'also delete those'),
    },
    examples: [
      'npm run uninstall -- --cluster prod --dry-run',
      'npm run uninstall -- --cluster prod',
      'npm run uninstall -- --cluster test --yes --delete-data',
    ],
  },
  upgrade: {
    usage: 'upgrade',
    description: 'Upgrades Breakwater in one commit, rendered and checked by the new version. Keeps your changes.',
    options: {
      from: text(
        '--from <repository>',
        'repository with the releases: a URL, a path, or a remote (default: where the last upgrade came from, else the remote upstream)',
      ),
      to: text('--to <tag>', 'release to upgrade to (default: the newest)'),
      keep: list('--keep <paths>', 'template files and folders to keep in your version (comma-separated)'),
      withDev: flag('--with-dev', 'restore scripts/dev, which only work on Breakwater itself needs'),
      dryRun: flag('--dry-run', 'try the upgrade in a scratch copy and show the result, without changing anything'),
    },
    examples: [
      'npm run upgrade -- --from https://github.com/acme/breakwater.git --dry-run',
      'npm run upgrade -- --to v0.2.0',
      'npm run upgrade -- --keep README.md,docs',
    ],
  },
  images: {
    usage: 'images',
    description:
      'Lists every image, chart and Git repository that a cluster takes from outside, with versions and digests. Renders charts and kustomizations; fetches them once.',
    options: {
      cluster,
      copyTo: text(
        '--copy-to <registry>',
        'print the commands that copy them to this registry (crane, helm), and the mirrors of cluster.yaml',
      ),
      gitTo: text('--git-to <url>', 'with --copy-to: copy the Git repositories below this address'),
    },
    examples: [
      'npm run images -- --cluster prod',
      "npm run --silent images -- --cluster prod --json | jq -r '.images[].image'",
      'npm run --silent images -- --cluster prod --copy-to registry.example.com/mirror --git-to https://git.example.com/mirror > copy.sh',
    ],
  },
  try: {
    usage: 'try [words...]',
    description: 'Makes a throwaway cluster on this machine with the platform on it, and ends with the login page.',
    options: {},
    handsOver: true,
    examples: ['npm run try', 'npm run try -- --dry-run', 'npm run try -- --down'],
  },
  rehearse: {
    usage: 'rehearse [words...]',
    description:
      'Runs the whole platform on a throwaway cluster: bootstrap, browser login, attack suite, report, cleanup.',
    options: {},
    examples: ['npm run rehearse -- --help', 'npm run rehearse -- --quick'],
    handsOver: true,
  },
  graph: {
    usage: 'graph',
    description: 'Prints the waves as a Mermaid diagram.',
    options: {
      cluster,
    },
    examples: ['npm run graph', 'npm run --silent graph -- --cluster prod > waves.mmd'],
  },
  completion: {
    usage: 'completion <shell>',
    description: 'Prints a script that completes commands, options and clusters, for bash, zsh or fish.',
    words: ['bash', 'zsh', 'fish'],
    options: {},
    examples: [
      'npm run --silent completion -- bash',
      'alias breakwater="npx breakwater"; source <(breakwater completion bash)',
      'npx breakwater completion fish > ~/.config/fish/completions/breakwater.fish',
    ],
  },
  ...inputDeclarations,
} satisfies Readonly<Record<string, Declaration>>;
