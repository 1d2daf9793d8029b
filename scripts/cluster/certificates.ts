import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { rootCertificates } from 'node:tls';

/** What is wrong with a certificate, and the one thing to do about it. */
export interface CertificateProblem {
  message: string;
  hint: string;
}

/** @returns the certificate that comes first in a PEM text; undefined where there is none */
export function parseCertificate(text: string): X509Certificate | undefined {
  try {
    return new X509Certificate(text);
  } catch {
    return undefined;
  }
}

/** @returns all certificates of a PEM text */
function parseChain(text: string): X509Certificate[] {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return blocks.flatMap((block) => parseCertificate(block) ?? []);
}

/**
 * Checks that cert-manager can issue with a CA, or that programs can trust one: https://cert-manager.io/docs/configuration/ca/
 *
 * @param place the text's origin, for the message
 * @param text PEM, the CA first
 */
export function caProblem(place: string, text: string): CertificateProblem | undefined {
  const certificate = parseCertificate(text);
  if (certificate === undefined) return noCertificate(place);
  if (!certificate.ca) {
    return {
      message: `the certificate in ${place} (${certificate.subject}) is not a CA`,
      hint: 'It needs the extension basicConstraints CA:TRUE, and must come first in the file.',
    };
  }
  return timeProblem(place, certificate);
}

/**
 * Checks that a gateway can serve hosts with a certificate. Browsers read its subjectAltName only (RFC 9110, section 4.3.4).
 *
 * @param place the text's origin, for the message
 * @param text PEM, the host's certificate first
 * @param hosts DNS names and IP addresses that are served with it
 */
export function servedProblem(place: string, text: string, hosts: readonly string[]): CertificateProblem | undefined {
  const certificate = parseCertificate(text);
  if (certificate === undefined) return noCertificate(place);
  const missing = hosts.filter((host) => !covers(certificate, host));
  if (missing.length > 0) {
    return {
      message: `the certificate in ${place} does not cover ${missing.join(', ')}, but ${certificate.subjectAltName ?? 'no name at all'}`,
      hint: 'Provide one whose subjectAltName has them; *.NAME covers one level below NAME, and not NAME.',
    };
  }
  return timeProblem(place, certificate);
}

/**
 * Checks that a program which trusts the roots also trusts the chain.
 *
 * @param place the chain's origin, for the message
 * @param chain PEM: a certificate and the intermediate ones
 * @param ca PEM of the CA; absent: the roots of Mozilla, as in Node
 */
export function chainProblem(place: string, chain: string, ca: string | undefined): CertificateProblem | undefined {
  const [leaf, ...between] = parseChain(chain);
  if (leaf === undefined) return noCertificate(place);
  const roots = ca === undefined ? rootCertificates.flatMap((root) => parseCertificate(root) ?? []) : parseChain(ca);
  const issuedBy = (certificate: X509Certificate) => (other: X509Certificate) =>
    certificate.checkIssued(other) && certificate.verify(other.publicKey);
  let current = leaf;
  for (let left = between; ; ) {
    if (roots.some((root) => root.raw.equals(current.raw) || issuedBy(current)(root))) return undefined;
    const next = left.find(issuedBy(current));
    if (next === undefined) break;
    left = left.filter((certificate) => certificate !== next);
    current = next;
  }
  const who = current.issuer.replaceAll('\n', ', ');
  return ca === undefined
    ? {
        message: `the certificates in ${place} chain to ${who}, which is not a publicly trusted CA`,
        hint: 'Put the intermediate certificates behind the first one. If your own CA signed it, name its certificate in tls.certificate.ca.',
      }
    : {
        message: `the certificates in ${place} chain to ${who}, which is not in tls.certificate.ca`,
        hint: 'Put the intermediate certificates behind the first one, and the root into tls.certificate.ca.',
      };
}

/** @returns whether a certificate is valid for a DNS name or an IP address */
function covers(certificate: X509Certificate, host: string): boolean {
  if (isIP(host) !== 0) return certificate.checkIP(host) !== undefined;
  return certificate.checkHost(host, { subject: 'never', partialWildcards: false }) !== undefined;
}

function noCertificate(place: string): CertificateProblem {
  return {
    message: `${place} does not contain a certificate`,
    hint: 'It must be PEM ("-----BEGIN CERTIFICATE-----").',
  };
}

function timeProblem(place: string, { validFrom, validTo }: X509Certificate): CertificateProblem | undefined {
  const now = Date.now();
  if (Date.parse(validTo) < now)
    return { message: `the certificate in ${place} expired on ${validTo}`, hint: 'Provide a new one.' };
  if (Date.parse(validFrom) > now)
    return {
      message: `the certificate in ${place} is not valid before ${validFrom}`,
      hint: "Check this machine's clock.",
    };
  return undefined;
}
