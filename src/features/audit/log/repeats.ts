/** Entries under a key that was used before: the same one is answered with its leaf, another one is refused. */
import { PlumblineError } from '../../../kernel/errors.ts';
import type { Sql } from '../../../platform/db/port.ts';
import { readLeavesAt } from '../store.ts';
import type { Entry } from './batch.ts';
import type { Group } from './group-commit.ts';
import { findByIdem, type Known } from './store.ts';

/** Those that come first with their key. */
export function firstOfKeys(waiting: Group): Group {
  const seen = new Set<string>();
  return waiting.filter(
    ({ entry: { idem } }) => idem === undefined || (!seen.has(idem) && seen.add(idem) !== undefined),
  );
}

/** Answers those whose key stands for a leaf already. @returns the others */
export async function answerKnown(db: Sql, waiting: Group): Promise<Group> {
  const idems = waiting.flatMap(({ entry }) => entry.idem ?? []);
  if (idems.length === 0) return waiting;
  const known = new Map((await findByIdem(db, idems)).map((each) => [each.idem, each]));
  const indices = [...known.values()].map(({ index }) => index);
  const leaves = new Map((await readLeavesAt(db, indices)).map((leaf) => [leaf.index, leaf]));
  return waiting.filter(({ entry, resolve, reject }) => {
    const earlier = entry.idem === undefined ? undefined : known.get(entry.idem);
    const leaf = earlier && leaves.get(earlier.index);
    if (earlier === undefined || leaf === undefined) return true;
    if (isSame(entry, earlier)) resolve({ leaf, replayed: true });
    else reject(keyReused(earlier.index));
    return false;
  });
}

/** A salted record that was forgotten cannot be compared any more: the key alone speaks for it. */
export function isSame({ stream, recordId, op, content }: Entry, known: Known): boolean {
  if (stream !== known.stream || recordId !== known.record_id || op !== known.op) return false;
  if (content.kind === 'hash') return content.dataHash === known.data_hash;
  return known.record === null ? known.redacted : content.record === known.record;
}

export const keyReused = (index: number): PlumblineError =>
  new PlumblineError(
    'invalid',
    'audit.key_reused',
    `the key stands for another entry, leaf ${index}; use a new key for a new entry`,
    {
      details: { index },
      faults: [{ pointer: '/key', message: 'must be new for a new entry' }],
    },
  );
