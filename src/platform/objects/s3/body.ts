/** Bytes to S3, and bytes from it. */
import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import type { Clock } from '../../../kernel/clock.ts';
import { PlumblineError } from '../../../kernel/errors.ts';
import { sha256Hex } from '../../../kernel/hash.ts';
import { assertBody } from '../cold-input.ts';
import type { ColdBody } from '../cold-port.ts';
import { within } from './attempts.ts';
import { isTransient, Torn } from './failures.ts';

/** S3 takes no more in one PUT, and what is put in parts has no SHA-256 of the whole. */
const MAX_BYTES = 5 * 1024 ** 3;

export interface Outgoing {
  readonly size: number;
  /** Lower-case hex. */
  readonly sha256: string;
  /** Anew for each attempt. */
  open(): Uint8Array | Readable;
}

/** @throws `objects.too_large` (invalid), and what `assertBody` does */
export async function outgoing(key: string, body: ColdBody): Promise<Outgoing> {
  const size = 'bytes' in body ? body.bytes.byteLength : body.size;
  if (size > MAX_BYTES) {
    throw new PlumblineError(
      'invalid',
      'objects.too_large',
      `the object ${key} has ${size} bytes; S3 takes ${MAX_BYTES} at once, so make smaller objects`,
      { details: { key, size } },
    );
  }
  if ('bytes' in body) return { size, sha256: sha256Hex(body.bytes), open: () => body.bytes };
  await assertBody(key, body);
  return { size, sha256: body.sha256, open: () => createReadStream(body.path, { highWaterMark: 256 * 1024 }) };
}

export interface Incoming {
  /** Bytes that it is to bring. */
  readonly length: number;
  readonly stream: AsyncIterable<Uint8Array>;
}

const RESUMPTIONS = 5;

/**
 * The bytes of an answer. Where it breaks off, the rest is asked for; a few times without progress, and it
 * is given up.
 * @param resume opens the object again, so many bytes on
 * @param idleMs what the wait for one piece may last
 */
export async function* resumed(
  first: Incoming,
  resume: (at: number) => Promise<Incoming>,
  clock: Clock,
  idleMs: number,
): AsyncIterable<Uint8Array> {
  let at = 0;
  let failures = 0;
  for (let incoming = first; ; incoming = await resume(at)) {
    const pieces = incoming.stream[Symbol.asyncIterator]();
    try {
      for (;;) {
        const next = await within(clock, idleMs, (signal) => unlessAborted(pieces.next(), signal));
        if (next.done === true) break;
        at += next.value.byteLength;
        failures = 0;
        yield next.value;
      }
      if (at >= first.length) return;
      throw new Torn(`it ended after ${at} of ${first.length} bytes`);
    } catch (error) {
      failures += 1;
      if (!isTransient(error) || failures > RESUMPTIONS) throw error;
    } finally {
      // Also where nobody reads on.
      pieces.return?.(undefined).catch(() => undefined);
    }
  }
}

const unlessAborted = <T>(work: Promise<T>, signal: AbortSignal): Promise<T> =>
  new Promise((resolve, reject) => {
    work.then(resolve, reject);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });

/** All pieces in one. */
export async function collected(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const piece of pieces) parts.push(piece);
  return Buffer.concat(parts);
}
