/** The log and its checkpoints as the publisher asks for them. */
import type { Db } from '../../../platform/db/port.ts';
import { readState } from '../log/store.ts';
import { nodesOf } from '../log/tile-reader.ts';
import { keepCheckpoint, readClosings, readLeafHashes, readPublished, writePublished } from '../store.ts';
import { EMPTY_ROOT } from '../tlog/hashing.ts';
import type { CheckpointStore, LogReader } from './publisher-ports.ts';

export const logReader = ({ sql }: Pick<Db, 'sql'>): LogReader => ({
  head: async () => {
    const state = await readState(sql);
    return { size: state?.frontier.size ?? 0, root: state?.frontier.root() ?? EMPTY_ROOT };
  },
  nodes: (size) => nodesOf(sql, size),
  leafHashes: (from, to) => readLeafHashes(sql, from, to),
  closings: (after, upTo) => readClosings(sql, after, upTo),
});

export const checkpointStore = ({ sql }: Pick<Db, 'sql'>): CheckpointStore => ({
  newest: () => readPublished(sql),
  keep: ({ kind, ...checkpoint }) =>
    kind === 'newest' ? writePublished(sql, checkpoint) : keepCheckpoint(sql, kind, checkpoint),
});
