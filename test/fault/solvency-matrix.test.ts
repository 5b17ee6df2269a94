/**
 * Each source of a book x everything that it may say instead of the truth x an honest and a robbed
 * platform, and the process that reconciles dies at any of its steps: nobody is ever told that a
 * platform can pay that cannot, or of which that is not known, and the next run tells the truth, once.
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Json } from '../../src/kernel/canonical.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { describePostgres } from '../support/databases.ts';
import { type Death, mortal } from '../support/mortal.ts';
import { reconciliationOver } from '../support/reconciliation.ts';
import {
  bookOf,
  EXPECTED,
  type Expected,
  FAULTS,
  type FaultCase,
  HTTP_ANSWERS,
  truthful,
  type World,
} from './solvency-faults.ts';

const AT_ONCE = 4;

let server: Server;
let url: string;
beforeAll(async () => {
  server = createServer((request, response) => {
    const answer = HTTP_ANSWERS[request.url ?? ''];
    if (answer === 'reset') request.socket.destroy();
    else if (answer !== undefined && answer !== 'hang') response.writeHead(answer.status).end(answer.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

interface Run {
  readonly name: string;
  readonly world: World;
  readonly fault: FaultCase | undefined;
  readonly crash?: { readonly at: number; readonly death: Death };
}

async function reconcile(db: Db, { name, world, fault, crash }: Run) {
  const { db: its, steps } = mortal(db, crash?.at ?? 0, crash?.death);
  const { service } = reconciliationOver({
    db: its,
    book: bookOf({ ...truthful(world), ...fault?.said }, url, name),
    ...(fault?.rates === undefined ? {} : { rates: fault.rates }),
    ...(fault?.timeoutMs === undefined ? {} : { queryTimeoutMs: fault.timeoutMs }),
  });
  const { row } = await service.performDailyReconciliation({ startedBy: 'test' });
  return { row, steps: steps() };
}

type Row = {
  readonly status: string;
  readonly solvent: boolean | null;
  readonly alert_triggered: boolean;
  readonly supersedes: string | null;
  readonly report: Json;
};

const rowsOf = async (db: Db, book: string): Promise<readonly Row[]> =>
  (
    await sql<Row>`SELECT status, solvent, alert_triggered, supersedes, report FROM reconciliation_logs
      WHERE book = ${book} ORDER BY attempt`.execute(db.sql)
  ).rows;

/** The status is the specification's formula; who is told it is told `solvent` beside it. */
const saysThatItCanPay = ({ status, solvent }: Pick<Row, 'status' | 'solvent'>): boolean =>
  solvent === true || ((status === 'balanced' || status === 'surplus') && solvent !== false);

function judge(row: Row, expected: Expected): readonly string[] {
  const wrong: string[] = [];
  if (expected === 'error') {
    if (row.status !== 'error' || row.solvent !== null)
      wrong.push(`is ${row.status}, solvent ${row.solvent}, not an error`);
  } else {
    const keys = JSON.stringify(
      (row.report as { truth?: { breaks?: { key: string }[] } } | null)?.truth?.breaks?.map(({ key }) => key),
    );
    if (row.status !== expected.status || row.solvent !== expected.solvent)
      wrong.push(`is ${row.status}, solvent ${row.solvent}, not ${expected.status}, ${expected.solvent}`);
    if (keys !== JSON.stringify(expected.breaks)) wrong.push(`breaks ${keys}, not ${JSON.stringify(expected.breaks)}`);
  }
  const mayBeQuiet = expected !== 'error' && expected.solvent && expected.status !== 'deficit';
  if (row.alert_triggered === mayBeQuiet) wrong.push(`alert ${row.alert_triggered}`);
  return wrong;
}

/** One case. @returns which rules it broke */
async function play(db: Db, run: Run, heals: boolean): Promise<readonly string[]> {
  const { world, fault, crash, name } = run;
  const wrong: string[] = [];
  const expected = fault?.expected[world] ?? EXPECTED[world];
  const unknownOrDeficit = expected === 'error' || !expected.solvent || expected.status === 'deficit';
  if (crash !== undefined) {
    await reconcile(db, run).catch(() => undefined);
    const left = await rowsOf(db, name);
    if (unknownOrDeficit && expected !== 'error' && !expected.solvent && left.some(saysThatItCanPay))
      wrong.push('the dead run says that it can pay');
    if (expected === 'error' && left.some(saysThatItCanPay)) wrong.push('the dead run says that it can pay');
  }
  const stood = (await rowsOf(db, name)).some(({ status }) => status !== 'error' && status !== 'in_progress');
  await reconcile(db, { name, world, fault: heals ? undefined : fault });
  const rows = await rowsOf(db, name);
  const last = rows.at(-1);
  const right = heals && !stood ? EXPECTED[world] : expected;
  if (last === undefined) return ['there is no report'];
  wrong.push(...judge(last, right));
  const finals = rows.filter(({ status }) => status !== 'error' && status !== 'in_progress');
  if (finals.length !== (right === 'error' ? 0 : 1)) wrong.push(`${finals.length} final reports`);
  if (rows.some(({ status }) => status === 'in_progress')) wrong.push('an attempt is still in progress');
  return wrong;
}

describePostgres('the fault matrix of solvency', (open) => {
  test('nobody is told that a platform can pay that cannot, or of which that is not known', async () => {
    const db = await open({ postgres: { poolSize: AT_ONCE * 3 } });
    const { steps } = await reconcile(db, { name: 'steps', world: 'honest', fault: undefined });
    expect(steps).toBeGreaterThan(40);

    const cases: { readonly run: Run; readonly heals: boolean; readonly what: string }[] = [];
    for (const [index, fault] of FAULTS.entries()) {
      const add = (world: World, heals: boolean, crash?: Run['crash']): void => {
        const what = `${fault.name}, ${world}${crash === undefined ? '' : `, dies ${crash.death} at ${crash.at}`}${heals ? ', heals' : ''}`;
        const name = `case-${cases.length}`;
        cases.push({ what, heals, run: { name, world, fault, ...(crash === undefined ? {} : { crash }) } });
      };
      add(index % 2 === 1 ? 'honest' : 'robbed', false);
      // One or two deaths of each, so that over all of them every step is somebody's last.
      for (let nth = 0; nth < 1 + ((index + 1) % 2); nth += 1) {
        const at = 1 + (((index * 4 + nth * 2 + 1) * 7) % steps);
        add(nth % 2 === 0 ? 'robbed' : 'honest', index % 2 === nth, {
          at,
          death: (index + nth) % 3 === 0 ? 'once' : 'for good',
        });
      }
    }
    expect(cases.length).toBeGreaterThanOrEqual(400);

    const wrong: string[] = [];
    const queue = [...cases];
    const work = async (): Promise<void> => {
      for (let next = queue.pop(); next !== undefined; next = queue.pop())
        wrong.push(...(await play(db, next.run, next.heals)).map((each) => `${next?.what}: ${each}`));
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    expect(wrong).toEqual([]);
  }, 600_000);
});
