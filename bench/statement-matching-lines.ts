/**
 * A month of a bank account and of its ledger, from one seed: mostly one line against one, some with a day
 * or two between, batches that the bank books in one line, and lines that the other side does not have.
 */

import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';

export const POLICY = {
  policy: 'bench',
  version: 1,
  zone: 'Asia/Ho_Chi_Minh',
  lag: { before: 0, after: 2, business: true },
  rules: [
    { id: 'reference', kind: '1:1' },
    { id: 'in-text', kind: '1:1', reference: 'contained' },
    { id: 'batch', kind: '1:n', key: 'batch', reference: 'contained', parts: true },
    { id: 'split', kind: 'n:1', key: 'reference' },
    { id: 'sum', kind: '1:n', key: 'none' },
  ],
};

const HEADER = 'id,booked_on,amount,currency,reference,counterparty,batch\n';

/** Writes `external.csv` and `ledger.csv`, `count` lines each or a few less. */
export async function writeLines(folder: string, count: number): Promise<{ external: number; ledger: number }> {
  const [external, ledger] = ['external', 'ledger'].map((side) => createWriteStream(join(folder, `${side}.csv`)));
  if (external === undefined || ledger === undefined) throw new Error('no files');
  let state = 12_345;
  const chance = (below: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % below;
  };
  const written = { external: 0, ledger: 0 };
  const write = async (side: 'external' | 'ledger', row: string): Promise<void> => {
    const to = side === 'external' ? external : ledger;
    written[side] += 1;
    // Neither file has its lines in the order of their ids: the bank numbers as it likes.
    const id = side === 'external' ? `FT${(written[side] * 7_919) % 9_999_991}` : `entry-${written[side]}`;
    if (!to.write(`${id},${row}\n`)) await once(to, 'drain');
  };
  external.write(HEADER);
  ledger.write(HEADER);
  const day = (number: number): string =>
    `2026-${number <= 30 ? '11' : '12'}-${String(number <= 30 ? number : number - 30).padStart(2, '0')}`;
  const amount = (): number => 10_000 + chance(5_000_000);
  for (let at = 0; Math.max(written.external, written.ledger) < count; at += 1) {
    const on = 1 + chance(30);
    const kind = chance(1_000);
    const reference = `PL-2026-${String(at).padStart(8, '0')}`;
    const counterparty = `Merchant ${chance(5_000)}`;
    const sum = amount();
    if (kind < 5) {
      // A batch of 2 to 30 payouts, one line at the bank.
      let total = 0;
      for (let left = 2 + chance(29); left > 0; left -= 1) {
        const each = amount();
        total += each;
        await write('ledger', `${day(on)},-${each}.00,VND,${reference}-${left},${counterparty},BATCH${at}`);
      }
      await write('external', `${day(on)},-${total}.00,VND,CHI HO BATCH${at} FT,,`);
    } else if (kind < 30) {
      await write('ledger', `${day(on)},${2 * sum}.50,VND,${reference},${counterparty},`);
      await write('external', `${day(on)},${sum}.25,VND,${reference},${counterparty},`);
      await write('external', `${day(on)},${sum}.25,VND,${reference},${counterparty},`);
    } else if (kind < 35) await write('external', `${day(on)},${sum}.00,VND,PHI DICH VU ${at},,`);
    else if (kind < 40) await write('ledger', `${day(on)},${sum}.00,VND,${reference},${counterparty},`);
    else {
      const text = kind < 300 ? `MBVCB.${at}.${reference}.CT tu 0071 ${counterparty}` : reference;
      await write('ledger', `${day(on)},${sum}.00,VND,${reference},${counterparty},`);
      await write('external', `${day(on + (kind % 10 === 0 ? 1 : 0))},${sum}.00,VND,${text},${counterparty},`);
    }
  }
  // The ledger has more lines, for batches: the statement is filled up with what only the bank knows.
  for (let at = 0; written.external < count; at += 1)
    await write('external', `${day(1 + chance(30))},${amount()}.00,VND,LAI TIEN GUI ${at},,`);
  for (const stream of [external, ledger]) {
    stream.end();
    await once(stream, 'finish');
  }
  return written;
}
