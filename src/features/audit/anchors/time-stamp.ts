/**
 * Verifies an RFC 3161 time stamp as `openssl ts -verify` does: status, digest, nonce, the signature
 * and who made it. What is kept is the authority's whole answer, which that command reads.
 */
import { hash, X509Certificate } from 'node:crypto';
import type { Certificate, SignedData, TSTInfo } from 'pkijs';
import { messageOf, PlumblineError } from '../../../kernel/errors.ts';
import { certificatesOf, mayStamp, namesSigner } from './time-stamp-signer.ts';

/** Loaded on first use: it is large, and few processes speak to an authority. */
export const loadPki = () => import('pkijs');

export const SHA256_OID = '2.16.840.1.101.3.4.2.1';

export interface TimeStamp {
  /** The authority's answer, DER: what `openssl ts -verify -in` reads. */
  readonly answer: Buffer;
  readonly at: Date;
  /** Hexadecimal. */
  readonly serial: string;
  /** OID of the policy under which the authority stamps. */
  readonly policy: string;
  /** Subject of the certificate that signed. */
  readonly authority: string;
  /** Whether its certificate leads to one that is trusted; false where none was given. */
  readonly trusted: boolean;
}

export interface Expected {
  readonly document: Uint8Array;
  /** That was sent; absent when an older stamp is verified. */
  readonly nonce?: Uint8Array;
  /** PEM, one or more certificates. */
  readonly trusted?: string;
}

/** @throws `audit.timestamp_refused` (integrity) naming what is wrong with it */
export async function verifyTimeStamp(answer: Uint8Array, expected: Expected): Promise<TimeStamp> {
  const { Certificate: PkiCertificate } = await loadPki();
  const { token, info } = await parsed(answer);
  const { messageImprint } = info;
  if (messageImprint.hashAlgorithm.algorithmId !== SHA256_OID) throw refused('it is not over a SHA-256');
  const digest = hash('sha256', expected.document, 'buffer');
  if (!digest.equals(new Uint8Array(messageImprint.hashedMessage.getValue())))
    throw refused('it is over another document');
  if (expected.nonce !== undefined && info.nonce?.toBigInt() !== numberOf(expected.nonce)) {
    throw refused('its nonce is not the one that was sent: it may be an old answer');
  }

  const trustedCerts = certificatesOf(expected.trusted).map((raw) => PkiCertificate.fromBER(raw));
  let signer: Certificate | null | undefined;
  try {
    const { signatureVerified, signerCertificate, message } = await token.verify({
      signer: 0,
      trustedCerts,
      data: Uint8Array.from(expected.document).buffer,
      checkChain: trustedCerts.length > 0,
      checkDate: info.genTime,
      extendedMode: true,
    });
    if (signatureVerified !== true) throw refused(`its signature does not verify: ${message}`);
    signer = signerCertificate;
  } catch (error) {
    if (error instanceof PlumblineError) throw error;
    throw refused(`its signature does not verify: ${messageOf(error)}`);
  }
  if (signer === null || signer === undefined) throw refused('it does not carry the certificate of its signer');
  const raw = Buffer.from(signer.toSchema(true).toBER());
  if (!mayStamp(signer)) throw refused('its signer may not stamp time (extendedKeyUsage)');
  if (!(await namesSigner(token, raw))) throw refused('it was made by another certificate than it names');
  return {
    answer: Buffer.from(answer),
    at: info.genTime,
    serial: Buffer.from(info.serialNumber.valueBlock.valueHexView).toString('hex'),
    policy: info.policy,
    authority: new X509Certificate(raw).subject.replaceAll('\n', ', '),
    trusted: trustedCerts.length > 0,
  };
}

/** The number that an unsigned integer of these bytes is. */
const numberOf = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).toString('hex')}`);

async function parsed(answer: Uint8Array): Promise<{ readonly token: SignedData; readonly info: TSTInfo }> {
  const { TimeStampResp, SignedData, TSTInfo } = await loadPki();
  try {
    const { status, timeStampToken } = TimeStampResp.fromBER(new Uint8Array(answer));
    if (status.status !== 0 && status.status !== 1) {
      const said = (status.statusStrings ?? []).map((each) => each.valueBlock.value).join(' ');
      throw refused(
        `the authority refused with status ${status.status}${said === '' ? '' : `: ${said.slice(0, 200)}`}`,
      );
    }
    if (timeStampToken === undefined) throw refused('the authority granted it and sent none');
    const token = new SignedData({ schema: timeStampToken.content });
    const content = token.encapContentInfo.eContent;
    if (content === undefined) throw refused('it is empty');
    return { token, info: TSTInfo.fromBER(content.getValue()) };
  } catch (error) {
    if (error instanceof PlumblineError) throw error;
    throw refused(`it cannot be read: ${messageOf(error)}`);
  }
}

const refused = (what: string): PlumblineError =>
  new PlumblineError('integrity', 'audit.timestamp_refused', `this is no valid time stamp of the document: ${what}`);
