/** The rows of watched tables, as they are now, against what was last recorded of them. */
import type { Tx } from '../../../platform/db/port.ts';
import { listWatches } from '../capture/store.ts';
import type { Findings } from './damage.ts';
import { differingRows, recordsUpdates, setForms } from './store.ts';

/** `all`: every row has to be recorded. `recorded`: those that are older than the watch need not be. */
export type RowRule = 'all' | 'recorded' | 'none';

const SAYS = {
  'row-altered': 'is not what its newest leaf recorded: it was changed past the watch',
  'row-missing': 'was recorded and is gone: it was deleted past the watch',
  'row-unrecorded': 'is there and no leaf says so: it was inserted past the watch',
};

/** @param tx repeatable read: the log and the tables as of one moment. @returns how many tables */
export async function checkRows(tx: Tx, rule: RowRule, findings: Findings): Promise<number> {
  if (rule === 'none') return 0;
  await setForms(tx);
  const watches = await listWatches(tx);
  const tables = new Map(watches.map((watch) => [watch.table, watch]));
  for (const watch of tables.values()) {
    if (!watch.enabled) {
      findings.add({ kind: 'watch-disabled', message: `the trigger that watches ${watch.table} is switched off` });
    }
    const contents = await recordsUpdates(tx, watch.table);
    for (const { recordId, index, kind } of await differingRows(tx, watch, { contents })) {
      if (rule === 'recorded' && kind === 'row-unrecorded' && index === null) continue;
      findings.add({
        kind,
        ...(index === null ? {} : { index }),
        message: `${watch.table} ${recordId.slice(0, 80)} ${SAYS[kind]}`,
      });
    }
  }
  return tables.size;
}
