import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openAuthority } from '../../sandbox/pki.ts';
import { findProgram } from '../needs.ts';
import { mustRun } from '../run-program.ts';
import type { RehearsalSite } from '../site.ts';
import type { Account } from '../state.ts';

/** A running LDAP server, and the account that may search it. */
export interface Directory {
  /** HOST:PORT; it speaks TLS only. */
  host: string;
  base: string;
  bindDN: string;
  bindPassword: string;
  /** PEM of the CA that signed its certificate. */
  ca: string;
  stop(): Promise<void>;
}

const name = 'slapd';
const port = 6636;
const base = 'dc=example,dc=com';
const bindDN = `cn=admin,${base}`;
const schemas = ['core', 'cosine', 'inetorgperson'];

/**
 * Starts Debian's slapd in the sandbox's network, with its own configuration and data: the machine's own service is not
 * touched.
 *
 * @param people its users, with their groups; the user name is the part before the @
 */
export async function startDirectory(site: RehearsalSite, people: readonly Account[]): Promise<Directory> {
  const { sandbox } = site;
  if (sandbox === undefined) throw new Error('the directory needs a sandbox');
  const folder = join(sandbox.folder, name);
  await rm(folder, { recursive: true, force: true });
  await mkdir(join(folder, 'data'), { recursive: true, mode: 0o700 });
  const { node } = sandbox.network;
  const authority = await openAuthority(join(folder, 'pki'));
  const { certificate, key } = await authority.issue({ name, commonName: name, subjectAltNames: [`IP:${node}`] });
  const bindPassword = randomBytes(15).toString('base64url');
  const settings = join(folder, 'slapd.conf');
  const entries = join(folder, 'people.ldif');
  await writeFile(settings, configuration(folder, { ca: authority.ca.certificate, certificate, key, bindPassword }), {
    mode: 0o600,
  });
  await writeFile(entries, ldif(people), { mode: 0o600 });
  await mustRun([findProgram('slapadd'), '-f', settings, '-l', entries]);
  await sandbox.start(name, [findProgram(name), '-d', '0', '-h', `ldaps://${node}:${port}/`, '-f', settings]);
  return {
    host: `${node}:${port}`,
    base,
    bindDN,
    bindPassword,
    ca: await readFile(authority.ca.certificate, 'utf8'),
    stop: () => sandbox.stop(name),
  };
}

function configuration(
  folder: string,
  { ca, certificate, key, bindPassword }: { ca: string; certificate: string; key: string; bindPassword: string },
): string {
  return [
    ...schemas.map((schema) => `include /etc/ldap/schema/${schema}.schema`),
    'modulepath /usr/lib/ldap',
    'moduleload back_mdb',
    `pidfile ${join(folder, 'slapd.pid')}`,
    `TLSCACertificateFile ${ca}`,
    `TLSCertificateFile ${certificate}`,
    `TLSCertificateKeyFile ${key}`,
    'database mdb',
    `suffix "${base}"`,
    `rootdn "${bindDN}"`,
    `rootpw ${bindPassword}`,
    `directory ${join(folder, 'data')}`,
    'access to attrs=userPassword by anonymous auth by * none',
    'access to * by users read by * none',
    '',
  ].join('\n');
}

function ldif(people: readonly Account[]): string {
  const uid = ({ email }: Account) => email.slice(0, email.indexOf('@'));
  const dn = (person: Account) => `uid=${uid(person)},ou=people,${base}`;
  const groups = [...new Set(people.flatMap(({ groups: names }) => names))];
  const entries = [
    [`dn: ${base}`, 'objectClass: dcObject', 'objectClass: organization', 'o: Example', 'dc: example'],
    ...['people', 'groups'].map((unit) => [`dn: ou=${unit},${base}`, 'objectClass: organizationalUnit', `ou: ${unit}`]),
    ...people.map((person) => [
      `dn: ${dn(person)}`,
      'objectClass: inetOrgPerson',
      `uid: ${uid(person)}`,
      `cn: ${uid(person)}`,
      `sn: ${uid(person)}`,
      `mail: ${person.email}`,
      `userPassword: ${person.password}`,
    ]),
    ...groups.map((group) => [
      `dn: cn=${group},ou=groups,${base}`,
      'objectClass: groupOfNames',
      `cn: ${group}`,
      ...people.filter((person) => person.groups.includes(group)).map((person) => `member: ${dn(person)}`),
    ]),
  ];
  return `${entries.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}
