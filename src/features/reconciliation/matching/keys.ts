/** Under which keys a line is looked for on the other side. */
import type { Board } from './board.ts';
import type { Side } from './lines.ts';
import { EMPTY } from './numbers.ts';
import { Folded } from './references.ts';

/** The one key of every line where no reference is asked for. */
const ANY_ALONE: readonly number[] = [0];
const NONE: readonly number[] = [];

/**
 * @param sought the keys of the other side; a text is looked through for those alone
 * @returns the keys of a line, each once
 */
export function keysIn(
  board: Board,
  side: Side,
  reference: 'equal' | 'contained' | 'any',
  sought: Iterable<number>,
): (line: number) => readonly number[] {
  const { references, texts } = board.lines(side);
  if (reference === 'any') return () => ANY_ALONE;
  if (reference === 'equal') {
    return (line) => {
      const key = references[line] ?? EMPTY;
      return key === EMPTY ? NONE : [key];
    };
  }
  const known = board.dictionary.references;
  const lengths = new Set<number>();
  for (const key of sought) {
    const length = known.lengthOf(key);
    if (length >= board.policy.shortestContained) lengths.add(length);
  }
  const fits = new Uint8Array(1 + Math.max(0, ...lengths));
  for (const length of lengths) fits[length] = 1;
  const folded = new Folded();
  return (line) => {
    const found: number[] = [];
    folded.read(texts.referenceRange(line)).eachSpan(fits, (bytes, from, to) => {
      const key = known.find(bytes, from, to);
      if (key !== EMPTY) found.push(key);
    });
    return found.length < 2 ? found : [...new Set(found)];
  };
}
