import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { listClusters } from '../config/load.ts';
import { parseAppFile } from '../config/shared-apps.ts';
import { type Problem, UsageError } from '../report/errors.ts';
import { writeInput } from '../workspace/write-input.ts';
import type { InvocationOf } from './invocation.ts';

type Options = InvocationOf<'app'>['options'];

/** `npm run app -- add NAME`: writes apps/<name>/app.yaml; a merge applies it. */
export async function run({ root, options, positional, reporter }: InvocationOf<'app'>): Promise<number> {
  const [action = '', name = ''] = positional;
  if (action !== 'add')
    throw new UsageError(`${JSON.stringify(action)} is not an action of app`, { hint: 'npm run app -- add NAME' });
  if (name === '') throw new UsageError('an app needs a name', { hint: 'npm run app -- add NAME' });
  const path = `apps/${name}/app.yaml`;
  if (!/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(name))
    throw new UsageError(`${JSON.stringify(name)} cannot be an app's name: use lower-case letters, digits and "-"`);
  if (existsSync(join(root, 'apps', name)))
    throw new UsageError(`apps/${name} already exists and was not changed`, { hint: `Change ${path} by hand.` });
  const text = `# yaml-language-server: $schema=../app.schema.json
# A web program behind the platform's login. Every key: docs/apps.md. Chart values: values.yaml next to this file.
${stringify(appOf(name, options), { version: '1.1', lineWidth: 0 })}`;
  const parsed = parseAppFile(text, path, name, listClusters(root));
  if ('problems' in parsed)
    throw new UsageError('the options do not make a valid app.yaml; nothing was written', {
      problems: parsed.problems.map(byOption),
    });
  if (!options.dryRun) await writeInput(root, path, text, { exclusive: true });
  const address = options.path === undefined ? `${options.host ?? name}.<host>/` : `<host>${options.path}`;
  const enable = options.clusters.length > 0 ? '' : `enable it in a cluster.yaml (apps: {${name}: {}}), `;
  reporter.result(
    { app: name, file: path, written: !options.dryRun },
    options.dryRun
      ? `would write ${path}:\n\n${text}`
      : [
          `wrote ${path}`,
          `Its address: https://${address}, with the host of each cluster that runs it.`,
          `Next: read it, ${enable}run "npm run render -- --all", commit all, and open a pull request.`,
        ].join('\n'),
  );
  return 0;
}

function appOf(name: string, options: Options): object {
  const {
    description = name,
    chart,
    repository,
    sourceVersion,
    sourcePath,
    host,
    path,
    groups,
    emails,
    everyone,
    clusters,
  } = options;
  const [service = name, port = '80'] = options.service?.split(':') ?? [];
  return {
    description,
    source: { chart, repository, path: sourcePath, version: sourceVersion },
    place: path === undefined ? { host: host ?? name } : { host, path },
    // What is not a number stays as it was typed, for the message.
    service: { name: service, port: /^\d+$/.test(port) ? Number(port) : port },
    access: {
      groups: groups.length > 0 ? groups : undefined,
      emails: emails.length > 0 ? emails : undefined,
      everyone: everyone ? true : undefined,
    },
    clusters: clusters.length > 0 ? clusters : undefined,
  };
}

const optionOf: Readonly<Record<string, string>> = {
  'source.chart': '--chart',
  'source.repository': '--repository',
  'source.version': '--source-version',
  'source.path': '--source-path',
  source: '--chart, --repository, --source-version, --source-path',
  place: '--host, --path',
  service: '--service',
  access: '--groups, --emails, --everyone',
  clusters: '--clusters',
};

/** Names the options: there is no file yet for a line number. */
function byOption({ path, message, hint, file }: Problem): Problem {
  const typed = optionOf[path] ?? optionOf[path.replace(/[.[].*/, '')];
  const more = hint === undefined ? {} : { hint };
  return typed === undefined ? { file, path, message, ...more } : { file, path, typed, message, ...more };
}
