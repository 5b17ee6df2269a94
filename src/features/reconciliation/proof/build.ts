/**
 * From balances to the tree: leaves are hashed as the rows come and put aside; then they are sorted, the
 * tree is built over them, and the leaf file comes out piece by piece. Memory does not grow with the
 * number of merchants, time does: salt, leaf and nodes are 6 compressions of SHA-256 a merchant.
 */
import { PlumblineError } from '../../../kernel/errors.ts';
import type { Currency } from '../../../kernel/money.ts';
import { type Minor, PARTS, readBalances } from './balances.ts';
import { ENTRY, type Entry, FORMAT, type Run, TYPE, uuidText } from './format.ts';
import { BATCH } from './hasher/batch.ts';
import { hasherOf, type RunHasher } from './hasher/hasher.ts';
import { RECORD, ROW } from './hasher/sha256x4.ts';
import { bucketOf, DIRECTORY, FIND, headOf } from './leaf-file.ts';
import { splitAmounts } from './split.ts';
import { Scratch, Spool, wordsOf } from './spool.ts';
import { TreeBuilder } from './tree.ts';

/** A part of a balance below zero. */
export interface Negative {
  readonly merchant: string;
  readonly part: (typeof PARTS)[number];
  readonly minor: bigint;
}

export interface Negatives {
  /** Parts below zero of all merchants. */
  readonly count: number;
  readonly merchants: number;
  /** Of all those parts, minor units, 0 or less. */
  readonly total: bigint;
  /** The first 1,000 in the order in which the database gave them. */
  readonly listed: readonly Negative[];
}

export interface BuildOptions {
  readonly run: Run;
  readonly runKey: Uint8Array;
  readonly currency: Pick<Currency, 'code' | 'decimals'>;
  /** Leaves a merchant, 1 to 16. */
  readonly split: number;
  /** Folder for what does not fit into memory: about 120 bytes a leaf. */
  readonly scratch: string;
}

const LISTED = 1_000;
/** Keys: a leaf's hash; a find's salt and part. */
const HASH = 32;
const TAG = 8;
/** Numbers are added as such up to this: far below where a double loses a unit. */
const CARRY = 2 ** 52;

/** The leaves of one run, hashed and put aside. Use it once, and close it. */
export class Leaves {
  readonly #options: BuildOptions;
  readonly #hasher: RunHasher;
  readonly #rows: Uint8Array;
  readonly #view: DataView;
  readonly #records: Spool;
  readonly #finds: Spool;
  readonly #listed: Negative[] = [];
  readonly #negatives = { count: 0, merchants: 0, total: 0n };
  #pending = 0;
  #merchants = 0;
  #total = 0n;
  #small = 0;
  readonly #clashes: Uint8Array[] = [];

  constructor(options: BuildOptions) {
    const { run, runKey, scratch } = options;
    const name = Buffer.from(run.tag).toString('hex');
    this.#options = options;
    this.#hasher = hasherOf(run, runKey);
    const { rows } = this.#hasher;
    this.#rows = rows;
    this.#view = new DataView(rows.buffer, rows.byteOffset, rows.byteLength);
    this.#records = new Spool(scratch, `pol-${name}-leaves`, RECORD);
    this.#finds = new Spool(scratch, `pol-${name}-finds`, FIND);
  }

  /**
   * Hashes all balances of a binary COPY. Nothing of the database is needed afterwards.
   * @throws what readBalances throws
   */
  async read(copy: AsyncIterable<Uint8Array>): Promise<void> {
    await readBalances(
      copy,
      this.#options.currency,
      (bytes, merchant, available, pending, reserved) => this.#balance(bytes, merchant, [available, pending, reserved]),
      () => this.#records.settle(),
    );
    this.#hash();
    this.#total += BigInt(this.#small);
    this.#small = 0;
  }

  get merchants(): number {
    return this.#merchants;
  }

  get count(): number {
    return this.#records.count;
  }

  /** What all leaves add up to, minor units: known before the tree is. */
  get total(): bigint {
    return this.#total;
  }

  get negatives(): Negatives {
    return { ...this.#negatives, listed: this.#listed };
  }

  /**
   * The leaf file, whose pieces are valid until the next is asked for; `onRoot` is told the root on the way.
   * @throws `proof.duplicate_merchant` (invalid) where two leaves are the same one
   */
  async *file(onRoot: (root: Entry) => void): AsyncIterable<Uint8Array> {
    const { run } = this.#options;
    const tree = new TreeBuilder(this.#hasher, run);
    yield headOf(run.tag, this.count);
    let index = 0;
    let last: Uint8Array = new Uint8Array(0);
    const scratch = new Scratch();
    const find = new Uint32Array(FIND / 4);
    const findView = new DataView(find.buffer);
    for await (const records of this.#records.sorted(HASH)) {
      const entries = scratch.bytes((records.length / RECORD) * ENTRY);
      const [from, to] = [wordsOf(records), wordsOf(entries)];
      for (let record = 0, entry = 0; record < from.length; record += RECORD / 4, entry += ENTRY / 4) {
        for (let n = 0; n < 12; n += 1) to[entry + n] = from[record + n] ?? 0;
        find[0] = from[record + 12] ?? 0;
        find[1] = from[record + 13] ?? 0;
        findView.setUint32(8, index);
        for (let n = 3; n < 9; n += 1) find[n] = from[record + 11 + n] ?? 0;
        this.#finds.add(find, 0);
        index += 1;
      }
      assertAscending(last, entries);
      last = Uint8Array.from(entries.subarray(-ENTRY));
      tree.push(entries);
      await this.#finds.settle();
      yield entries;
    }
    onRoot(tree.finish());
    yield* tree.kept();
    yield* this.#findsWithDirectory();
  }

  /**
   * Beginnings of salts that two finds of one part share, once `file` has ended: the same merchant twice,
   * or, once in a thousand runs of ten million, chance. The first few.
   */
  get clashes(): readonly Uint8Array[] {
    return this.#clashes;
  }

  async close(): Promise<void> {
    await this.#records.close();
    await this.#finds.close();
  }

  async *#findsWithDirectory(): AsyncIterable<Uint8Array> {
    const directory = Buffer.alloc((DIRECTORY + 1) * 4);
    const counts = new Uint32Array(DIRECTORY);
    for await (const finds of this.#finds.sorted(TAG)) {
      const words = wordsOf(finds);
      for (let at = 0; at < words.length; at += FIND / 4) {
        const bucket = bucketOf(finds, at * 4);
        counts[bucket] = (counts[bucket] ?? 0) + 1;
        if (words[at] !== words[at - FIND / 4] || words[at + 1] !== words[at + 1 - FIND / 4]) continue;
        if (this.#clashes.length < 10) this.#clashes.push(finds.slice(at * 4, at * 4 + TAG));
      }
      yield finds;
    }
    let before = 0;
    for (const [bucket, count] of counts.entries()) {
      before += count;
      directory.writeUInt32BE(before, (bucket + 1) * 4);
    }
    yield directory;
  }

  #balance(bytes: Buffer, merchant: number, amounts: [Minor, Minor, Minor]): void {
    this.#merchants += 1;
    if (amounts[0] < 0 || amounts[1] < 0 || amounts[2] < 0) this.#refuse(bytes, merchant, amounts);
    const { split, runKey } = this.#options;
    if (split === 1) {
      this.#row(bytes, merchant, 0, amounts[0], amounts[1], amounts[2]);
      return;
    }
    const [available, pending, reserved] = [BigInt(amounts[0]), BigInt(amounts[1]), BigInt(amounts[2])];
    const id = bytes.subarray(merchant, merchant + 16);
    for (const [part, each] of splitAmounts({ available, pending, reserved }, split, runKey, id).entries()) {
      this.#row(bytes, merchant, part, each.available, each.pending, each.reserved);
    }
  }

  /** A debt to us lessens nothing that is owed to others: it is listed, and counts as zero. */
  #refuse(bytes: Buffer, merchant: number, amounts: [Minor, Minor, Minor]): void {
    this.#negatives.merchants += 1;
    for (const [n, amount] of amounts.entries()) {
      if (amount >= 0) continue;
      const minor = BigInt(amount);
      this.#negatives.count += 1;
      this.#negatives.total += minor;
      const part = PARTS[n] ?? 'available';
      if (this.#listed.length < LISTED) {
        this.#listed.push({ merchant: uuidText(bytes.subarray(merchant, merchant + 16)), part, minor });
      }
      amounts[n] = 0;
    }
  }

  #row(bytes: Buffer, merchant: number, part: number, available: Minor, pending: Minor, reserved: Minor): void {
    const rows = this.#rows;
    const at = this.#pending * ROW;
    for (let n = 0; n < 16; n += 1) rows[at + n] = bytes[merchant + n] ?? 0;
    this.#amount(at + 16, available);
    this.#amount(at + 24, pending);
    this.#amount(at + 32, reserved);
    this.#view.setUint32(at + 40, WORD + part);
    this.#pending += 1;
    if (this.#pending === BATCH) this.#hash();
  }

  #amount(at: number, amount: Minor): void {
    if (typeof amount === 'bigint') {
      this.#view.setBigUint64(at, amount);
      this.#total += amount;
      return;
    }
    const high = Math.floor(amount / 2 ** 32);
    this.#view.setUint32(at, high);
    this.#view.setUint32(at + 4, amount - high * 2 ** 32);
    if (this.#small + amount > CARRY) {
      this.#total += BigInt(this.#small);
      this.#small = 0;
    }
    if (amount > CARRY) this.#total += BigInt(amount);
    else this.#small += amount;
  }

  #hash(): void {
    const records = wordsOf(this.#hasher.leaves(this.#pending));
    for (let from = 0; from < records.length; from += RECORD / 4) this.#records.add(records, from);
    this.#pending = 0;
  }
}

/** The second word of a leaf's prefix: the format's last two letters, its type, its part. */
const WORD = Buffer.concat([Buffer.from(FORMAT.slice(-2)), Uint8Array.of(TYPE.leaf, 0)]).readUInt32BE(0);

/** Two leaves of one hash are one leaf, shown to two. */
function assertAscending(last: Uint8Array, entries: Buffer): void {
  const view = new DataView(entries.buffer, entries.byteOffset, entries.byteLength);
  for (let at = 0; at < entries.length; at += ENTRY) {
    if (at === 0 ? last.length === 0 : view.getUint32(at) !== view.getUint32(at - ENTRY)) continue;
    const before = at === 0 ? last.subarray(0, HASH) : entries.subarray(at - ENTRY, at - ENTRY + HASH);
    if (entries.compare(before, 0, HASH, at, at + HASH) > 0) continue;
    throw new PlumblineError(
      'invalid',
      'proof.duplicate_merchant',
      'two leaves are the same: a merchant is in the balances twice',
    );
  }
}
