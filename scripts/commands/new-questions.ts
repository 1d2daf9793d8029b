import { kubeconfigContexts } from '../cluster/kubeconfig.ts';
import type { NewCluster } from '../config/new-cluster.ts';
import { isAddress } from '../config/schema/common.ts';
import { parseGitUrl } from '../config/schema/git-url.ts';
import { gitDefaults } from '../git/defaults.ts';
import { UsageError } from '../report/errors.ts';
import { ask } from './terminal.ts';

/** First user of a file that names none. */
export const fallbackEmail = 'user@example.com';

/** What `new` sets in a cluster.yaml. */
export type Settings = Omit<NewCluster, 'name' | 'branch'>;

/** What a default is detected from. */
interface Surroundings {
  name: string;
  origin: string | undefined;
  userEmail: string | undefined;
  contexts: readonly string[];
}

/** A question about a setting that most users change. */
interface Question {
  setting: keyof Settings;
  /** Option that answers it. */
  option: string;
  /** Where cluster.yaml holds it. */
  place: string;
  ask(around: Surroundings): string;
  /** The detected default; undefined: none. */
  detect(around: Surroundings, answers: Settings): string | undefined;
  /** What is wrong with an answer, beyond what the file's schema finds. */
  problem?(answer: string, around: Surroundings): string | undefined;
}

/** In the order in which they are asked. */
const questions: readonly Question[] = [
  {
    setting: 'gitUrl',
    option: '--git-url',
    place: 'git.url',
    ask: () => 'Git repository that Argo CD reads (none: an embedded one, to try things out)',
    detect: ({ origin }) => (origin !== undefined && 'canonical' in parseGitUrl(origin) ? origin : undefined),
  },
  {
    setting: 'context',
    option: '--context',
    place: 'kubernetes.context',
    ask: ({ contexts }) =>
      `Context in your kubeconfig (none: no cluster yet${contexts.map((one) => `, ${one}`).join('')})`,
    detect: ({ contexts, name }) =>
      contexts.find((one) => one === name) ?? (contexts.length === 1 ? contexts[0] : undefined),
    problem: (answer, { contexts }) =>
      contexts.length === 0 || answer === 'none' || contexts.includes(answer)
        ? undefined
        : `your kubeconfig has no context "${answer}". For one of another machine: --context ${answer}`,
  },
  {
    setting: 'host',
    option: '--host',
    place: 'host',
    ask: () => "Host: a DNS name, an IP address, or auto (the load balancer's address)",
    detect: () => 'auto',
  },
  {
    setting: 'tls',
    option: '--tls',
    place: 'tls',
    ask: () => "Certificates: private (a CA in the cluster), acme (Let's Encrypt) or issuer:NAME",
    detect: (_, { host = 'auto' }) => (isPublicName(host) ? 'acme' : 'private'),
  },
  {
    setting: 'loadBalancer',
    option: '--load-balancer',
    place: 'loadBalancer',
    ask: () => 'Load balancer: cloud, node-port, or addresses for MetalLB, as 10.0.0.8-10.0.0.15',
    detect: () => 'cloud',
  },
  {
    setting: 'email',
    option: '--email',
    place: 'auth.users[0].email',
    ask: () => 'Address of the first user who logs in',
    detect: ({ userEmail }) => userEmail ?? fallbackEmail,
  },
];

/** @returns the option that sets what cluster.yaml has at a path */
export function optionAt(path: string): string | undefined {
  return questions.find(({ place }) => path === place || path.startsWith(`${place}.`))?.option;
}

/**
 * Asks for each setting that the command line does not give.
 *
 * @param problemsOf what is wrong with some settings, as lines
 * @returns all settings
 * @throws RunError on Ctrl+C
 */
export async function askSettings(
  root: string,
  name: string,
  given: Settings,
  problemsOf: (settings: Settings) => readonly string[],
): Promise<Settings> {
  const { origin, email } = await gitDefaults(root);
  const around = { name, origin, userEmail: email, contexts: await contexts() };
  let answers = given;
  process.stderr.write('Press Enter for the default in brackets.\n');
  for (const question of questions) {
    if (answers[question.setting] !== undefined) continue;
    answers = await askOne(question, around, answers, problemsOf);
  }
  return answers;
}

async function askOne(
  { setting, option, ask: textOf, detect, problem }: Question,
  around: Surroundings,
  answers: Settings,
  problemsOf: (settings: Settings) => readonly string[],
): Promise<Settings> {
  const detected = detect(around, answers) ?? 'none';
  for (;;) {
    const typed = await ask(`${textOf(around)}\n  [${detected}]: `, `Without questions: add ${option}, or --yes.`);
    const answer = typed === '' ? detected : typed;
    const tried = { ...answers, [setting]: answer === 'none' ? undefined : answer };
    const wrong = problem?.(answer, around);
    const problems = wrong === undefined ? problemsOf(tried) : [wrong];
    if (problems.length === 0) return tried;
    process.stderr.write(problems.map((problem) => `  ${problem}\n`).join(''));
  }
}

/** A kubeconfig that cannot be read has no context to offer; `doctor` says why. */
async function contexts(): Promise<string[]> {
  try {
    return await kubeconfigContexts();
  } catch (error) {
    if (error instanceof UsageError) return [];
    throw error;
  }
}

/** A name for which a public CA can issue certificates. */
function isPublicName(host: string): boolean {
  return host.includes('.') && !isAddress(host) && !/\.(local|internal|lan|home|corp|test|example|invalid)$/.test(host);
}
