/** One contestant of liability-proof.ts in a process of its own, so that its memory is its own: name, database, folder. */
import { sql } from 'kysely';
import { runKeyOf } from '../src/features/reconciliation/proof/format.ts';
import { packProof } from '../src/features/reconciliation/proof/proof.ts';
import { proveBalance } from '../src/features/reconciliation/proof/prove.ts';
import { ProofOfLiabilities } from '../src/features/reconciliation/proof/service.ts';
import { copyBalances } from '../src/features/reconciliation/proof/store.ts';
import { verifyProof } from '../src/features/reconciliation/proof/verify.ts';
import { parseBusinessDate } from '../src/kernel/business-date.ts';
import { sha256Hex } from '../src/kernel/hash.ts';
import { parseId } from '../src/kernel/ids.ts';
import { DEFAULT_CURRENCIES } from '../src/kernel/money.ts';
import { systemClock, systemRandom } from '../src/platform/clock/system.ts';
import { openPostgres } from '../src/platform/db/pg.ts';
import { openFolderStore } from '../src/platform/objects/folder.ts';
import { proofSecrets } from '../test/support/liability.ts';
import { median } from './bench.ts';
import { bePart } from './child.ts';
import { percentile } from './timing.ts';

const QUERY = 'SELECT merchant_id, available, pending, reserved FROM balances';
const PROOFS = 500;
const [name = '', url = '', folder = ''] = process.argv.slice(2);

const time = async (work: () => unknown): Promise<number> => {
  const from = performance.now();
  await work();
  return performance.now() - from;
};
const answer = (figures: Readonly<Record<string, number>>): void =>
  bePart({ ...figures, rssMb: process.resourceUsage().maxRSS / 1024 });

const open = () => openPostgres({ url, poolSize: 2 });

/** The rows in this process, and nothing done with them. */
async function copy(): Promise<void> {
  const db = await open();
  let bytes = 0;
  const ms = await time(() =>
    db.transaction({ isolation: 'repeatable read', readOnly: true }, async (tx) => {
      for await (const piece of copyBalances(db, tx, QUERY, undefined)) bytes += piece.length;
    }),
  );
  await db.close();
  answer({ ms, bytes });
}

async function proof(keep: boolean): Promise<void> {
  const db = await open();
  const objects = openFolderStore({ folder });
  const proofs = new ProofOfLiabilities({
    db,
    objects,
    clock: systemClock,
    random: systemRandom,
    secrets: proofSecrets,
    scratch: folder,
  });
  const reportId = parseId('reconciliation', '01939e4e-7cb2-7c00-8000-000000000000');
  const businessDate = parseBusinessDate('2026-11-25');
  const request = {
    reportId,
    book: keep ? 'kept' : 'streamed',
    businessDate,
    cut: new Date(0),
    currency: DEFAULT_CURRENCIES.get('VND'),
    query: QUERY,
    keep,
  };
  let built: Awaited<ReturnType<ProofOfLiabilities['build']>> | undefined;
  let signature = '';
  let header: Parameters<typeof proofSecrets.signer.sign>[0] | undefined;
  const ms = await time(async () => {
    built = await db.transaction({ isolation: 'repeatable read', readOnly: true }, (tx) =>
      proofs.build(db, tx, request),
    );
    header = {
      ...built.header,
      seq: 0,
      prev: '0'.repeat(64),
      ratesHash: sha256Hex('rates'),
      reportHash: sha256Hex('report'),
    };
    signature = proofSecrets.signer.sign(header);
  });
  const rssMb = process.resourceUsage().maxRSS / 1024;
  const made: number[] = [];
  const verified: number[] = [];
  let size = 0;
  let json = 0;
  if (keep && header !== undefined && built?.leafFile) {
    // Their leaves stand anywhere: the order is that of salted hashes.
    const ids = await sql<{
      readonly merchant_id: string;
    }>`SELECT merchant_id FROM balances LIMIT ${PROOFS}`.execute(db.sql);
    const runKey = runKeyOf(proofSecrets.secret, businessDate, 'VND');
    for (const { merchant_id: merchant } of ids.rows) {
      const from = performance.now();
      const proven = await proveBalance({ objects, key: built.leafFile, header }, runKey, merchant);
      made.push(performance.now() - from);
      const whole = {
        format: 'pol/v1 proof' as const,
        header,
        signature,
        merchant,
        ...proven,
        parts: [...proven.parts],
      };
      const begun = performance.now();
      const verdict = verifyProof(whole, { key: proofSecrets.signer.publicKey, merchant });
      verified.push(performance.now() - begun);
      if (!verdict.ok) throw new Error(`a proof is refused: ${verdict.message}`);
      size = Math.max(size, packProof(whole).length);
      json = Math.max(json, JSON.stringify(whole).length);
    }
  }
  await db.close();
  bePart({
    ...{ ms, rssMb },
    ...(made.length === 0
      ? {}
      : {
          ...{ size, json, firstMs: made[0], madeMs: median(made), madeP99Ms: percentile(made, 99) },
          ...{ verifiedMs: median(verified), verifiedP99Ms: percentile(verified, 99) },
        }),
  });
}

const PARTS: Readonly<Record<string, () => Promise<void>>> = {
  copy,
  streamed: () => proof(false),
  kept: () => proof(true),
};
await PARTS[name]?.();
