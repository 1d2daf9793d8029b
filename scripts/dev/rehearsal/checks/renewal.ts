import { ask } from '../observe/ask.ts';
import type { RehearsalSite } from '../site.ts';
import type { Check } from './check.ts';
import { clusterYaml, since } from './commits.ts';
import { passed } from './root.ts';

const group = 'Certificate renewal';

/** A short-lived certificate is renewed in time, and the gateway serves it without a restart. */
export const check: Check = {
  name: 'renewal',
  title: 'A certificate is renewed and served',
  quick: false,
  run: async (site) => {
    const pods = await gatewayPods(site);
    const before = await served(site);
    // The shortest that cert-manager accepts, so that renewal is due a minute after issuance.
    const short = { 'tls.duration': '1h', 'tls.renewBefore': '59m' };
    const commit = await site.change('Let the certificate live for an hour', await clusterYaml(site, short));
    await passed(site, commit);
    const first = await site.until(
      'the short-lived certificate is served',
      () => servedOtherThan(site, before.serial),
      120,
    );
    const start = Date.now();
    const second = await site.until(
      'the renewed certificate is served',
      () => servedOtherThan(site, first.serial),
      240,
    );
    const after = await gatewayPods(site);
    site.record.check({
      group,
      name: 'a certificate is renewed before it expires, and served',
      tried: 'duration 1h, renewBefore 59m: due a minute after it was issued, without any action',
      expected: 'a new serial number and a later expiry on port 443, from the same CA and the same gateway pods',
      got: `after ${since(start)}: ${first.serial.slice(0, 8)}… until ${first.end} → ${second.serial.slice(0, 8)}… until ${second.end}; CA ${second.issuer}; pods ${pods === after ? 'the same' : 'others'}`,
      ok: Date.parse(second.end) > Date.parse(first.end) && first.issuer === second.issuer && pods === after,
    });
    await passed(site, await site.revert(commit));
    const last = await served(site);
    site.record.check({
      group,
      name: 'the usual lifetime again',
      tried: 'git revert',
      expected: 'a certificate for more than a month',
      got: `until ${last.end}`,
      ok: Date.parse(last.end) - Date.now() > 30 * 24 * 3600 * 1000,
    });
  },
};

interface Served {
  serial: string;
  end: string;
  issuer: string;
}

async function served(site: RehearsalSite): Promise<Served> {
  const { certificate, error } = await ask(`https://${await site.host()}/`);
  if (certificate === undefined) throw new Error(`no certificate on port 443: ${error}`);
  return { serial: certificate.serialNumber, end: certificate.valid_to, issuer: String(certificate.issuer.CN) };
}

async function servedOtherThan(site: RehearsalSite, serial: string): Promise<Served | undefined> {
  const found = await served(site);
  return found.serial === serial ? undefined : found;
}

async function gatewayPods(site: RehearsalSite): Promise<string> {
  return await site.kubectl(['-n', 'ingress', 'get', 'pods', '-o', 'jsonpath={.items[*].metadata.uid}']);
}
