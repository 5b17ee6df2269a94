import { expect, test } from 'vitest';
import type { Db } from '../../../platform/db/port.ts';
import { unwatch, watch } from './watch.ts';

/** Refuses as PostgreSQL does, or fails in another way. */
const refusing = (code: string): Db => {
  const unused = (): never => {
    throw new Error('not asked for');
  };
  return {
    engine: 'postgresql',
    get sql() {
      return unused();
    },
    get inOrder() {
      return unused();
    },
    transaction: () => Promise.reject(Object.assign(new Error('refused'), { severity: 'ERROR', code })),
    ...{ exclusive: unused, copyOut: unused, version: unused, close: unused },
  };
};

test('a table that belongs to somebody else is said to be so, with the remedy', async () => {
  const refused = { code: 'audit.table_not_owned', message: expect.stringContaining('make it the owner') };
  await expect(watch(refusing('42501'), { table: 'payments', actor: 'test' })).rejects.toMatchObject(refused);
  await expect(unwatch(refusing('42501'), 'payments')).rejects.toMatchObject(refused);
  await expect(unwatch(refusing('57014'), 'payments')).rejects.toMatchObject({ code: '57014' });
});
