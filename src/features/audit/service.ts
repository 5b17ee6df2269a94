/** The audit log: what is appended, what it says, and the proofs that nobody rewrote it. */
import { businessDateAt } from '../../kernel/business-date.ts';
import type { Json } from '../../kernel/canonical.ts';
import type { Clock, Random } from '../../kernel/clock.ts';
import { PlumblineError } from '../../kernel/errors.ts';
import { sha256Hex } from '../../kernel/hash.ts';
import type { Db } from '../../platform/db/port.ts';
import type { Entry } from './log/batch.ts';
import { SYSTEM_ACTOR } from './log/day-close.ts';
import type { Appended } from './log/group-commit.ts';
import { assertFields, canonicalRecord } from './log/leaf.ts';
import { Sequencer } from './log/sequencer.ts';
import { assureLog } from './log/store.ts';
import type { LoggedLeaf } from './store.ts';

export interface AuditDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly random: Random;
  /** Names the log in every checkpoint, for as long as it exists. */
  readonly origin: string;
  /** Of its business dates. */
  readonly zone: string;
}

export interface NewEntry {
  readonly stream: string;
  readonly recordId: string;
  readonly op: string;
  readonly actor: string;
  /** What is recorded, or the hash of what is kept elsewhere. */
  readonly content: { readonly record: Json } | { readonly dataHash: string };
  /** Appended once under this key: a second time it is answered with the first leaf. */
  readonly key?: string | undefined;
  /** Whose key it is, where that is somebody else than the actor. */
  readonly caller?: string | undefined;
}

/** Streams of the log itself: nobody else appends there. */
export const isOwnStream = (stream: string): boolean => stream.startsWith('plumbline.');

/** Of a record's canonical JSON. What business transactions say is not held to it: they would fail. */
const MAX_RECORD_BYTES = 65_535;

export class AuditLog {
  readonly #deps: AuditDeps;
  readonly #sequencer: Sequencer;

  constructor(deps: AuditDeps) {
    this.#deps = deps;
    this.#sequencer = new Sequencer(deps);
  }

  /**
   * Makes the log of this database, where it has none.
   * @throws `audit.origin_differs` (invalid): it has one, of another name or zone
   */
  async open(): Promise<void> {
    const { db, clock, origin, zone } = this.#deps;
    const log = await assureLog(db.sql, { origin, zone, openDate: businessDateAt(clock.now(), zone) });
    const faults = [
      log.origin === origin
        ? []
        : { pointer: 'AUDIT_ORIGIN', message: `"${origin}": the log of this database is "${log.origin}"` },
      log.zone === zone
        ? []
        : { pointer: 'AUDIT_ZONE', message: `"${zone}": the days of this log are those of ${log.zone}` },
    ].flat();
    if (faults.length === 0) return;
    const message = `${faults.map((fault) => `${fault.pointer} is ${fault.message}`).join('; ')}; a log keeps its name and its days for good`;
    throw new PlumblineError('invalid', 'audit.origin_differs', message, { faults });
  }

  /**
   * Resolves when the leaf is durable.
   * @throws `audit.entry_malformed`, `audit.entry_too_large`, `audit.record_not_canonical`, `audit.stream_own`,
   * `audit.stream_unknown`, `audit.key_reused` (invalid)
   */
  async append(entry: NewEntry): Promise<Appended> {
    return this.#sequencer.append(appendable(entry));
  }

  /** Forgets the payloads of leaves; the leaf that says so is the answer. It is appended in the same transaction. */
  redact(indices: readonly number[], recordId: string, actor: string, record: Json): Promise<LoggedLeaf> {
    const fields = { stream: 'plumbline.redactions', recordId, op: 'redact', actor };
    return this.#sequencer.redact(indices, entryOf({ ...fields, content: { record } }));
  }

  /** Something that Plumbline itself did. @throws as `append` */
  async record(recordId: string, op: string, record: Json, key?: string): Promise<Appended> {
    const fields = { stream: 'plumbline.operations', recordId, op, actor: SYSTEM_ACTOR, key };
    return this.#sequencer.append(entryOf({ ...fields, content: { record } }));
  }

  /** What Plumbline was configured with, a part of it. @throws as `append` */
  async configured(recordId: string, record: Json): Promise<Appended> {
    const fields = { stream: 'plumbline.configuration', recordId, op: 'configure', actor: SYSTEM_ACTOR };
    return this.#sequencer.append(entryOf({ ...fields, content: { record } }));
  }

  /** What business transactions have said becomes leaves. @returns how many */
  drain(): Promise<number> {
    return this.#sequencer.drain();
  }

  /** Everything that business transactions have said until now is leaves after this, whoever makes them. */
  async drainAll(): Promise<void> {
    while ((await this.#sequencer.drain('wait')) > 0);
  }

  /** Closes the days that have ended. @returns how many */
  closeDays(): Promise<number> {
    return this.#sequencer.closeDays();
  }
}

/** What others may append, checked. @throws as `append`, but for what only the log knows */
export function appendable(entry: NewEntry): Entry {
  const checked = entryOf(entry);
  if (isOwnStream(entry.stream)) {
    throw new PlumblineError(
      'invalid',
      'audit.stream_own',
      `the stream "${entry.stream}" is the log's own; append to another one`,
      { faults: [{ pointer: '/stream', message: 'must not begin with "plumbline."' }] },
    );
  }
  const bytes = checked.content.kind === 'record' ? Buffer.byteLength(checked.content.record) : 0;
  if (bytes <= MAX_RECORD_BYTES) return checked;
  throw new PlumblineError(
    'invalid',
    'audit.entry_too_large',
    `the record has ${bytes} bytes of canonical JSON; ${MAX_RECORD_BYTES} are the most: keep it elsewhere, and append its hash as data_hash`,
    { faults: [{ pointer: '/record', message: `must not be larger than ${MAX_RECORD_BYTES} bytes` }] },
  );
}

function entryOf({ content, key, caller, ...fields }: NewEntry): Entry {
  assertFields(fields);
  return {
    ...fields,
    ...(key === undefined ? {} : { idem: idemOf(caller ?? fields.actor, key) }),
    content:
      'dataHash' in content
        ? { kind: 'hash', dataHash: sha256Text(content.dataHash) }
        : { kind: 'record', record: canonicalRecord(content.record) },
  };
}

function sha256Text(text: string): string {
  if (/^[0-9a-f]{64}$/.test(text)) return text;
  throw new PlumblineError(
    'invalid',
    'audit.data_hash_malformed',
    `data_hash "${text.slice(0, 70)}" is not a SHA-256: 64 lower-case hexadecimal digits`,
    { faults: [{ pointer: '/data_hash', message: 'must be 64 lower-case hexadecimal digits' }] },
  );
}

/** A key is its caller's own: two of them may use the same. */
export const idemOf = (actor: string, key: string): string => sha256Hex(`${actor}\n${key}`).slice(0, 32);
