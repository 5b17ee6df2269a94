/**
 * Tampering with the audit log as the owner of its database would: a figure in a report that was recorded becomes
 * another one. It is there to be found. Only a log that no live service has written to is touched.
 */
import type { Clock } from '../kernel/clock.ts';
import { PlumblineError } from '../kernel/errors.ts';
import type { Db, Tx } from '../platform/db/port.ts';
import {
  createKept,
  findReports,
  isOfLiveService,
  keepOriginal,
  overwrite,
  readTampered,
  type Tampered,
  takeOriginal,
} from './store-tampering.ts';

export interface Tampering {
  /**
   * The newest report in the log, of which nobody has changed anything yet, says another sum of assets.
   * @returns the index of its leaf
   * @throws `sandbox.live_log` (conflict), `sandbox.nothing_to_tamper` (missing)
   */
  tamper(): Promise<number>;
  /** What is not what was recorded, oldest first. */
  tampered(): Promise<readonly Tampered[]>;
  /** Everything is again what was recorded. @returns how many records were mended */
  mendLog(): Promise<number>;
}

const LOOKED_AT = 50;
const SUM = /("total_assets_vnd":"?-?)(\d)/;

export function createTampering({ db, clock }: { readonly db: Db; readonly clock: Clock }): Tampering {
  return {
    tamper: () =>
      db.transaction({}, async (tx) => {
        if (await isOfLiveService(tx)) throw liveLog();
        await createKept(tx);
        const found = (await findReports(tx, LOOKED_AT)).find(({ record }) => SUM.test(record));
        if (found === undefined) throw nothingThere();
        await keepOriginal(tx, found, new Date(clock.now()));
        await overwrite(tx, { index: found.index, record: found.record.replace(SUM, withAnotherDigit) });
        return found.index;
      }),

    tampered: () => readTampered(db.sql),

    mendLog: () =>
      db.transaction({}, async (tx) => {
        const tampered = await readTampered(tx);
        for (const { index } of tampered) await mendOne(tx, index, new Date(clock.now()));
        return tampered.length;
      }),
  };
}

async function mendOne(tx: Tx, index: number, at: Date): Promise<void> {
  const original = await takeOriginal(tx, index, at);
  if (original !== undefined) await overwrite(tx, original);
}

/** Never a leading zero, and never the same. */
const withAnotherDigit = (_: string, before: string, digit: string): string => `${before}${(Number(digit) % 9) + 1}`;

const liveLog = (): PlumblineError =>
  new PlumblineError(
    'conflict',
    'sandbox.live_log',
    'a live service has written to the audit log of this database: it is not tampered with; run the sandbox on a database of its own',
  );

const nothingThere = (): PlumblineError =>
  new PlumblineError(
    'missing',
    'sandbox.nothing_to_tamper',
    'the audit log has no report that could be changed; make one first: POST /v1/reconciliations, or plumbline reconcile run',
  );
