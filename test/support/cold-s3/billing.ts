/** What the account would owe: each request, and each byte for as long as it was stored. */
import { type Class, isArchived, type Tier } from './glacier.ts';
import type { Version } from './model.ts';
import { GB, LEAST_DAYS, MONTH_MS, type Nano, OVERHEAD, PRICED, READ, RETRIEVAL, STORAGE, WRITE } from './prices.ts';

export interface BilledRequest {
  readonly atMs: number;
  readonly operation: string;
  readonly bucket: string;
  readonly key: string;
  readonly status: number;
  readonly bytesOut: number;
}

export interface BillLine {
  readonly what: string;
  readonly quantity: string;
  /** Dollars, as an exact decimal. */
  readonly usd: string;
}

export interface Statement {
  readonly region: string;
  readonly pricesAsOf: string;
  readonly lines: readonly BillLine[];
  readonly totalUsd: string;
}

interface Stay {
  readonly storageClass: Class;
  readonly bytes: bigint;
  readonly fromMs: number;
  toMs: number | undefined;
  /** It was archived, and so has an overhead and a least stay. */
  readonly archived: boolean;
}

/** Batch jobs have prices of their own, which are not among ours. */
const FREE = new Set(['BatchJob', 'DeleteObject', 'DeleteObjects', 'DeleteBucket', 'AbortMultipartUpload']);
const WRITES = new Set(['PutObject', 'CopyObject', 'CreateMultipartUpload', 'UploadPart', 'CompleteMultipartUpload']);
const LISTS = /^List|^CreateBucket$|^Put/;

/** What was counted, and what it costs. */
interface Charge {
  count: bigint;
  nano: Nano;
}

export class Bill {
  readonly requests: BilledRequest[] = [];
  readonly #stays = new Map<Version, Stay>();
  readonly #ended: Stay[] = [];
  readonly #copies = new Map<Version, Stay>();
  readonly #charges = new Map<string, Charge>();

  stored(_bucket: string, version: Version): void {
    if (version.blob === undefined) return;
    this.#stays.set(version, {
      storageClass: version.storageClass,
      bytes: BigInt(version.blob.size),
      fromMs: version.modifiedMs,
      toMs: undefined,
      archived: isArchived(version),
    });
  }

  deleted(version: Version, atMs?: number): void {
    const stay = this.#stays.get(version);
    if (stay === undefined) return;
    stay.toMs = atMs ?? this.#now();
    const copy = this.#copies.get(version);
    if (copy !== undefined) copy.toMs = Math.min(copy.toMs ?? stay.toMs, Math.max(stay.toMs, copy.fromMs));
    this.#stays.delete(version);
    this.#ended.push(stay);
  }

  readonly #now: () => number;
  constructor(now: () => number) {
    this.#now = now;
  }

  /** A request that was answered; a refusal by the client's fault is charged as well, one of the server's not. */
  request(request: BilledRequest, storageClass: Class = 'STANDARD'): void {
    this.requests.push(request);
    const { operation, status } = request;
    if (status >= 500 || FREE.has(operation) || operation === 'RestoreObject') return;
    if (WRITES.has(operation)) this.#charge(`requests: writes ${storageClass}`, 1n, WRITE[storageClass]);
    else if (LISTS.test(operation)) this.#charge('requests: writes STANDARD', 1n, WRITE.STANDARD);
    else this.#charge('requests: reads', 1n, READ);
  }

  /** A restore that was taken on: its request, and its bytes. */
  retrieval(storageClass: Class, tier: Tier, bytes: number): void {
    const price = RETRIEVAL[storageClass]?.[tier];
    if (price === undefined) return;
    this.#charge(`requests: restores ${storageClass} ${tier}`, 1n, price.request);
    this.#charge(`retrieval ${storageClass} ${tier}, bytes`, BigInt(bytes), (BigInt(bytes) * price.gigabyte) / GB);
  }

  /** A readable copy from one instant to another, at the price of STANDARD; its end may still move. */
  copyUntil(version: Version, bytes: number, fromMs: number, toMs: number): void {
    const last = this.#copies.get(version);
    if (last?.fromMs === fromMs) {
      last.toMs = toMs;
      return;
    }
    // One that was on its way gives way to a faster one; one that expired was stored all its time.
    if (last !== undefined && last.fromMs > this.#now()) last.toMs = last.fromMs;
    const copy: Stay = { storageClass: 'STANDARD', bytes: BigInt(bytes), fromMs, toMs, archived: false };
    this.#copies.set(version, copy);
    this.#ended.push(copy);
  }

  /** Of everything up to now. */
  statement(): Statement {
    const now = this.#now();
    const charges = new Map([...this.#charges].map(([what, { count, nano }]) => [what, { count, nano }]));
    const add = (what: string, count: bigint, nano: Nano): void => {
      const charge = charges.get(what) ?? { count: 0n, nano: 0n };
      charges.set(what, { count: charge.count + count, nano: charge.nano + nano });
    };
    for (const stay of [...this.#ended, ...this.#stays.values()]) {
      const end = Math.min(stay.toMs ?? now, now);
      const ms = BigInt(Math.max(0, Math.floor(end - stay.fromMs)));
      add(`storage ${stay.storageClass}, byte-months`, (stay.bytes * ms) / MONTH_MS, stored(stay, stay.bytes, ms));
      if (stay.archived) {
        add(`overhead of ${stay.storageClass}, bytes`, OVERHEAD.atClass + OVERHEAD.atStandard, overhead(stay, ms));
      }
      const least = (LEAST_DAYS[stay.storageClass] ?? 0n) * 86_400_000n;
      if (stay.toMs !== undefined && stay.toMs <= now && ms < least) {
        const rest = least - ms;
        const extra = stored(stay, stay.bytes, rest) + (stay.archived ? overhead(stay, rest) : 0n);
        add(`deleted early ${stay.storageClass}, byte-months`, (stay.bytes * rest) / MONTH_MS, extra);
      }
    }
    const lines = [...charges].sort(([a], [b]) => (a < b ? -1 : 1));
    return {
      region: PRICED.region,
      pricesAsOf: PRICED.asOf,
      lines: lines.map(([what, { count, nano }]) => ({ what, quantity: count.toString(), usd: usd(nano) })),
      totalUsd: usd(lines.reduce((sum, [, { nano }]) => sum + nano, 0n)),
    };
  }

  #charge(what: string, count: bigint, nano: Nano): void {
    const charge = this.#charges.get(what) ?? { count: 0n, nano: 0n };
    this.#charges.set(what, { count: charge.count + count, nano: charge.nano + nano });
  }
}

const stored = ({ storageClass }: Stay, bytes: bigint, ms: bigint): Nano =>
  (bytes * ms * STORAGE[storageClass]) / (GB * MONTH_MS);

const overhead = ({ storageClass }: Stay, ms: bigint): Nano =>
  (ms * (OVERHEAD.atClass * STORAGE[storageClass] + OVERHEAD.atStandard * STORAGE.STANDARD)) / (GB * MONTH_MS);

const usd = (nano: Nano): string => {
  const text = nano.toString().padStart(10, '0');
  return `${text.slice(0, -9)}.${text.slice(-9)}`;
};
