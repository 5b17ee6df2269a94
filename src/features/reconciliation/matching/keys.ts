/** Under which keys a line is looked for on the other side. */
import type { Board } from './board.ts';
import type { Side } from './lines.ts';
import { EMPTY } from './numbers.ts';
import { spansOf } from './references.ts';

/** The one key of every line where no reference is asked for. */
const ANY_ALONE: readonly number[] = [0];

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
      return key === EMPTY ? [] : [key];
    };
  }
  const { shortestContained } = board.policy;
  const lengths = new Set<number>();
  for (const key of sought) {
    const length = board.dictionary.references.lengthOf(key);
    if (length >= shortestContained) lengths.add(length);
  }
  return (line) => {
    const found = new Set<number>();
    for (const span of spansOf(texts.reference(line), lengths)) {
      const key = board.dictionary.references.find(span);
      if (key !== EMPTY) found.add(key);
    }
    return [...found];
  };
}
