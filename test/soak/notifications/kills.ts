/** Processes that send by HTTP are killed by SIGKILL at any instant of a backlog, and others take over. */
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import { z } from 'zod';
import type { Db } from '../../../src/platform/db/port.ts';
import { start } from '../../support/child.ts';
import { notifyWorld } from '../../support/notifications.ts';
import { Arrivals, queue, verdictOf } from './truth.ts';

const SENT = z.object({ id: z.string() });

export interface Killed {
  readonly violations: readonly string[];
  readonly notifications: number;
  readonly lost: number;
  readonly duplicates: number;
  readonly kills: number;
}

export async function kills(
  db: Db,
  url: string,
  seed: number,
  given: { readonly kills: number; readonly each: number },
): Promise<Killed> {
  const world = notifyWorld(db);
  const team = `k${seed}-${randomBytes(3).toString('hex')}`;
  await world.endpoint(team, '-1001');
  await queue(
    db,
    team,
    Date.now() - 3_600_000,
    Array.from({ length: given.each * given.kills }, (_, nth) => ({ id: `${team}/${nth}`, dueMs: nth })),
  );
  const arrived = new Arrivals();
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on('end', () => {
      arrived.add(SENT.parse(JSON.parse(body)).id);
      response.end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const run = (): ReturnType<typeof start> =>
    start(process.execPath, ['test/fault/notifications-child.ts', url, String(port)]);
  let killed = 0;
  let next = run();
  try {
    for (let nth = 0; nth < given.kills; nth += 1) {
      const child = next;
      await child.said('sending', 120_000);
      next = run(); // takes over: its lease is short
      await delay(20 + ((seed * 31 + nth * 17) % 80));
      if (child.process.kill('SIGKILL')) killed += 1;
      await child.exited;
    }
    await allTold(db, team);
  } finally {
    next.process.kill('SIGKILL');
    await next.exited;
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  }
  const { broken, lost } = await verdictOf(db, team, arrived);
  return {
    violations: broken.map((each) => `seed ${seed}: ${each}`),
    ...{ notifications: given.each * given.kills, lost, duplicates: arrived.duplicates, kills: killed },
  };
}

/** Resolves when all have been told, or none was for a minute. */
async function allTold(db: Db, team: string): Promise<void> {
  let left = Number.POSITIVE_INFINITY;
  for (let idle = 0; left > 0 && idle < 300; idle += 1) {
    await delay(200);
    const { rows } = await sql<{
      n: number;
    }>`SELECT count(*)::int AS n FROM notification_logs WHERE team = ${team} AND status <> 'delivered'`.execute(db.sql);
    const now = rows[0]?.n ?? 0;
    if (now < left) idle = 0;
    left = now;
  }
}
