import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LuaFactory } from 'wasmoon';
import type { App, Cluster } from '../../config/cluster.ts';
import { loadCluster } from '../../config/load.ts';
import { edgeFilters } from '../gateway-filters.ts';
import { accessFilter } from './access.ts';

const demo = loadCluster(join(import.meta.dirname, '../../..'), 'demo');
const grafana = demo.shared.apps.get('grafana');
if (grafana === undefined) throw new Error('apps/grafana is not there');

function app(changes: Partial<App>): App {
  const { name, folder, manifests, file } = grafana as NonNullable<typeof grafana>;
  const place = { path: '/grafana/', strip: false };
  return {
    ...file,
    name,
    folder,
    manifests,
    application: name,
    gate: `${name}-gate`,
    namespace: name,
    place,
    ...changes,
  };
}

function withApps(...runningApps: App[]): Cluster {
  return { ...demo, runningApps };
}

/** The script of the Lua filter that an EnvoyFilter puts before the router: its last one. */
function scriptOf(object: object): string {
  const text = [...JSON.stringify(object).matchAll(/"inline_string":("(?:[^"\\]|\\.)*")/g)].at(-1)?.[1];
  if (text === undefined) throw new Error('it has no script');
  return JSON.parse(text);
}

type Headers = Record<string, string>;

interface Outcome {
  status: string | undefined;
  headers: Headers;
}

/** Envoy's handle, as far as the scripts use it; the script itself is run by a real Lua. */
const handle = `
function make_handle(given)
  local all = {}
  for name, value in string.gmatch(given, "([^\\n=]+)=([^\\n]*)\\n") do all[name] = { value } end
  local headers = {}
  function headers:get(name) return all[name] and table.concat(all[name], ",") end
  function headers:getNumValues(name) return all[name] and #all[name] or 0 end
  function headers:getAtIndex(name, i) return all[name][i + 1] end
  function headers:remove(name) all[name] = nil end
  function headers:replace(name, value) all[name] = { value } end
  function headers:add(name, value)
    all[name] = all[name] or {}
    table.insert(all[name], value)
  end
  local handle = { status = "" }
  function handle:headers() return headers end
  function handle:connection() return { ssl = function() return secure and {} or nil end } end
  function handle:streamInfo()
    return { dynamicMetadata = function() return { set = function(_, _, _, user) handle.shown = user end } end }
  end
  function handle:respond(answer) self.status = answer[":status"] end
  function handle:text()
    local lines = {}
    for name, values in pairs(all) do lines[#lines + 1] = name .. "=" .. table.concat(values, ",") end
    return self.status .. "\\n" .. table.concat(lines, "\\n")
  end
  return handle
end
`;

async function request(script: string, headers: Headers, secure = true): Promise<Outcome> {
  const lua = await new LuaFactory().createEngine();
  try {
    lua.global.set('secure', secure);
    lua.global.set(
      'given',
      `${Object.entries(headers)
        .map(([name, value]) => `${name}=${value}\n`)
        .join('')}`,
    );
    const text: string = await lua.doString(
      `${handle}\n${script}\nlocal handle = make_handle(given)\nenvoy_on_request(handle)\nreturn handle:text()`,
    );
    const [status, ...lines] = text.split('\n');
    const pairs = lines
      .filter((line) => line !== '')
      .map((line): [string, string] => {
        const at = line.indexOf('=');
        return [line.slice(0, at), line.slice(at + 1)];
      });
    return { status: status === '' ? undefined : status, headers: Object.fromEntries(pairs) };
  } finally {
    lua.global.close();
  }
}

const host = 'kubeflow.example.com';

async function open(one: App, headers: Headers, secure = true): Promise<Outcome> {
  const to = { ':authority': host, ':path': '/grafana/', ...headers };
  return await request(scriptOf(accessFilter(withApps(one), one)), to, secure);
}

const person = (email: string, groups?: string): Headers => ({
  'kubeflow-userid': email,
  ...(groups === undefined ? {} : { 'kubeflow-groups': groups }),
});

describe('the login of an app on a host of its own', () => {
  const one = app({ access: { groups: ['ops'] }, place: { host: 'grafana' } });
  const status = async (path: string, userCodeHost: boolean, more: Headers = {}) => {
    const cluster = { ...withApps(one), auth: { ...demo.auth, userCodeHost } };
    const to = { ':authority': `grafana.${host}`, ':path': path, ...more };
    return (await request(scriptOf(accessFilter(cluster, one)), to)).status;
  };

  it('is open before anyone has an identity where each host logs people in for itself', async () => {
    for (const path of ['/oauth2/callback?code=x', '/oauth2/sign_out', '/oauth2/start'])
      expect(await status(path, true)).toBeUndefined();
    for (const path of ['/', '/oauth2', '/oauth2x/', '/x/oauth2/']) expect(await status(path, true), path).toBe('403');
    expect(await status('/', true, person('bob@example.com', 'ops'))).toBeUndefined();
  });

  it('is on the platform only, where one session serves all hosts', async () => {
    expect(await status('/oauth2/callback?code=x', false)).toBe('403');
  });
});

describe('an app for a group as providers name it', () => {
  it.each(['/platform/ml', 'R&D', 'IT (Ops)', 'Équipe Données', 'ACME\\ml', "o'brien's", '開発', '%d [x] ^-'])(
    '%s is found in the list, and its beginning is not',
    async (group) => {
      const one = app({ access: { groups: [group] } });
      expect((await open(one, person('bob@example.com', `a,${group},b`))).status).toBeUndefined();
      expect((await open(one, person('bob@example.com', `a,${group.slice(0, -1)},b`))).status).toBe('403');
    },
  );
});

describe('an app for a group', () => {
  const one = app({ access: { groups: ['ops', 'Team "Blue"'] } });

  it.each([
    ['the group alone', 'ops'],
    ['the group first', 'ops,dev'],
    ['the group last', 'dev,ops'],
    ['the group between others', 'dev,ops,ml'],
    ['a group with quotes and a blank', 'dev,Team "Blue"'],
  ])('is opened by %s', async (_, groups) => {
    expect(await open(one, person('bob@example.com', groups))).toMatchObject({
      status: undefined,
      headers: { 'x-breakwater-app': 'grafana' },
    });
  });

  it.each([
    ['no groups', undefined],
    ['an empty list', ''],
    ['a longer name', 'ops-team'],
    ['a name that ends with it', 'devops'],
    ['a part of its name', 'op'],
    ['another case', 'OPS'],
    ['blanks around it', ' ops '],
    ['a pattern', '*'],
    ['a pattern of Lua', 'o%a%a'],
  ])('is closed with %s', async (_, groups) => {
    const outcome = await open(one, person('bob@example.com', groups));
    expect(outcome.status).toBe('403');
    expect(outcome.headers).not.toHaveProperty('x-breakwater-app');
  });

  it('is closed without an identity, whatever the groups', async () => {
    expect((await open(one, { 'kubeflow-groups': 'ops' })).status).toBe('403');
  });
});

describe('an app for people', () => {
  const one = app({ access: { emails: ['ann@example.com'] } });

  it('is opened by them, however the provider writes their address', async () => {
    expect((await open(one, person('ann@example.com'))).status).toBeUndefined();
    expect((await open(one, person('Ann@Example.com'))).status).toBeUndefined();
  });

  it.each(['bob@example.com', 'ann@example.com.evil.test', 'xann@example.com'])('is closed to %s', async (email) => {
    expect((await open(one, person(email, 'ann@example.com'))).status).toBe('403');
  });
});

describe('a request to something else', () => {
  const one = app({ access: { groups: ['ops'] } });

  it.each([
    ['another path', { ':path': '/grafanax/' }],
    ['a path that has it inside', { ':path': '/x/grafana/' }],
    ['the same path on another host', { ':authority': `other.${host}` }],
  ])('is left as it is: %s', async (_, to) => {
    const sent = { ':authority': host, ':path': '/', ...person('bob@example.com'), 'x-webauth-user': 'x', ...to };
    expect(await open(one, sent)).toEqual({ status: undefined, headers: sent });
  });

  it.each([`${host}:443`, host.toUpperCase()])('is not made by another spelling of the host: %s', async (authority) => {
    expect((await open(one, { ':authority': authority, ...person('bob@example.com') })).status).toBe('403');
  });

  it('is every path but the app on a host of its own', async () => {
    const own = app({ access: { groups: ['ops'] }, place: { host: 'grafana' } });
    const at = (path: string) =>
      open(own, { ':authority': `grafana.${host}`, ':path': path, ...person('bob@example.com') });
    expect((await at('/')).status).toBe('403');
    expect((await at('/anything')).status).toBe('403');
  });
});

it('a request on port 80 is led on to HTTPS: neither refused nor marked, and nothing forged is left in it', async () => {
  const forged = { 'x-webauth-user': 'root@example.com', 'x-breakwater-app': 'grafana' };
  expect(await open(app({ access: { groups: ['ops'] } }), forged, false)).toEqual({
    status: undefined,
    headers: { ':authority': host, ':path': '/grafana/' },
  });
});

it('anyone who is known may open no more without TLS than with it', async () => {
  const ops = app({ access: { groups: ['ops'] } });
  expect((await open(ops, person('bob@example.com', 'dev'), false)).status).toBe('403');
});

describe('an app learns who a person is', () => {
  const access = { everyone: true } as const;
  const forged = { 'x-webauth-user': 'root@example.com', 'x-webauth-role': 'Admin', 'x-breakwater-app': 'other' };

  it('by its own headers only, whatever came from outside', async () => {
    const { headers } = await open(app({ access }), { ...person('bob@example.com', 'dev'), ...forged });
    expect(headers).toEqual({
      ':authority': host,
      ':path': '/grafana/',
      'x-webauth-user': 'bob@example.com',
      'x-webauth-role': 'Viewer',
      'x-breakwater-app': 'grafana',
    });
  });

  it('by as much of a long list as programs take', async () => {
    const one = app({ access, headers: [{ name: 'X-Groups', value: 'groups' }] });
    const long = Array.from({ length: 500 }, (_, index) => `a-group-of-forty-letters-and-more-${index + 10000}`);
    const list = (await open(one, person('bob@example.com', long.join(',')))).headers['x-groups']?.split(',') ?? [];
    expect(list.length).toBeGreaterThan(90);
    expect(list.join(',').length).toBeLessThan(4097);
    expect(list).toEqual(long.slice(0, list.length));
  });

  it.each([
    ['platform-admins', 'Admin'],
    ['platform-editors', 'Editor'],
    ['platform-editors,platform-admins', 'Admin'],
    ['platform-adminsx', 'Viewer'],
  ])('in the role of its group: %s is %s', async (groups, role) => {
    expect((await open(app({ access }), person('bob@example.com', groups))).headers['x-webauth-role']).toBe(role);
  });

  it('not at all when it asks for no header', async () => {
    const { headers } = await open(app({ access, headers: [] }), { ...person('bob@example.com', 'dev') });
    expect(Object.keys(headers).toSorted()).toEqual([':authority', ':path', 'x-breakwater-app']);
  });
});

describe('the session and the token', () => {
  const one = app({ token: true, place: { host: 'grafana' } });
  const script = scriptOf(edgeFilters(withApps(one)));
  const carried = {
    authorization: 'Bearer token',
    cookie: '__Host-breakwater_0=a; theme=dark; __Secure-breakwater=b; __Host-breakwater_csrf=c',
  };

  it('end at the gateway, and other cookies do not', async () => {
    const { headers } = await request(script, { ':authority': host, ':path': '/other/', ...carried });
    expect(headers).not.toHaveProperty('authorization');
    expect(headers.cookie).toBe('theme=dark');
  });

  it('the token is passed to the app that asks for it, at its own address only', async () => {
    const at = async (authority: string, path: string) =>
      (await request(script, { ':authority': authority, ':path': path, ...carried })).headers;
    expect((await at(`grafana.${host}`, '/api/')).authorization).toBe('Bearer token');
    for (const authority of [host, `other.${host}`, `x.grafana.${host}`])
      expect(await at(authority, '/grafana/api/'), authority).not.toHaveProperty('authorization');
    expect((await at(`grafana.${host}`, '/')).cookie).toBe('theme=dark');
  });
});
