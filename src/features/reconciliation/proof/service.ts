/** Proofs of liabilities: made with a report, kept with it, given to each merchant. */
import type { BusinessDate } from '../../../kernel/business-date.ts';
import { canonicalJson } from '../../../kernel/canonical.ts';
import type { Clock, Random } from '../../../kernel/clock.ts';
import { isPlumblineError, messageOf, PlumblineError } from '../../../kernel/errors.ts';
import { newId, type ReconciliationId } from '../../../kernel/ids.ts';
import { type Currency, formatMoney, money } from '../../../kernel/money.ts';
import { sqlState } from '../../../platform/db/errors.ts';
import type { Db, Tx } from '../../../platform/db/port.ts';
import type { ObjectStore } from '../../../platform/objects/port.ts';
import { hasHistory } from '../store-cut.ts';
import { PARTS } from './balances.ts';
import { Leaves, type Negatives } from './build.ts';
import { ENTRY, type Entry, headerHash, MAX_PARTS, type Run, runKeyOf, runTagOf } from './format.ts';
import { GENESIS, HEADER, type Header } from './header.ts';
import { placesOf } from './leaf-file.ts';
import { type Proof, parseProof } from './proof.ts';
import { proveBalance } from './prove.ts';
import { publicationHead, publicationLines } from './publication.ts';
import type { ProofSecrets } from './secrets.ts';
import type { ProofId, ProofRow } from './store.ts';
import * as store from './store.ts';

export interface ProofDeps {
  /** Plumbline's own database. */
  readonly db: Db;
  readonly objects: ObjectStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly secrets: ProofSecrets;
  /** Folder for what does not fit into memory while a tree is built: about 120 bytes a merchant. */
  readonly scratch: string;
}

export interface ProofRequest {
  readonly reportId: ReconciliationId;
  readonly book: string;
  readonly businessDate: BusinessDate;
  /** The query is answered as of this instant, where it names `:cut`; undefined: as of the snapshot. */
  readonly cut: Date | undefined;
  /** Its code, at the most 8 characters, and the decimals that amounts have: a leaf's amount is 64 bits. */
  readonly currency: Currency;
  /** One SELECT with the columns merchant_id (uuid), available, pending and reserved (numeric), a row a merchant. */
  readonly query: string;
  /** Leaves a merchant, 1 to 16; 1 unless told. */
  readonly split?: number;
  /** Without the leaf file no merchant's proof and no publication can be made later; it is kept unless told. */
  readonly keep?: boolean;
}

/** The tree over the balances of one snapshot: all of the header but what only the report knows. */
export interface BuiltProof {
  readonly header: Omit<Header, 'seq' | 'prev' | 'ratesHash' | 'reportHash'>;
  readonly currency: Currency;
  readonly reportId: ReconciliationId;
  readonly merchants: number;
  readonly negatives: Negatives;
  readonly leafFile: string | null;
}

/** Pages of a publication: 3 MiB of text. */
const PAGE = 49_152;
const EXACT = new Set(['numeric', 'bigint', 'integer', 'smallint']);

export class ProofOfLiabilities {
  readonly #deps: ProofDeps;

  constructor(deps: ProofDeps) {
    this.#deps = deps;
  }

  /** Ed25519, base64: what verifiers are given, and take from nowhere else. */
  get publicKey(): string {
    return this.#deps.secrets.signer.publicKey;
  }

  /**
   * Reads all balances in the report's own snapshot, builds the tree and keeps the leaf file. What fails is
   * undone in the transaction, so that the report can go on without a proof.
   * @param platform the database of `tx`
   * @throws `proof.*` (invalid) naming merchant and column
   */
  async build(platform: Db, tx: Tx, request: ProofRequest): Promise<BuiltProof> {
    const { secrets, scratch } = this.#deps;
    const { book, businessDate, currency, query, reportId, split = 1 } = request;
    assertFits(currency, split);
    const cut = hasHistory(query) ? request.cut : undefined;
    const run: Run = { tag: runTagOf(book, businessDate, currency.code, reportId), asset: currency.code };
    const runKey = runKeyOf(secrets.secret, businessDate, currency.code);
    const leaves = new Leaves({ run, runKey, currency, split, scratch });
    try {
      const snapshot = await store.snapshotOf(tx);
      await store.undoable(tx, async () => {
        assertTypes(await readable(() => store.typesOf(tx, query, cut)));
        await readable(() => leaves.read(store.copyBalances(platform, tx, query, cut)));
      });
      const { root, leafFile } = await this.#write(leaves, request, () => this.#duplicates(tx, query, cut));
      return {
        header: {
          v: 'pol/v1',
          book,
          businessDate,
          asset: currency.code,
          decimals: currency.decimals,
          cut: cut?.toISOString() ?? null,
          report: reportId,
          runTag: Buffer.from(run.tag).toString('hex'),
          leaves: leaves.count,
          split,
          total: root.sum.toString(),
          digest: Buffer.from(root.hash).toString('hex'),
          negatives: { merchants: leaves.negatives.merchants, total: leaves.negatives.total.toString() },
          snapshot,
        },
        currency,
        reportId,
        merchants: leaves.merchants,
        negatives: leaves.negatives,
        leafFile,
      };
    } finally {
      await leaves.close();
    }
  }

  /**
   * Signs the header as the next of its chain and stores it, in the report's transaction on Plumbline's own
   * database; the audit log's entry is in it as well.
   */
  async record(
    tx: Tx,
    built: BuiltProof,
    hashes: { readonly ratesHash: string | null; readonly reportHash: string | null },
  ): Promise<ProofRow> {
    const { clock, random, secrets } = this.#deps;
    const { book, asset } = built.header;
    const head = await store.lockHead(tx, book, asset);
    const header: Header = HEADER.parse({
      ...built.header,
      ...hashes,
      seq: head === undefined ? 0 : head.seq + 1,
      prev: head?.header_hash ?? GENESIS,
    });
    const amount = (minor: bigint): string => formatMoney(money(built.currency, minor));
    const row: ProofRow = {
      id: newId<'liability-proof'>(clock, random),
      report_id: built.reportId,
      book,
      asset,
      business_date: header.businessDate as BusinessDate,
      seq: header.seq,
      header: canonicalJson({ ...header }),
      header_hash: headerHash(header),
      prev: header.prev,
      signature: secrets.signer.sign(header),
      public_key: secrets.signer.publicKey,
      digest: header.digest,
      leaves: BigInt(header.leaves),
      merchants: BigInt(built.merchants),
      total: amount(BigInt(header.total)),
      negative_count: BigInt(built.negatives.count),
      negative_total: amount(built.negatives.total),
      negatives: built.negatives.listed.map(({ merchant, part, minor }) => ({ merchant, part, amount: amount(minor) })),
      leaf_file: built.leafFile,
      created_at: new Date(clock.now()),
    };
    await store.insertProof(tx, row);
    return row;
  }

  /** @throws `proof.unknown` (missing) */
  async get(id: ProofId): Promise<ProofRow> {
    const row = await store.findById(this.#deps.db.sql, id);
    if (row === undefined) throw new PlumblineError('missing', 'proof.unknown', `there is no liability proof ${id}`);
    return row;
  }

  /** The newest of a business date. @throws `proof.unknown` (missing) */
  async getForDate(book: string, asset: string, date: BusinessDate): Promise<ProofRow> {
    const row = await store.findByDate(this.#deps.db.sql, book, asset, date);
    if (row !== undefined) return row;
    throw new PlumblineError('missing', 'proof.unknown', `book ${book} has no liability proof in ${asset} for ${date}`);
  }

  /** A chain's headers, newest first. */
  async list(
    book: string,
    asset: string,
    page: { readonly limit: number; readonly before?: number },
  ): Promise<readonly ProofRow[]> {
    return store.listProofs(this.#deps.db.sql, book, asset, page);
  }

  /**
   * For that merchant alone: it holds the salt.
   * @throws `proof.unknown`, `proof.no_balance`, `proof.not_kept` (missing); `proof.file_corrupt` (integrity)
   */
  async proofFor(id: ProofId, merchant: string): Promise<Proof> {
    const row = await this.get(id);
    const header = headerOf(row);
    const file = { objects: this.#deps.objects, key: leafFileOf(row), header };
    const runKey = runKeyOf(this.#deps.secrets.secret, header.businessDate, header.asset);
    const { salt, parts } = await proveBalance(file, runKey, merchant);
    const sorted = [...parts].sort((a, b) => a.part - b.part);
    return parseProof(
      JSON.stringify({ format: 'pol/v1 proof', header, signature: row.signature, merchant, salt, parts: sorted }),
    );
  }

  /**
   * The publication's text: its head, where `first` is 0, and leaves from there on.
   * @param count all from there on unless told
   * @throws `proof.unknown`, `proof.not_kept` (missing)
   */
  async *publication(id: ProofId, first = 0, count = Number.POSITIVE_INFINITY): AsyncIterable<string> {
    const row = await this.get(id);
    const key = leafFileOf(row);
    const header = headerOf(row);
    const [level] = placesOf(header.leaves).levels;
    const end = Math.min(header.leaves, first + count);
    if (first === 0) yield publicationHead(row.header, row.signature);
    for (let at = first; at < end; at += PAGE) {
      const length = Math.min(PAGE, end - at) * ENTRY;
      yield publicationLines(await this.#deps.objects.getRange(key, (level?.offset ?? 0) + at * ENTRY, length));
    }
  }

  /**
   * Counts a merchant who has verified; the second time changes nothing.
   * @throws `proof.no_balance` (missing): nobody is counted who is not in the tree
   */
  async markVerified(
    id: ProofId,
    merchant: string,
    by: string,
  ): Promise<{ readonly merchants: number; readonly verified: number }> {
    const { db, clock } = this.#deps;
    await this.proofFor(id, merchant);
    await db.transaction({}, (tx) =>
      store.insertVerification(tx, {
        proof_id: id,
        merchant_id: merchant,
        verified_by: by,
        verified_at: new Date(clock.now()),
      }),
    );
    return this.verified(id);
  }

  /** How many have verified, of how many: what was left out is found by them alone. */
  async verified(id: ProofId): Promise<{ readonly merchants: number; readonly verified: number }> {
    const { merchants } = await this.get(id);
    return { merchants: Number(merchants), verified: await store.countVerified(this.#deps.db.sql, id) };
  }

  async #write(
    leaves: Leaves,
    { book, businessDate, reportId, currency, keep = true }: ProofRequest,
    duplicates: () => Promise<void>,
  ): Promise<{ readonly root: Entry; readonly leafFile: string | null }> {
    let root: Entry | undefined;
    async function* file(): AsyncIterable<Uint8Array> {
      yield* leaves.file((found) => {
        root = found;
      });
      if (leaves.clashes.length > 0) await duplicates();
    }
    const key = `liability-proofs/${book}/${businessDate}/${reportId}-${currency.code}`;
    try {
      if (keep) await this.#deps.objects.put(key, file());
      else for await (const _ of file());
    } catch (error) {
      if (isPlumblineError(error) && error.code === 'proof.duplicate_merchant') await duplicates();
      throw error;
    }
    if (root === undefined || root.sum !== leaves.total) {
      throw new PlumblineError('internal', 'proof.sum', 'the tree does not add up to what its leaves add up to');
    }
    return { root, leafFile: keep ? key : null };
  }

  async #duplicates(tx: Tx, query: string, cut: Date | undefined): Promise<void> {
    const merchants = await store.duplicateMerchants(tx, query, cut);
    if (merchants.length === 0) return; // salts that begin alike by chance
    throw new PlumblineError(
      'invalid',
      'proof.duplicate_merchant',
      `the balances have more than one row of ${merchants.join(', ')}; a merchant has one balance`,
      { details: { merchants } },
    );
  }
}

/** What the database says of a failed query, as an error of ours. */
async function readable<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (sqlState(error) === undefined || isPlumblineError(error)) throw error;
    throw new PlumblineError(
      'invalid',
      'proof.query_failed',
      `the balances could not be read: ${messageOf(error)}; the query is one SELECT with merchant_id, available, pending and reserved`,
      { cause: error },
    );
  }
}

function assertFits(currency: Currency, split: number): void {
  if (currency.code.length > 8) {
    throw new PlumblineError(
      'invalid',
      'proof.asset_too_long',
      `"${currency.code}" has more than the 8 characters of a leaf`,
    );
  }
  if (!Number.isInteger(split) || split < 1 || split > MAX_PARTS) {
    throw new PlumblineError('invalid', 'proof.split', `split is ${split}; a balance has 1 to ${MAX_PARTS} parts`);
  }
}

function assertTypes(types: Readonly<Record<string, string>>): void {
  for (const column of PARTS) {
    const type = types[column] ?? 'unknown';
    if (EXACT.has(type)) continue;
    throw new PlumblineError(
      'invalid',
      'proof.inexact',
      `column "${column}" of the balances is ${type}, which is not exact; cast it to numeric where it comes from`,
      { details: { column, type } },
    );
  }
}

const headerOf = (row: ProofRow): Header => HEADER.parse(JSON.parse(row.header));

function leafFileOf({ id, leaf_file: file }: ProofRow): string {
  if (file !== null) return file;
  throw new PlumblineError('missing', 'proof.not_kept', `the leaves of ${id} were not kept`);
}
