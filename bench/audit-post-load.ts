/** Callers who append one entry after the other. Arguments: http or within, an address, seconds, callers, API key. */
import { randomUUID } from 'node:crypto';
import { Pool } from 'undici';
import { AuditLog } from '../src/features/audit/service.ts';
import { systemClock, systemRandom } from '../src/platform/clock/system.ts';
import { openPostgres } from '../src/platform/db/pg.ts';
import { bePart } from './child.ts';
import { percentile } from './timing.ts';

const [way = '', address = '', seconds = '', callers = '', apiKey = ''] = process.argv.slice(2);

/** @returns whether it was appended */
type Append = (id: string) => Promise<boolean>;

function overHttp(): { readonly append: Append; readonly close: () => Promise<void> } {
  const pool = new Pool(address, { connections: Number(callers), pipelining: 1 });
  const append: Append = async (id) => {
    const { statusCode, body } = await pool.request({
      ...{ method: 'POST', path: '/v1/audit/entries' },
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json', 'idempotency-key': id },
      body: JSON.stringify({
        stream: 'payments',
        record_id: id,
        op: 'insert',
        actor: 'service',
        record: { amount: '1' },
      }),
    });
    await body.dump();
    return statusCode === 201;
  };
  return { append, close: () => pool.close() };
}

async function within(): Promise<ReturnType<typeof overHttp>> {
  const db = await openPostgres({ url: address });
  const log = new AuditLog({
    ...{ db, clock: systemClock, random: systemRandom },
    ...{ origin: 'localhost/log', zone: 'Asia/Ho_Chi_Minh' },
  });
  const append: Append = async (id) => {
    const content = { record: { amount: '1' } };
    await log.append({ stream: 'payments', recordId: id, op: 'insert', actor: 'service', content, key: id });
    return true;
  };
  return { append, close: () => db.close() };
}

const { append, close } = way === 'http' ? overHttp() : await within();
const times: number[] = [];
let failed = 0;
const began = performance.now();
const end = began + Number(seconds) * 1_000;
await Promise.all(
  Array.from({ length: Number(callers) }, async () => {
    for (let from = performance.now(); from < end; from = performance.now()) {
      if (!(await append(randomUUID()))) failed += 1;
      times.push(performance.now() - from);
    }
  }),
);
const perSecond = times.length / ((performance.now() - began) / 1_000);
await close();
bePart({ perSecond, p50Ms: percentile(times, 50), p99Ms: percentile(times, 99), failed });
