import { X509Certificate } from 'node:crypto';
import type { PeerCertificate } from 'node:tls';
import type { Secret } from '../core/script.js';
import { printableLine } from '../core/text.js';
import { errorCode } from './problem.js';

/**
 * Why etcd's certificate was not accepted.
 *
 * @param code OpenSSL's or Node's code for it: `CERT_HAS_EXPIRED`
 * @param peer the certificate that was shown
 */
export function serverCertificateWords(code: string, peer: PeerCertificate, host: string, now: Date): string {
  const issuer = nameOf(peer.issuer);
  switch (code) {
    case 'CERT_HAS_EXPIRED':
      return new Date(peer.valid_to) < now
        ? `its certificate expired on ${day(peer.valid_to)}`
        : `the CA certificate behind its certificate (${issuer}) has expired`;
    case 'CERT_NOT_YET_VALID':
      return `its certificate is not valid before ${day(peer.valid_from)}`;
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return `its certificate is for ${printableLine(peer.subjectaltname ?? nameOf(peer.subject), 200)}, not for ${host}`;
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'CERT_SIGNATURE_FAILURE':
      return `unknown CA: its certificate is signed by ${issuer}, which the CA file does not hold (${code})`;
    default:
      return `its certificate is not accepted (${printableLine(code, 100)})`;
  }
}

/**
 * Whether an error is etcd's refusal of the client certificate, in words; TLS 1.3 reports it only after the handshake.
 *
 * @param identity the client's certificate, if it has one
 * @returns `undefined` where the error has another cause
 */
export function refusedClientWords(thrown: unknown, identity: { cert?: Secret } | undefined, now: Date) {
  const code = errorCode(thrown) ?? '';
  const alert = /^ERR_SSL_\w*ALERT_(\w+)$/.exec(code)?.[1];
  const closed = code === 'ECONNRESET' || code === 'EPIPE';
  const fault = clientCertificateFault(identity?.cert, now);
  const dated = closed && identity?.cert !== undefined && fault !== undefined;
  if (alert === undefined) return dated ? `it closed the connection, and ${fault}` : undefined;
  if (!CLIENT_ALERTS.test(alert)) return `TLS failed (${alert.toLowerCase().replaceAll('_', ' ')})`;
  return `it refused our client certificate (${alert.toLowerCase().replaceAll('_', ' ')}): ${fault ?? signer(identity?.cert)}`;
}

const CLIENT_ALERTS = /CERTIFICATE|UNKNOWN_CA|ACCESS_DENIED|HANDSHAKE_FAILURE/;

/** Whether a PEM text begins with a certificate that can be read. */
export function isCertificate(pem: Secret): boolean {
  return certificate(pem) !== undefined;
}

/** What is wrong with the client's certificate as far as its own text tells: its dates, or that there is none. */
function clientCertificateFault(cert: Secret | undefined, now: Date): string | undefined {
  if (cert === undefined) return 'no client certificate was given';
  const parsed = certificate(cert);
  if (parsed === undefined) return 'the client certificate is not a PEM certificate';
  if (new Date(parsed.validTo) < now) return `the client certificate expired on ${day(parsed.validTo)}`;
  if (new Date(parsed.validFrom) > now) return `the client certificate is not valid before ${day(parsed.validFrom)}`;
  return undefined;
}

function signer(cert: Secret | undefined): string {
  const issuer = cert === undefined ? undefined : certificate(cert)?.issuer;
  return issuer === undefined ? 'it cannot be read' : `it is signed by ${printableLine(issuer, 100)}`;
}

function certificate(cert: Secret): X509Certificate | undefined {
  try {
    return new X509Certificate(cert.reveal());
  } catch {
    return undefined;
  }
}

function day(date: string): string {
  const parsed = new Date(date);
  return Number.isNaN(parsed.getTime()) ? 'an unknown date' : parsed.toISOString().slice(0, 10);
}

function nameOf(names: PeerCertificate['subject'] | undefined): string {
  const name = names?.CN ?? names?.O ?? 'an unnamed issuer';
  return `"${printableLine(String(name), 100)}"`;
}
