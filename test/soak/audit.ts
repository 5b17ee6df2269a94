/**
 * Writers whose database goes away at any statement, before it or after it, and business transactions
 * that commit or roll back meanwhile: what was acknowledged is in the log once, what was rolled back is
 * not, and the log is sound.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { type KyselyPlugin, sql } from 'kysely';
import { watch } from '../../src/features/audit/capture/watch.ts';
import { leafText } from '../../src/features/audit/log/leaf.ts';
import { assureStream, readState } from '../../src/features/audit/log/store.ts';
import { AuditLog } from '../../src/features/audit/service.ts';
import { readLeaves } from '../../src/features/audit/store.ts';
import { leafHash } from '../../src/features/audit/tlog/hashing.ts';
import { Frontier } from '../../src/features/audit/tlog/tree.ts';
import { PlumblineError } from '../../src/kernel/errors.ts';
import { systemClock, systemRandom } from '../../src/platform/clock/system.ts';
import { openPostgres } from '../../src/platform/db/pg.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { applyMigrations } from '../support/migrations.ts';
import { administer, findPostgres, startPostgres, urlOf } from '../support/postgres.ts';
import { Dice } from './month/dice.ts';
import type { Soak } from './soak.ts';

const PROCESSES = 4;
const WRITERS = 40; // each: more than go together
const BUSINESS = 8;
const CRASHES = 200; // a seed
const CRASH_SHARE = 0.2;

export const run: Soak = async ({ seeds, firstSeed }) => {
  const bin = await findPostgres(15);
  if (bin === undefined) throw new Error('PostgreSQL 15 is not installed');
  const server = await startPostgres(bin);
  const violations: string[] = [];
  try {
    for (let seed = firstSeed; seed < firstSeed + seeds; seed += 1) {
      const name = `soak_${seed}`;
      await administer(server.url, `CREATE DATABASE ${name}`);
      const found = await crashes(urlOf(server.url, name), seed);
      violations.push(...found.map((each) => `seed ${seed}: ${each}`));
      await administer(server.url, `DROP DATABASE ${name} WITH (FORCE)`);
    }
  } finally {
    await server.stop();
  }
  return { runs: seeds, violations };
};

/** Its statements fail before they are sent, or after they were answered. */
function mortal(db: Db, crash: () => void): Db {
  const plugin: KyselyPlugin = {
    transformQuery: ({ node }) => {
      crash();
      return node;
    },
    transformResult: ({ result }) => {
      crash();
      return Promise.resolve(result);
    },
  };
  return {
    ...db,
    sql: db.sql.withPlugin(plugin),
    inOrder: db.inOrder.withPlugin(plugin),
    transaction: async (mode, work) => {
      crash();
      const result = await db.transaction(mode, async (tx) => {
        const inside = await work(tx.withPlugin(plugin));
        crash(); // everything is written, nothing is committed
        return inside;
      });
      crash(); // committed, and nobody hears of it
      return result;
    },
  };
}

/** @returns which rules were broken */
export async function crashes(url: string, seed: number): Promise<readonly string[]> {
  const dice = new Dice(seed, 'crashes');
  const db = await openPostgres({ url, poolSize: 20 });
  try {
    await applyMigrations(db);
    let left = CRASHES;
    const crash = (): void => {
      if (left <= 0 || !dice.chance(CRASH_SHARE)) return;
      left -= 1;
      throw new PlumblineError('upstream', 'db.unavailable', 'the connection was lost');
    };
    const deps = { clock: systemClock, random: systemRandom, origin: 'example.org/soak', zone: 'UTC' };
    await new AuditLog({ db, ...deps }).open();
    await assureStream(db.sql, 'direct', false);
    await sql`CREATE TABLE business (id text PRIMARY KEY, n integer NOT NULL)`.execute(db.sql);
    await watch(db, { table: 'business', salted: false, actor: 'soak' });
    const logs = Array.from({ length: PROCESSES }, () => new AuditLog({ db: mortal(db, crash), ...deps }));

    const acknowledged = new Map<string, number>();
    const committed: string[] = [];
    const violations: string[] = [];
    const write = async (log: AuditLog, writer: string): Promise<void> => {
      for (let at = 0; left > 0; at += 1) {
        const recordId = `${writer}-${at}`;
        const entry = { stream: 'direct', recordId, op: 'insert', actor: writer, content: { record: { at } } };
        for (let tries = 0; ; tries += 1) {
          try {
            // Half of them have no key: they are written once all the same, or refused.
            const { leaf } = await log.append(at % 2 === 0 ? { ...entry, key: recordId } : entry);
            acknowledged.set(recordId, leaf.index);
            break;
          } catch (error) {
            if (!(error instanceof PlumblineError) || error.kind === 'integrity') throw error;
            if (at % 2 === 1) break; // whether it was written, nobody knows
            if (tries > 200) throw error;
          }
        }
      }
    };
    const trade = async (trader: string): Promise<void> => {
      for (let at = 0; left > 0; at += 1) {
        const id = `${trader}-${at}`;
        const commits = dice.chance(0.7);
        await db
          .transaction({}, async (tx) => {
            await sql`INSERT INTO business VALUES (${id}, ${at})`.execute(tx);
            if (!commits) throw new Error('rolled back');
          })
          .then(
            () => committed.push(id),
            () => undefined,
          );
        await delay(1);
      }
    };
    const drain = async (log: AuditLog): Promise<void> => {
      while (left > 0) {
        await log.drain().catch(() => undefined);
        await delay(2);
      }
    };
    const watchSize = async (): Promise<void> => {
      let size = 0;
      while (left > 0) {
        const now = (await readState(db.sql))?.frontier.size ?? 0;
        if (now < size) violations.push(`the size went back from ${size} to ${now}`);
        size = now;
        await delay(5);
      }
    };
    await Promise.all([
      ...logs.flatMap((log, process) =>
        Array.from({ length: WRITERS }, (_, writer) => write(log, `w${process}-${writer}`)),
      ),
      ...Array.from({ length: BUSINESS }, (_, trader) => trade(`t${trader}`)),
      ...logs.map(drain),
      watchSize(),
    ]);
    const last = new AuditLog({ db, ...deps });
    await last.drainAll();
    return [...violations, ...(await judge(db, acknowledged, committed))];
  } finally {
    await db.close();
  }
}

/** Every leaf again, and where what was acknowledged and committed stands. @returns which rules are broken */
export async function judge(
  db: Db,
  acknowledged: ReadonlyMap<string, number>,
  committed: readonly string[],
): Promise<readonly string[]> {
  const violations: string[] = [];
  const frontier = Frontier.empty();
  const heads = new Map<string, { readonly hash: string; readonly seq: number }>();
  const places = new Map<string, number[]>();
  for (const leaf of await readLeaves(db.sql, 0, Number.MAX_SAFE_INTEGER)) {
    const before = heads.get(leaf.stream);
    const hash = leafHash(leafText(leaf));
    if (leaf.index !== frontier.size) violations.push(`leaf ${frontier.size} is missing`);
    if (hash.toString('hex') !== leaf.leafHash) violations.push(`leaf ${leaf.index} is not what it hashes to`);
    if (leaf.seq !== (before?.seq ?? -1) + 1 || (before !== undefined && before.hash !== leaf.previousHash)) {
      violations.push(`leaf ${leaf.index} does not follow its stream`);
    }
    heads.set(leaf.stream, { hash: leaf.leafHash, seq: leaf.seq });
    frontier.append(hash);
    places.set(leaf.recordId, [...(places.get(leaf.recordId) ?? []), leaf.index]);
  }
  const state = await readState(db.sql);
  if (state === undefined || Buffer.compare(state.frontier.root(), frontier.root()) !== 0)
    violations.push('the root differs');
  for (const [id, index] of acknowledged) {
    const found = places.get(id) ?? [];
    if (found.length !== 1 || found[0] !== index)
      violations.push(`${id}, acknowledged as ${index}, stands at [${found}]`);
  }
  for (const [id, found] of places)
    if (!/^\d{4}-/.test(id) && found.length > 1) violations.push(`${id} stands at [${found}]`);
  const traded = new Set(committed);
  for (const id of committed)
    if (places.get(id)?.length !== 1) violations.push(`${id} was committed and stands at [${places.get(id)}]`);
  for (const id of places.keys())
    if (/(^|-)t/.test(id) && !traded.has(id)) violations.push(`${id} was rolled back and is in the log`);
  return violations;
}
