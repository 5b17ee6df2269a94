/** Signed checkpoints that were held elsewhere: what finds a log that was rewritten as a whole. */
import type { Findings } from './damage.ts';
import { type Mark, readMark, type Trust } from './marks.ts';

export interface KnownCheckpoint {
  /** For messages: the file that it is in. */
  readonly name: string;
  readonly note: string;
}

export const knownMarks = (known: readonly KnownCheckpoint[], trust: Trust, findings: Findings): readonly Mark[] =>
  known.flatMap(({ name, note }) => readMark(note, { source: 'known', name }, trust, findings) ?? []);
