/** The whole log of a database, verified as of one moment. */
import { PlumblineError } from '../../../kernel/errors.ts';
import type { Db, Tx } from '../../../platform/db/port.ts';
import type { Verifier } from '../tlog/keys.ts';
import { conclude, Findings, type Verification } from './damage.ts';
import { checkDays, dayMarks } from './days.ts';
import { checkLog, checkStrays, checkStreams } from './heads.ts';
import { keptMarks } from './kept.ts';
import { type KnownCheckpoint, knownMarks } from './known.ts';
import { type Mark, Marks } from './marks.ts';
import { Pass, type PassState, passedBy } from './pass.ts';
import type { PayloadRules } from './payloads.ts';
import { checkRows, type RowRule } from './rows.ts';
import * as store from './store.ts';

export interface DatabaseOptions extends PayloadRules {
  /** Of the log's signer, old ones too; without any, signatures are not checked. */
  readonly keys?: readonly Verifier[];
  readonly known?: readonly KnownCheckpoint[];
  /** Of watched tables; `all` unless told. */
  readonly rows?: RowRule;
  readonly onProgress?: (verified: number, size: number) => void;
}

/** @throws `audit.no_log` (missing): the database has none */
export const verifyDatabase = (db: Db, options: DatabaseOptions = {}): Promise<Verification> =>
  db.transaction({ isolation: 'repeatable read', readOnly: true }, (tx) => verifyIn(tx, options));

async function verifyIn(tx: Tx, options: DatabaseOptions): Promise<Verification> {
  const findings = new Findings();
  const { log, pass, marks, days } = await passOver(tx, options, findings);
  await checkStrays(tx, log.size, findings);
  const tables = await checkRows(tx, options.rows ?? 'all', findings);
  const checked = { leaves: log.size, ...pass.counts, roots: marks.count, days: days.length, tables };
  return conclude({ size: log.size, root: pass.frontier().root(), checked }, findings, marks.good());
}

/** What was verified before, and by which root the log then had it is found again. */
export interface Verified {
  readonly size: number;
  readonly root: Uint8Array;
  readonly pass: PassState;
}

/** Everything that hangs on leaves, from where an earlier pass has ended. */
export async function passOver(tx: Tx, options: DatabaseOptions, findings: Findings, verified?: Verified) {
  const log = await store.readLog(tx);
  if (log === undefined) throw noLog();
  const streams = await store.readStoredStreams(tx);
  const days = await store.readStoredDays(tx);
  const trust = { origin: log.origin, keys: options.keys ?? [] };
  const before = verified === undefined ? [] : [headMark(verified)];
  const all: readonly Mark[] = [
    { size: log.size, root: log.root, source: 'log', name: 'the log' },
    ...before,
    ...dayMarks(days),
    ...(await keptMarks(tx, trust, findings)),
    ...knownMarks(options.known ?? [], trust, findings),
  ];
  const from = verified === undefined ? -1 : passedBy(verified.pass);
  const marks = new Marks(all.filter(({ size }) => size > from));
  const { onProgress } = options;
  const pass = new Pass({ origin: log.origin, streams, marks, rules: options, findings, onProgress }, verified?.pass);
  await pass.run(tx, log.size);
  const frontier = pass.frontier();
  pass.walk.conclude(Buffer.compare(frontier.root(), log.root) === 0);
  checkLog(log, frontier, pass.walk.atUs, findings);
  checkStreams(pass.walk, log.size, streams, findings);
  checkDays(pass.closed, days, findings, Math.max(from, 0));
  marks.conclude(log.size, findings);
  return { log, pass, marks, days };
}

export const headMark = ({ size, root }: Pick<Verified, 'size' | 'root'>): Mark => ({
  size,
  root,
  source: 'known',
  name: `the log that was verified when it had ${size} leaves`,
});

export const noLog = (): PlumblineError =>
  new PlumblineError('missing', 'audit.no_log', 'this database has no audit log: it was never opened');
