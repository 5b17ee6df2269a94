/** Sends a reply, or what a fault makes of it. */
import type { ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { Reply } from './call.ts';
import type { Fault } from './faults.ts';

export async function send(response: ServerResponse, reply: Reply, fault: Fault | undefined): Promise<number> {
  response.statusCode = reply.status;
  for (const [name, value] of Object.entries(reply.headers ?? {})) {
    if (value !== undefined) response.setHeader(name, value);
  }
  if (reply.status !== 204 && reply.status !== 304) response.setHeader('content-length', reply.length ?? 0);
  let sent = 0;
  for (const whole of reply.body ?? []) {
    for (const piece of pieces(whole, fault)) {
      if (response.destroyed) return sent;
      if (fault?.kind === 'slow body') await delay(fault.delayMs);
      if (fault?.kind === 'torn body' && sent + piece.length > fault.bytes) {
        response.write(piece.subarray(0, fault.bytes - sent), () => response.destroy());
        return fault.bytes;
      }
      const at = fault?.kind === 'corrupt body' ? fault.at - sent : -1;
      const bytes = at >= 0 && at < piece.length ? flipped(piece, at) : piece;
      sent += bytes.length;
      if (!response.write(bytes)) await drained(response);
    }
  }
  response.end();
  return sent;
}

function* pieces(bytes: Buffer, fault: Fault | undefined): Iterable<Buffer> {
  const size = fault?.kind === 'slow body' ? fault.pieceBytes : bytes.length;
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

function flipped(bytes: Buffer, at: number): Buffer {
  const other = Buffer.from(bytes);
  other[at] = (other[at] ?? 0) ^ 1;
  return other;
}

/** Or the reader is gone. */
const drained = (response: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done).off('close', done);
      resolve();
    };
    response.on('drain', done).on('close', done);
  });
