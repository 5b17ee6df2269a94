/** The checksums of S3, each base64 in a header or trailer of its own name. */
import { createHash, type Hash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { crc32 } from 'node:zlib';
import { S3Error } from './s3-error.ts';

export const ALGORITHMS = ['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'] as const;
export type Algorithm = (typeof ALGORITHMS)[number];

const BYTES: Readonly<Record<Algorithm, number>> = { CRC32: 4, CRC32C: 4, CRC64NVME: 8, SHA1: 20, SHA256: 32 };

export interface Summer {
  update(piece: Uint8Array): void;
  digest(): Buffer;
}

export const headerOf = (algorithm: Algorithm): string => `x-amz-checksum-${algorithm.toLowerCase()}`;

export const algorithmOf = (text: string): Algorithm | undefined =>
  ALGORITHMS.find((each) => each === text.toUpperCase() || headerOf(each) === text.toLowerCase());

export function summer(algorithm: Algorithm): Summer {
  switch (algorithm) {
    case 'CRC32':
      return crc32Summer();
    case 'CRC32C':
      return crc32cSummer();
    case 'CRC64NVME':
      return crc64Summer();
    case 'SHA1':
    case 'SHA256':
      return hashSummer(createHash(algorithm.toLowerCase()));
  }
}

const hashSummer = (hash: Hash): Summer => ({ update: (piece) => hash.update(piece), digest: () => hash.digest() });

function crc32Summer(): Summer {
  let crc = 0;
  return {
    update: (piece) => {
      crc = crc32(piece, crc);
    },
    digest: () => uint32(crc),
  };
}

const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
};

/** Castagnoli, reflected (RFC 3720, appendix B.4). */
const CRC32C_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 0 ? crc >>> 1 : (crc >>> 1) ^ 0x82f63b78;
  return crc >>> 0;
});

function crc32cSummer(): Summer {
  let crc = 0xffffffff;
  return {
    update: (piece) => {
      for (const byte of piece) crc = (CRC32C_TABLE[(crc ^ byte) & 0xff] ?? 0) ^ (crc >>> 8);
    },
    digest: () => uint32(crc ^ 0xffffffff),
  };
}

/** CRC-64/NVME, reflected polynomial 9a6c9329ac4bc9b5, in two halves: BigInt is too slow for each byte. */
const CRC64_HIGH = new Uint32Array(256);
const CRC64_LOW = new Uint32Array(256);
for (let byte = 0; byte < 256; byte++) {
  let high = 0;
  let low = byte;
  for (let bit = 0; bit < 8; bit++) {
    const odd = (low & 1) === 1;
    low = ((low >>> 1) | ((high & 1) << 31)) >>> 0;
    high >>>= 1;
    if (odd) {
      high = (high ^ 0x9a6c9329) >>> 0;
      low = (low ^ 0xac4bc9b5) >>> 0;
    }
  }
  CRC64_HIGH[byte] = high;
  CRC64_LOW[byte] = low;
}

function crc64Summer(): Summer {
  let high = 0xffffffff;
  let low = 0xffffffff;
  return {
    update: (piece) => {
      for (const byte of piece) {
        const index = (low ^ byte) & 0xff;
        low = ((low >>> 8) | (high << 24)) ^ (CRC64_LOW[index] ?? 0);
        high = (high >>> 8) ^ (CRC64_HIGH[index] ?? 0);
      }
    },
    digest: () => Buffer.concat([uint32(high ^ 0xffffffff), uint32(low ^ 0xffffffff)]),
  };
}

export interface Claim {
  readonly algorithm: Algorithm;
  /** Undefined where a trailer will tell it. */
  readonly value: string | undefined;
}

/** What the headers claim of the body. @throws `InvalidRequest` for more than one, or a malformed one */
export function claimOf(headers: IncomingHttpHeaders): Claim | undefined {
  const claims = ALGORITHMS.flatMap((algorithm): Claim[] => {
    const value = headers[headerOf(algorithm)];
    return typeof value === 'string' ? [{ algorithm, value: assertChecksum(algorithm, value) }] : [];
  });
  const trailer = headers['x-amz-trailer'];
  if (typeof trailer === 'string') {
    const algorithm = algorithmOf(trailer.trim());
    if (algorithm === undefined) {
      throw new S3Error('InvalidRequest', 'The value specified in the x-amz-trailer header is not supported');
    }
    claims.push({ algorithm, value: undefined });
  }
  const [claim, ...others] = claims;
  if (others.length > 0) {
    throw new S3Error(
      'InvalidRequest',
      'Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.',
    );
  }
  const said = headers['x-amz-sdk-checksum-algorithm'];
  if (typeof said === 'string' && claim !== undefined && said.toUpperCase() !== claim.algorithm) {
    throw new S3Error('InvalidRequest', 'Value for x-amz-sdk-checksum-algorithm header is invalid.');
  }
  if (typeof said === 'string' && claim === undefined && algorithmOf(said) !== undefined) {
    throw new S3Error(
      'InvalidRequest',
      'x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.',
    );
  }
  return claim;
}

export function assertChecksum(algorithm: Algorithm, value: string): string {
  const bytes = Buffer.from(value, 'base64');
  if (bytes.length === BYTES[algorithm] && bytes.toString('base64') === value) return value;
  throw new S3Error('InvalidRequest', `Value for ${headerOf(algorithm)} header is invalid.`);
}
