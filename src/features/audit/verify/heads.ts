/** What a database says about its log as a whole, against what its leaves say. */
import type { Sql, Tx } from '../../../platform/db/port.ts';
import type { Frontier } from '../tlog/tree.ts';
import type { Findings } from './damage.ts';
import * as store from './store.ts';
import type { Walk } from './walk.ts';

export function checkLog(log: store.StoredLog, frontier: Frontier, atUs: number, findings: Findings): void {
  const says = (what: string): void => findings.add({ kind: 'log-altered', size: log.size, message: what });
  if (log.atUs !== atUs) says(`the log's time is ${log.atUs}, that of its newest leaf ${atUs}`);
  if (Buffer.compare(log.root, frontier.root()) === 0 && Buffer.compare(log.frontier, frontier.encode()) !== 0) {
    says('the subtrees that the log says it consists of are not its own');
  }
}

export function checkStreams(
  walk: Walk,
  logSize: number,
  streams: readonly store.StoredStream[],
  findings: Findings,
): void {
  for (const { name, size, head } of streams) {
    const own = walk.headOf(name);
    const ownHead = own.size === 0 ? null : own.head;
    if (size === own.size && head === ownHead) continue;
    findings.add({
      kind: 'stream-altered',
      // Leaves that are missing are said by their place; a head that differs is that of the newest one.
      ...(size === own.size ? { index: own.index } : { size: logSize }),
      message: `the stream ${name} is said to have ${size} leaves, the newest ${head}; it has ${own.size}, the newest ${ownHead}`,
    });
  }
}

/** What stands beside the log. */
export async function checkStrays(db: Sql | Tx, size: number, findings: Findings): Promise<void> {
  for (const index of await store.strayLeaves(db, size)) {
    findings.add({
      kind: 'leaf-inserted',
      index: Math.max(index, size),
      message: `there is a leaf ${index}, and the log has ${size}`,
    });
  }
  for (const index of await store.strayPayloads(db)) {
    findings.add({ kind: 'payload-altered', index, message: `there is a payload of leaf ${index}, and no such leaf` });
  }
  for (const { level, n } of await store.strayTiles(db, size)) {
    findings.add({
      kind: 'tile-altered',
      size,
      message: `there is a tile ${n} of level ${level}, which a log of ${size} leaves has not`,
    });
  }
}
