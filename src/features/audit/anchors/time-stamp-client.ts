/** Asks an RFC 3161 authority for a time stamp, over HTTP (RFC 3161 3.4). */
import { hash } from 'node:crypto';
import type { Clock, Random } from '../../../kernel/clock.ts';
import { PlumblineError } from '../../../kernel/errors.ts';
import type { HttpBytesClient } from '../../../platform/http-client/port.ts';
import { loadPki, SHA256_OID, type TimeStamp, verifyTimeStamp } from './time-stamp.ts';

const NONCE_BYTES = 8;
const MAX_ANSWER = 64 * 1024;

export interface TimeStampAuthorityOptions {
  readonly http: HttpBytesClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly url: string;
  /** PEM of the certificates that the authority's must lead to. Absent: any certificate will do, and the stamp says so. */
  readonly trusted?: string;
  /** Milliseconds that it has to answer; 15,000 unless told. */
  readonly timeoutMs?: number;
  /** Minutes that its clock may be away from ours; 10 unless told. */
  readonly skewMinutes?: number;
}

export interface TimeStampAuthority {
  /**
   * @throws `audit.timestamp_refused` (integrity); `audit.timestamp_unavailable`, `audit.timestamp_clock` (upstream);
   * those of the HTTP client
   */
  stamp(document: Uint8Array): Promise<TimeStamp>;
}

export function createTimeStampAuthority(options: TimeStampAuthorityOptions): TimeStampAuthority {
  const { http, clock, random, url, trusted, timeoutMs = 15_000, skewMinutes = 10 } = options;
  return {
    async stamp(document) {
      const nonce = nonceOf(random);
      const response = await http.sendBytes({
        url,
        method: 'POST',
        headers: { 'content-type': 'application/timestamp-query', accept: 'application/timestamp-reply' },
        body: await requestFor(document, nonce),
        timeoutMs,
        maxBytes: MAX_ANSWER,
      });
      const type = response.headers['content-type'] ?? 'none';
      if (response.status !== 200 || !type.toLowerCase().startsWith('application/timestamp-reply')) {
        throw upstream('audit.timestamp_unavailable', url, `answers ${response.status} with content type ${type}`);
      }
      const stamp = await verifyTimeStamp(response.body, {
        document,
        nonce,
        ...(trusted === undefined ? {} : { trusted }),
      });
      const apart = Math.abs(stamp.at.getTime() - clock.now());
      if (apart > skewMinutes * 60_000) {
        const minutes = Math.round(apart / 60_000);
        throw upstream(
          'audit.timestamp_clock',
          url,
          `says ${stamp.at.toISOString()}, ${minutes} minutes from our clock`,
        );
      }
      return stamp;
    },
  };
}

/** The first bit is 0 and the second 1, so that its DER is these bytes alone. */
function nonceOf(random: Random): Uint8Array {
  const nonce = random.bytes(NONCE_BYTES);
  nonce[0] = 0x40 + ((nonce[0] ?? 0) % 0x40);
  return nonce;
}

async function requestFor(document: Uint8Array, nonce: Uint8Array): Promise<Uint8Array> {
  const [{ AlgorithmIdentifier, MessageImprint, TimeStampReq }, { Integer, Null, OctetString }] = await Promise.all([
    loadPki(),
    import('asn1js'),
  ]);
  const request = new TimeStampReq({
    version: 1,
    messageImprint: new MessageImprint({
      hashAlgorithm: new AlgorithmIdentifier({ algorithmId: SHA256_OID, algorithmParams: new Null() }),
      hashedMessage: new OctetString({ valueHex: hash('sha256', document, 'buffer') }),
    }),
    nonce: new Integer({ valueHex: nonce }),
    certReq: true,
  });
  return new Uint8Array(request.toSchema().toBER());
}

const upstream = (code: string, url: string, what: string): PlumblineError =>
  new PlumblineError('upstream', code, `the time stamp authority ${new URL(url).origin} ${what}`, {
    details: { origin: new URL(url).origin },
  });
