/**
 * Balances from the bytes of a binary COPY: merchant (uuid), available, pending, reserved (numeric), each
 * amount as an exact count of minor units. Nothing is rounded, and what is unknown is refused by name.
 * https://www.postgresql.org/docs/current/sql-copy.html#id-1.9.3.55.9.4
 */
import { PlumblineError } from '../../../kernel/errors.ts';
import type { Currency } from '../../../kernel/money.ts';
import type { CopyColumn } from '../../../platform/db/port.ts';
import { MAX_AMOUNT, uuidText } from './format.ts';

export const PARTS = ['available', 'pending', 'reserved'] as const;

export const BALANCE_COLUMNS: readonly CopyColumn[] = [
  { name: 'merchant_id', type: 'uuid' },
  ...PARTS.map((name) => ({ name, type: 'numeric' as const })),
];

/** Minor units; a number where it is a safe integer, which nearly all are, and a bigint beyond. */
export type Minor = number | bigint;

/** Called with each row. @param merchant where the 16 bytes of its id begin in `bytes`, which are valid only now */
export type OnBalance = (bytes: Buffer, merchant: number, available: Minor, pending: Minor, reserved: Minor) => void;

const HEAD = 19;
const SIGNATURE = Buffer.from('5047434f50590aff0d0a00', 'hex');
const POSITIVE = 0x0000;
const NEGATIVE = 0x4000;
/** Digits of one word of a numeric. */
const GROUP = 4;
const BASE = 10_000;

/**
 * @param currency its code for messages, and how many decimals an amount may have
 * @param afterPiece awaited between two pieces, so that the work on rows can wait for a disk
 * @throws `proof.balance_unknown`, `proof.excess_precision`, `proof.amount_too_large` (invalid): the
 *   merchant and the column are named
 */
export async function readBalances(
  pieces: AsyncIterable<Uint8Array>,
  currency: Pick<Currency, 'code' | 'decimals'>,
  onBalance: OnBalance,
  afterPiece: () => Promise<void>,
): Promise<void> {
  const parser = new Parser(currency, onBalance);
  let rest: Buffer = Buffer.alloc(0);
  let begun = false;
  for await (const piece of pieces) {
    let bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
    if (rest.length > 0) bytes = Buffer.concat([rest, bytes]);
    let at = 0;
    if (!begun) {
      if (bytes.length < HEAD) {
        rest = bytes;
        continue;
      }
      if (bytes.compare(SIGNATURE, 0, SIGNATURE.length, 0, SIGNATURE.length) !== 0) throw malformed();
      at = HEAD + bytes.readUInt32BE(15);
      begun = true;
    }
    at = parser.parse(bytes, at);
    rest = bytes.subarray(at);
    await afterPiece();
  }
  if (!parser.ended) throw malformed();
}

class Parser {
  ended = false;
  readonly #currency: Pick<Currency, 'code' | 'decimals'>;
  readonly #onBalance: OnBalance;
  /** Words after the point that hold the currency's decimals, and what their count is too large by. */
  readonly #words: number;
  readonly #excess: number;
  /** Of the bytes at hand: reading by it is twice as fast as by the buffer's own methods. */
  #view: DataView = new DataView(new ArrayBuffer(0));
  #rows = 0;

  constructor(currency: Pick<Currency, 'code' | 'decimals'>, onBalance: OnBalance) {
    this.#currency = currency;
    this.#onBalance = onBalance;
    this.#words = Math.ceil(currency.decimals / GROUP);
    this.#excess = 10 ** (this.#words * GROUP - currency.decimals);
  }

  /** Reads the whole rows from `at` on. @returns where the first that is not whole begins */
  parse(bytes: Buffer, from: number): number {
    let at = from;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#view = view;
    while (!this.ended && at + 2 <= bytes.length) {
      const fields = view.getInt16(at);
      if (fields === -1) {
        this.ended = true;
        return at + 2;
      }
      if (fields !== 4) throw malformed();
      const id = at + 2;
      const end = rowEnd(view, id);
      if (end === undefined) return at;
      if (view.getInt32(id) !== 16) throw this.#noMerchant();
      const merchant = id + 4;
      const available = merchant + 16;
      const pending = available + 4 + Math.max(0, view.getInt32(available));
      const reserved = pending + 4 + Math.max(0, view.getInt32(pending));
      this.#onBalance(
        bytes,
        merchant,
        this.#amount(bytes, available, merchant, 0),
        this.#amount(bytes, pending, merchant, 1),
        this.#amount(bytes, reserved, merchant, 2),
      );
      this.#rows += 1;
      at = end;
    }
    return at;
  }

  #amount(bytes: Buffer, field: number, merchant: number, part: number): Minor {
    const view = this.#view;
    const length = view.getInt32(field);
    if (length < 0) throw this.#unknown(bytes, merchant, part, 'NULL');
    const count = view.getUint16(field + 4);
    const weight = view.getInt16(field + 6);
    const sign = view.getUint16(field + 8);
    if (sign !== POSITIVE && sign !== NEGATIVE) throw this.#unknown(bytes, merchant, part, 'not finite');
    const digits = field + 12;
    let units = 0;
    for (let word = 0; word <= weight + this.#words; word += 1) {
      units = units * BASE + (word < count ? view.getUint16(digits + 2 * word) : 0);
    }
    // Words below the last that counts are never all zero: PostgreSQL leaves those out.
    if (count > Math.max(0, weight + this.#words + 1)) throw this.#precise(bytes, merchant, part);
    if (units > Number.MAX_SAFE_INTEGER) return this.#large(bytes, field, merchant, part);
    const minor = units / this.#excess;
    if (!Number.isInteger(minor)) throw this.#precise(bytes, merchant, part);
    return sign === NEGATIVE ? 0 - minor : minor;
  }

  #large(bytes: Buffer, field: number, merchant: number, part: number): bigint {
    const view = this.#view;
    const count = view.getUint16(field + 4);
    const weight = view.getInt16(field + 6);
    let units = 0n;
    for (let word = 0; word <= weight + this.#words; word += 1) {
      units = units * BigInt(BASE) + BigInt(word < count ? view.getUint16(field + 12 + 2 * word) : 0);
    }
    const minor = units / BigInt(this.#excess);
    if (minor * BigInt(this.#excess) !== units) throw this.#precise(bytes, merchant, part);
    if (minor > MAX_AMOUNT) {
      throw new PlumblineError(
        'invalid',
        'proof.amount_too_large',
        `${where(bytes, merchant, part)} is ${minor} minor units of ${this.#currency.code}, and a leaf holds 64 bits; give the proof fewer decimals`,
        { details: details(bytes, merchant, part) },
      );
    }
    return view.getUint16(field + 8) === NEGATIVE ? -minor : minor;
  }

  #noMerchant(): PlumblineError {
    return new PlumblineError(
      'invalid',
      'proof.merchant_unknown',
      `merchant_id is NULL in row ${this.#rows + 1} of the balances; each balance belongs to a merchant`,
      { details: { row: this.#rows + 1 } },
    );
  }

  #unknown(bytes: Buffer, merchant: number, part: number, what: string): PlumblineError {
    return new PlumblineError(
      'invalid',
      'proof.balance_unknown',
      `${where(bytes, merchant, part)} is ${what}; an unknown amount is never taken for zero`,
      { details: details(bytes, merchant, part) },
    );
  }

  #precise(bytes: Buffer, merchant: number, part: number): PlumblineError {
    const { code, decimals } = this.#currency;
    return new PlumblineError(
      'invalid',
      'proof.excess_precision',
      `${where(bytes, merchant, part)} has more than the ${decimals} decimals of ${code}; round it where it comes from`,
      { details: details(bytes, merchant, part) },
    );
  }
}

/** Where the row's four fields end; undefined where its bytes do before. */
function rowEnd(view: DataView, from: number): number | undefined {
  let at = from;
  for (let field = 0; field < 4; field += 1) {
    if (at + 4 > view.byteLength) return undefined;
    at += 4 + Math.max(0, view.getInt32(at));
  }
  return at > view.byteLength ? undefined : at;
}

const merchantOf = (bytes: Buffer, at: number): string => uuidText(bytes.subarray(at, at + 16));
const where = (bytes: Buffer, merchant: number, part: number): string =>
  `"${PARTS[part]}" of merchant ${merchantOf(bytes, merchant)}`;
const details = (bytes: Buffer, merchant: number, part: number) => ({
  merchant: merchantOf(bytes, merchant),
  column: PARTS[part],
});

const malformed = (): PlumblineError =>
  new PlumblineError('internal', 'proof.copy_malformed', 'the database sent balances that are no binary copy');
