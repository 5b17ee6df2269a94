/** Streams: one for each kind of record, whose leaves are chained. */
import { PlumblineError } from '../../kernel/errors.ts';
import type { Db } from '../../platform/db/port.ts';
import { assureStream } from './log/store.ts';
import { type AuditLog, isOwnStream } from './service.ts';
import { readStreams } from './store.ts';

export interface NewStream {
  readonly name: string;
  readonly salted: boolean;
  readonly actor: string;
}

/** @throws `audit.stream_malformed` (invalid), `audit.stream_differs` (conflict) */
export async function createStream(
  { log, db }: { readonly log: AuditLog; readonly db: Db },
  { name, salted, actor }: NewStream,
): Promise<{ readonly name: string; readonly salted: boolean; readonly created: boolean }> {
  if (!/^[a-z][a-z0-9_.]{0,63}$/.test(name) || isOwnStream(name)) {
    throw new PlumblineError(
      'invalid',
      'audit.stream_malformed',
      `"${name.slice(0, 80)}" is no name of a stream: 1 to 64 of a-z, 0-9, "_" and ".", not beginning with "plumbline."`,
      { faults: [{ pointer: '/name', message: 'must be such as "payments"' }] },
    );
  }
  const [before] = await readStreams(db.sql, [name]);
  if (before === undefined) {
    await assureStream(db.sql, name, salted);
    await log.record(name, 'stream', { salted, by: actor });
    return { name, salted, created: true };
  }
  if (before.salted === salted) return { name, salted, created: false };
  throw new PlumblineError(
    'conflict',
    'audit.stream_differs',
    `there is a stream "${name}", which is ${before.salted ? '' : 'not '}salted; that stays as it is`,
  );
}
