/**
 * What a developer can ask of the server beside S3, without a signature: it listens on loopback alone.
 * `/_cold-s3` is no bucket's name.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import { FAULT } from './faults.ts';
import type { ColdS3 } from './server.ts';

export const CONTROL = '/_cold-s3';

const CLOCK = z.strictObject({ advanceMs: z.int().min(0) });
const DAMAGE = z.strictObject({ bucket: z.string(), key: z.string(), at: z.int().min(0) });

export const CONTROL_HELP = `GET  ${CONTROL}/state     the clock, the faults that wait
GET  ${CONTROL}/events    what S3 would have told: ObjectCreated, ObjectRestore:Post, :Completed, :Delete
GET  ${CONTROL}/bill      what it would cost, with the requests counted and the bytes stored
GET  ${CONTROL}/requests  every request
POST ${CONTROL}/clock     {"advanceMs": 18000000}
POST ${CONTROL}/faults    {"kind": "error", "code": "SlowDown", "operation": "PutObject", "times": 2}
POST ${CONTROL}/damage    {"bucket": "b", "key": "k", "at": 0}: flips a bit of what is stored
DELETE ${CONTROL}/faults  takes the faults back`;

export async function control(server: ColdS3, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const what = `${request.method} ${(request.url ?? '').slice(CONTROL.length)}`;
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(Buffer.from(piece));
  const answer = (status: number, value: unknown): void => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(`${JSON.stringify(value, undefined, 2)}\n`);
  };
  try {
    const body: unknown = pieces.length === 0 ? undefined : JSON.parse(Buffer.concat(pieces).toString());
    switch (what) {
      case 'GET /state':
        return answer(200, { now: new Date(server.now()).toISOString(), faults: server.faults.pending });
      case 'GET /events':
        return answer(200, server.events());
      case 'GET /bill':
        return answer(200, server.bill());
      case 'GET /requests':
        return answer(200, server.requests());
      case 'POST /clock':
        server.advance(CLOCK.parse(body).advanceMs);
        return answer(200, { now: new Date(server.now()).toISOString() });
      case 'POST /faults':
        server.faults.add(FAULT.parse(body));
        return answer(200, { faults: server.faults.pending });
      case 'DELETE /faults':
        server.faults.clear();
        return answer(200, { faults: [] });
      case 'POST /damage': {
        const { bucket, key, at } = DAMAGE.parse(body);
        server.damage(bucket, key, at);
        return answer(200, {});
      }
      default:
        return answer(404, { error: `there is no ${what}`, control: CONTROL_HELP.split('\n') });
    }
  } catch (error) {
    answer(400, { error: error instanceof z.ZodError ? z.prettifyError(error) : String(error) });
  }
}
