/** What the log answers: leaves with what was recorded, days, streams, and proofs that are checked before they are sent. */
import type { Clock } from '../../kernel/clock.ts';
import { PlumblineError } from '../../kernel/errors.ts';
import type { Db } from '../../platform/db/port.ts';
import { leafText } from './log/leaf.ts';
import { outboxLag } from './log/store.ts';
import { nodesOf } from './log/tile-reader.ts';
import * as store from './store.ts';
import { parseCheckpoint } from './tlog/checkpoint.ts';
import { leafHash } from './tlog/hashing.ts';
import { parseNote } from './tlog/note.ts';
import { consistencyProof, inclusionProof, rootAt, verifyConsistency, verifyInclusion } from './tlog/proofs.ts';
import { formatReceipt } from './tlog/receipt.ts';

export interface ReaderDeps {
  readonly db: Db;
  readonly clock: Clock;
  /** Has a checkpoint of at least this size signed; undefined: another process signs, in its own time. */
  readonly publish?: ((size: number) => Promise<unknown>) | undefined;
}

/** A leaf, and what is known of what it stands for. */
export interface ReadEntry {
  readonly leaf: store.LoggedLeaf;
  readonly payload: store.Payload | undefined;
  /** The leaf that says that the payload was forgotten. */
  readonly redactedBy: number | undefined;
}

/** One change of a record. */
export interface Change extends ReadEntry {
  /** What the stream's leaf of this record before it stands for. */
  readonly before: ReadEntry | undefined;
}

export interface Proof {
  readonly size: number;
  readonly root: Uint8Array;
  readonly hashes: readonly Uint8Array[];
}

export interface Page<T> {
  readonly data: readonly T[];
  readonly more: boolean;
}

/** How often somebody who waits for a checkpoint looks, milliseconds. */
const LOOK_MS = 20;

export class AuditReader {
  readonly #deps: ReaderDeps;
  /** The published size never goes back, so that tiles below it need no look. */
  #published = 0;

  constructor(deps: ReaderDeps) {
    this.#deps = deps;
  }

  async log(): Promise<store.Log & { readonly published: store.SignedHead | undefined; readonly waiting: number }> {
    const { sql } = this.#deps.db;
    const published = await store.readPublished(sql);
    return { ...(await this.#log()), published, waiting: (await outboxLag(sql)).waiting };
  }

  /** @throws `audit.entry_unknown` (missing) */
  async entry(index: number): Promise<ReadEntry> {
    const [entry] = await this.#withPayloads(await store.readLeavesAt(this.#deps.db.sql, [index]));
    if (entry !== undefined) return entry;
    const { size } = await this.#log();
    throw new PlumblineError(
      'missing',
      'audit.entry_unknown',
      `there is no leaf ${index}; the log has ${size}, from 0 on`,
    );
  }

  /** Newest first. */
  async entries(query: store.LeafQuery): Promise<Page<store.LoggedLeaf>> {
    return pageOf(await store.findLeaves(this.#deps.db.sql, { ...query, limit: query.limit + 1 }), query.limit);
  }

  /** What became of a record, newest first. @throws `audit.stream_unknown` (missing) */
  async history(
    query: store.LeafQuery & { readonly stream: string; readonly recordId: string },
  ): Promise<Page<Change>> {
    await this.#assertStream(query.stream);
    const leaves = await store.findLeaves(this.#deps.db.sql, { ...query, limit: query.limit + 1 });
    const entries = await this.#withPayloads(leaves);
    return pageOf(
      entries.map((entry, at) => ({ ...entry, before: entries[at + 1] })),
      query.limit,
    );
  }

  streams(): Promise<readonly store.Stream[]> {
    return store.readStreams(this.#deps.db.sql);
  }

  /** Newest first. */
  async days(before: string | undefined, limit: number): Promise<Page<store.Day>> {
    return pageOf(await store.readDays(this.#deps.db.sql, { before, limit: limit + 1 }), limit);
  }

  /** With the checkpoint of exactly that day, once it was signed. @throws `audit.day_unknown` (missing) */
  async day(date: string): Promise<store.Day & { readonly checkpoint: string | undefined }> {
    const { sql } = this.#deps.db;
    const [day] = await store.readDays(sql, { date, limit: 1 });
    if (day !== undefined) return { ...day, checkpoint: (await store.readCheckpoint(sql, day.size))?.note };
    const { openDate } = await this.#log();
    throw new PlumblineError(
      'missing',
      'audit.day_unknown',
      `${date} is not a closed day of this log; its open day is ${openDate}, which ends at midnight`,
    );
  }

  /** @param size of the tree; the whole log unless told. @throws `audit.size_in_future`, `audit.proof_out_of_range` (invalid); `audit.entry_unknown` (missing) */
  async inclusion(index: number, size?: number): Promise<Proof & { readonly leafHash: Uint8Array }> {
    const { sql } = this.#deps.db;
    const of = size ?? (await this.#log()).size;
    await this.#assertSize('size', of);
    const { leaf } = await this.entry(index);
    const nodes = nodesOf(sql, of);
    const [root, hashes] = [await rootAt(nodes, of), await inclusionProof(nodes, index, of)];
    const hash = leafHash(leafText(leaf));
    if (!verifyInclusion(hash, index, of, root, hashes)) throw broken(`leaf ${index} in the log of size ${of}`);
    return { size: of, root, hashes, leafHash: hash };
  }

  /** @throws `audit.size_in_future`, `audit.proof_out_of_range` (invalid) */
  async consistency(from: number, to: number): Promise<Proof & { readonly fromRoot: Uint8Array }> {
    const { sql } = this.#deps.db;
    await this.#assertSize('to', to);
    const nodes = nodesOf(sql, to);
    const hashes = await consistencyProof(nodes, from, to);
    const [fromRoot, root] = [await rootAt(nodesOf(sql, from), from), await rootAt(nodes, to)];
    if (!verifyConsistency(from, fromRoot, to, root, hashes)) throw broken(`size ${from} to size ${to}`);
    return { size: to, root, hashes, fromRoot };
  }

  /** Of the newest checkpoint (c2sp.org/tlog-proof). @throws `audit.not_published_yet` (conflict) */
  async receipt(index: number): Promise<string> {
    const { sql } = this.#deps.db;
    const { leaf } = await this.entry(index);
    const published = await store.readPublished(sql);
    if (published === undefined || published.size <= index) throw notPublished(published?.size ?? 0, index);
    const { size, root } = parseCheckpoint(parseNote(published.note).text);
    const proof = await inclusionProof(nodesOf(sql, size), index, size);
    if (!verifyInclusion(leafHash(leafText(leaf)), index, size, root, proof)) {
      throw broken(`leaf ${index} under the signed checkpoint of size ${size}`);
    }
    return formatReceipt({ index, proof, checkpoint: published.note });
  }

  /** Once a signed checkpoint covers the leaf, its receipt; undefined where none did within the time. */
  async awaitReceipt(index: number, withinMs: number): Promise<string | undefined> {
    const { clock, publish } = this.#deps;
    // What cannot be signed is told of where it is signed; the leaf itself is durable.
    void publish?.(index + 1).catch(() => undefined);
    const end = clock.monotonic() + withinMs;
    while (!(await this.isPublished(index + 1))) {
      if (clock.monotonic() >= end) return undefined;
      await clock.sleep(LOOK_MS);
    }
    return await this.receipt(index);
  }

  checkpoint(): Promise<store.SignedHead | undefined> {
    return store.readPublished(this.#deps.db.sql);
  }

  /** Whether a signed checkpoint covers the first `size` leaves. */
  async isPublished(size: number): Promise<boolean> {
    return size <= this.#published || size <= (await this.publishedSize());
  }

  async publishedSize(): Promise<number> {
    const published = await store.readPublished(this.#deps.db.sql);
    this.#published = Math.max(this.#published, published?.size ?? 0);
    return this.#published;
  }

  async #log(): Promise<store.Log> {
    const log = await store.readLog(this.#deps.db.sql);
    if (log === undefined) throw new PlumblineError('internal', 'audit.no_log', 'the log was not opened');
    return log;
  }

  async #withPayloads(leaves: readonly store.LoggedLeaf[]): Promise<readonly ReadEntry[]> {
    if (leaves.length === 0) return [];
    const indices = leaves.map(({ index }) => index);
    const payloads = await store.readPayloads(this.#deps.db.sql, indices);
    const redactions = await store.readRedactions(this.#deps.db.sql, indices); // after: what is gone by now is said here
    return leaves.map((leaf) => ({
      leaf,
      payload: payloads.get(leaf.index),
      redactedBy: redactions.get(leaf.index),
    }));
  }

  async #assertStream(name: string): Promise<void> {
    const [stream] = await store.readStreams(this.#deps.db.sql, [name]);
    if (stream !== undefined) return;
    throw new PlumblineError(
      'missing',
      'audit.stream_unknown',
      `there is no stream "${name.slice(0, 80)}"; plumbline audit streams lists those that there are`,
    );
  }

  /** @throws `audit.size_in_future` (invalid) */
  async #assertSize(field: string, size: number): Promise<void> {
    const log = await this.#log();
    if (size <= log.size) return;
    throw new PlumblineError(
      'invalid',
      'audit.size_in_future',
      `${field} is ${size}, and the log has ${log.size} leaves: ask for a size that it has reached`,
      { faults: [{ pointer: `query/${field}`, message: `must be ${log.size} at the most` }] },
    );
  }
}

function pageOf<T>(rows: readonly T[], limit: number): Page<T> {
  return { data: rows.slice(0, limit), more: rows.length > limit };
}

/** @param index of the leaf that was asked for */
export const notPublished = (size: number, index?: number): PlumblineError =>
  new PlumblineError(
    'conflict',
    'audit.not_published_yet',
    size === 0
      ? 'no checkpoint of this log was signed yet; ask again shortly, or set its key: docs/operations/audit.md'
      : `the newest signed checkpoint covers ${size} leaves, and leaf ${index} is not among them; ask again shortly`,
    { details: { published_size: size } },
  );

const broken = (what: string): PlumblineError =>
  new PlumblineError(
    'integrity',
    'audit.proof_broken',
    `the proof of ${what} does not verify: the log is damaged; run plumbline audit verify`,
  );
