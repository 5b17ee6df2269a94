/** Whose certificate a time stamp was made with. */
import { hash, X509Certificate } from 'node:crypto';
import type { Certificate, ExtKeyUsage, SignedData } from 'pkijs';
import { messageOf, PlumblineError } from '../../../kernel/errors.ts';

const TIME_STAMPING = '1.3.6.1.5.5.7.3.8';
const EXTENDED_KEY_USAGE = '2.5.29.37';
/** The attribute that names the certificate: by its SHA-1 (RFC 2634), or by the hash that it states (RFC 5035). */
const NAMED_BY_SHA1 = '1.2.840.113549.1.9.16.2.12';
const NAMED_BY_ANY = '1.2.840.113549.1.9.16.2.47';
const HASHES: ReadonlyMap<string, string> = new Map([
  ['2.16.840.1.101.3.4.2.1', 'sha256'],
  ['2.16.840.1.101.3.4.2.2', 'sha384'],
  ['2.16.840.1.101.3.4.2.3', 'sha512'],
]);

/** Certificates of a PEM text, DER. @throws `audit.certificates_malformed` (invalid) */
export function certificatesOf(pem: string | undefined): readonly Uint8Array<ArrayBuffer>[] {
  if (pem === undefined) return [];
  try {
    const found = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
    if (found.length === 0) throw new Error('it holds none');
    return found.map((each) => Uint8Array.from(new X509Certificate(each).raw));
  } catch (error) {
    throw new PlumblineError(
      'invalid',
      'audit.certificates_malformed',
      `the authority's trusted certificates must be PEM (-----BEGIN CERTIFICATE-----): ${messageOf(error)}`,
    );
  }
}

/** Whether time stamping is what the certificate is for. */
export function mayStamp(certificate: Certificate): boolean {
  const usage = certificate.extensions?.find(({ extnID }) => extnID === EXTENDED_KEY_USAGE)?.parsedValue;
  return isKeyUsage(usage) && usage.keyPurposes.includes(TIME_STAMPING);
}

const isKeyUsage = (value: unknown): value is ExtKeyUsage =>
  typeof value === 'object' && value !== null && 'keyPurposes' in value && Array.isArray(value.keyPurposes);

/**
 * Whether the signed attributes name this certificate (DER): without that another one with the same key
 * could take its place.
 */
export async function namesSigner(token: SignedData, certificate: Uint8Array): Promise<boolean> {
  const { ObjectIdentifier, OctetString, Sequence } = await import('asn1js');
  const partsOf = (value: unknown): readonly unknown[] => (value instanceof Sequence ? value.valueBlock.value : []);
  for (const { type, values } of token.signerInfos[0]?.signedAttrs?.attributes ?? []) {
    if (type !== NAMED_BY_SHA1 && type !== NAMED_BY_ANY) continue;
    // SEQUENCE { certs SEQUENCE OF SEQUENCE { [hashAlgorithm SEQUENCE { OID }], certHash OCTET STRING, ... }, ... }
    const [first, second] = partsOf(partsOf(partsOf(values[0])[0])[0]);
    const [stated] = partsOf(first);
    const named = stated === undefined ? first : second;
    const algorithm =
      type === NAMED_BY_SHA1 ? 'sha1' : stated instanceof ObjectIdentifier ? HASHES.get(stated.getValue()) : 'sha256';
    if (algorithm === undefined || !(named instanceof OctetString)) continue;
    if (hash(algorithm, certificate, 'buffer').equals(new Uint8Array(named.getValue()))) return true;
  }
  return false;
}
