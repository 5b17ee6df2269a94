/** The whole log of a database, verified as of one moment. */
import { PlumblineError } from '../../../kernel/errors.ts';
import type { Db, Sql, Tx } from '../../../platform/db/port.ts';
import { readPublished } from '../store.ts';
import type { Verifier } from '../tlog/keys.ts';
import { conclude, Findings, type Verification } from './damage.ts';
import { checkDays, dayMarks } from './days.ts';
import { checkLog, checkStrays, checkStreams } from './heads.ts';
import { type KnownCheckpoint, knownMarks } from './known.ts';
import { type Mark, Marks, readMark, type Trust } from './marks.ts';
import { Pass } from './pass.ts';
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
  const log = await store.readLog(tx);
  if (log === undefined) throw noLog();
  const findings = new Findings();
  const streams = await store.readStoredStreams(tx);
  const days = await store.readStoredDays(tx);
  const trust = { origin: log.origin, keys: options.keys ?? [] };
  const marks = new Marks([
    { size: log.size, root: log.root, source: 'log', name: 'the log' },
    ...dayMarks(days),
    ...(await keptMarks(tx, trust, findings)),
    ...knownMarks(options.known ?? [], trust, findings),
  ]);
  const pass = new Pass(
    { origin: log.origin, streams, marks, rules: options, findings, onProgress: options.onProgress },
    undefined,
  );
  await pass.run(tx, log.size);
  const frontier = pass.frontier();
  const root = frontier.root();
  pass.walk.conclude(Buffer.compare(root, log.root) === 0);
  checkLog(log, frontier, pass.walk.atUs, findings);
  checkStreams(pass.walk, log.size, streams, findings);
  checkDays(pass.closed, days, findings);
  await checkStrays(tx, log.size, findings);
  marks.conclude(log.size, findings);
  const tables = await checkRows(tx, options.rows ?? 'all', findings);
  const checked = { leaves: log.size, ...pass.counts, roots: marks.count, days: days.length, tables };
  return conclude({ size: log.size, root, checked }, findings, marks.good());
}

export const noLog = (): PlumblineError =>
  new PlumblineError('missing', 'audit.no_log', 'this database has no audit log: it was never opened');

const NOTES = 1_000;

/** Every checkpoint that the database keeps, and the newest one. */
export async function keptMarks(
  db: Sql | Tx,
  trust: Trust,
  findings: Findings,
  after = 0,
): Promise<readonly (Mark & { readonly id: number })[]> {
  const marks: (Mark & { readonly id: number })[] = [];
  for (let last = after; ; ) {
    const notes = await store.readNotes(db, last, NOTES);
    for (const { id, kind, size, note, signedAt } of notes) {
      const name = `the ${kind} checkpoint of size ${size}`;
      const mark = readMark(note, { source: 'kept', name, signedAt: signedAt.toISOString() }, trust, findings);
      if (mark !== undefined && mark.size !== size) {
        findings.add({ kind: 'checkpoint-differs', size, message: `${name} is one of size ${mark.size}` });
      }
      if (mark !== undefined) marks.push({ ...mark, id });
      last = id;
    }
    if (notes.length < NOTES) break;
  }
  const published = await readPublished(db);
  if (published === undefined) return marks;
  const mark = readMark(
    published.note,
    {
      source: 'kept',
      name: `the published checkpoint of size ${published.size}`,
      signedAt: published.signedAt.toISOString(),
    },
    trust,
    findings,
  );
  return mark === undefined ? marks : [...marks, { ...mark, id: 0 }];
}
