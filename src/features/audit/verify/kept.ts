/** The signed checkpoints that a database keeps. */
import type { Sql, Tx } from '../../../platform/db/port.ts';
import { readPublished } from '../store.ts';
import type { Findings } from './damage.ts';
import { type Mark, readMark, type Trust } from './marks.ts';
import * as store from './store.ts';

const NOTES = 1_000;

/** Every checkpoint that the database keeps, and the newest one. */
export async function keptMarks(db: Sql | Tx, trust: Trust, findings: Findings): Promise<readonly Mark[]> {
  const marks: Mark[] = [];
  for (let last = 0; ; ) {
    const notes = await store.readNotes(db, last, NOTES);
    for (const { id, kind, size, note, signedAt } of notes) {
      const name = `the ${kind} checkpoint of size ${size}`;
      const mark = readMark(note, { source: 'kept', name, signedAt: signedAt.toISOString() }, trust, findings);
      if (mark !== undefined && mark.size !== size) {
        findings.add({ kind: 'checkpoint-differs', size, message: `${name} is one of size ${mark.size}` });
      }
      if (mark !== undefined) marks.push(mark);
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
  return mark === undefined ? marks : [...marks, mark];
}
