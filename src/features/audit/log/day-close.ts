/** The leaf that ends a day: how many leaves it had, and where every stream stands. */
import { canonicalJson } from '../../../kernel/canonical.ts';
import type { Entry, LogState } from './batch.ts';

export const DAYS_STREAM = 'plumbline.days';
export const SYSTEM_ACTOR = 'plumbline';

/** @param first index of the day's first leaf */
export function dayCloseEntry(state: LogState, first: number): Entry {
  const streams = [...state.streams.values()].filter(({ head }) => head !== undefined);
  const record = canonicalJson({
    date: state.openDate,
    first_index: first,
    entries: state.frontier.size - first,
    streams: Object.fromEntries(streams.map(({ name, size, head }) => [name, { size, head: head ?? null }])),
  });
  return {
    stream: DAYS_STREAM,
    recordId: state.openDate,
    op: 'day-close',
    actor: SYSTEM_ACTOR,
    content: { kind: 'record', record },
  };
}
