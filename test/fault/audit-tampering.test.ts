/** A superuser with triggers switched off: whatever he does to the log is found, and where. */
import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { type DatabaseOptions, verifyDatabase } from '../../src/features/audit/verify/database.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { signed, threeDays } from '../support/audit.ts';
import { type Attack, andRehash, attacked, run, verdict } from '../support/audit-attacks.ts';
import { describePostgres } from '../support/databases.ts';

/** Of `threeDays`: leaves in a full tile, and in the one that is not full. */
const SIZE = 619;
const PLACES = [100, 590];

const anySize = sql`ALTER TABLE audit_log DROP CONSTRAINT audit_log_frontier`;
const shift = (from: number, by: number) => [
  sql`ALTER TABLE audit_redactions DROP CONSTRAINT audit_redactions_later`,
  ...[sql`audit_leaves`, sql`audit_payloads`, sql`audit_redactions`].flatMap((table) => [
    sql`UPDATE ${table} SET idx = -idx - 1 WHERE idx >= ${from}`,
    sql`UPDATE ${table} SET idx = -idx - 1 + ${by} WHERE idx < 0`,
  ]),
  sql`UPDATE audit_redactions SET leaf = leaf + ${by} WHERE leaf >= ${from}`,
];

const swap = (a: number, b: number) =>
  run(
    ...[sql`audit_leaves`, sql`audit_payloads`].flatMap((table) => [
      sql`UPDATE ${table} SET idx = -1 WHERE idx = ${a}`,
      sql`UPDATE ${table} SET idx = ${a} WHERE idx = ${b}`,
      sql`UPDATE ${table} SET idx = ${b} WHERE idx = -1`,
    ]),
  );

const leafAttacks = (at: number): readonly Attack[] => [
  {
    name: 'edits a leaf',
    attack: run(sql`UPDATE audit_leaves SET record_id = 'other' WHERE idx = ${at}`),
    kind: 'leaf-altered',
    index: at,
  },
  {
    name: 'edits the hash of what was recorded',
    attack: run(sql`UPDATE audit_leaves SET data_hash = sha256('') WHERE idx = ${at}`),
    kind: 'leaf-altered',
    index: at,
  },
  {
    name: 'edits the actor',
    attack: run(sql`UPDATE audit_leaves SET actor = 'somebody else' WHERE idx = ${at}`),
    kind: 'leaf-altered',
    index: at,
  },
  {
    name: 'backdates a leaf',
    attack: run(sql`UPDATE audit_leaves SET at_us = at_us - 3600000000 WHERE idx = ${at}`),
    kind: 'leaf-altered',
    index: at,
  },
  {
    name: 'edits the hash of a leaf',
    attack: run(sql`UPDATE audit_leaves SET leaf_hash = sha256('') WHERE idx = ${at}`),
    kind: 'leaf-altered',
    index: at,
  },
  {
    name: 'deletes a leaf',
    attack: run(sql`DELETE FROM audit_leaves WHERE idx = ${at}`),
    kind: 'leaf-missing',
    index: at,
  },
  {
    name: 'deletes leaves',
    attack: run(sql`DELETE FROM audit_leaves WHERE idx BETWEEN ${at} AND ${at + 5}`),
    kind: 'leaf-missing',
    index: at,
  },
  {
    name: 'deletes all leaves from one on',
    attack: run(sql`DELETE FROM audit_leaves WHERE idx >= ${at}`),
    kind: 'leaf-missing',
    index: at,
  },
  {
    name: 'moves a leaf to another stream',
    attack: run(
      sql`UPDATE audit_leaves SET stream_id = (SELECT id FROM audit_streams WHERE name = 'rate_operations'), seq = 0 WHERE idx = ${at}`,
    ),
    kind: 'leaf-altered',
    index: at,
  },
  {
    name: 'moves a leaf to a stream that does not exist',
    attack: run(sql`UPDATE audit_leaves SET stream_id = 12345, seq = 0 WHERE idx = ${at}`),
    kind: 'leaf-altered',
    index: at,
  },
  {
    name: 'deletes a payload',
    attack: run(sql`DELETE FROM audit_payloads WHERE idx = ${at}`),
    kind: 'payload-missing',
    index: at,
  },
  {
    name: 'edits a payload',
    attack: run(sql`UPDATE audit_payloads SET record = replace(record, '50', '51') WHERE idx = ${at}`),
    kind: 'payload-altered',
    index: at,
  },
  {
    name: 'says that a payload was forgotten',
    attack: run(
      sql`DELETE FROM audit_payloads WHERE idx = ${at}`,
      sql`INSERT INTO audit_redactions (idx, leaf) VALUES (${at}, ${SIZE - 1})`,
    ),
    kind: 'redaction-unproved',
    index: at,
  },
  {
    name: 'says so by a redaction of something else',
    attack: run(
      sql`DELETE FROM audit_payloads WHERE idx = 100`,
      sql`INSERT INTO audit_redactions (idx, leaf) VALUES (100, 578)`,
    ),
    kind: 'redaction-unproved',
    index: 100,
  },
];

const orderAttacks = (at: number): readonly Attack[] => [
  {
    name: 'swaps two leaves of a stream',
    attack: swap(at, at === 100 ? 101 : 592),
    kind: 'link-broken',
    index: at,
  },
  // In a tile that is not full nothing but the root tells: which leaves it is of is what can be said.
  at === 100
    ? { name: 'swaps leaves of two streams', attack: swap(100, 102), kind: 'leaf-moved', index: 100 }
    : { name: 'swaps leaves of two streams', attack: swap(590, 591), kind: 'root-differs', index: 579 },
  {
    name: 'deletes a leaf and moves those after it',
    attack: run(
      sql`DELETE FROM audit_leaves WHERE idx = ${at}`,
      sql`DELETE FROM audit_payloads WHERE idx = ${at}`,
      ...shift(at + 1, -1),
      anySize,
      sql`UPDATE audit_log SET size = size - 1`,
    ),
    kind: 'link-broken',
    from: at,
    index: at + 2,
  },
  {
    name: 'inserts a leaf and moves those after it',
    attack: run(
      ...shift(at, 1),
      sql`INSERT INTO audit_leaves (idx, seq, at_us, stream_id, data_hash, leaf_hash, record_id, op, actor)
        SELECT ${at}::bigint, 0, at_us, (SELECT id FROM audit_streams WHERE name = 'rate_operations'), data_hash, sha256('x'), 'forged', op, actor
        FROM audit_leaves WHERE idx = ${at + 1}`,
      sql`INSERT INTO audit_payloads SELECT ${at}::bigint, salt, record FROM audit_payloads WHERE idx = ${at + 1}`,
      anySize,
      sql`UPDATE audit_log SET size = size + 1`,
    ),
    kind: 'leaf-altered',
    index: at,
  },
];

const logAttacks: readonly Attack[] = [
  { name: 'truncates the leaves', attack: run(sql`TRUNCATE audit_leaves`), kind: 'leaf-missing', index: 0 },
  {
    name: 'appends a leaf past the log',
    attack: run(
      sql`INSERT INTO audit_leaves (idx, seq, at_us, stream_id, data_hash, leaf_hash, record_id, op, actor)
        SELECT ${SIZE}::bigint, 0, at_us, 12345, data_hash, leaf_hash, 'forged', op, actor FROM audit_leaves WHERE idx = ${SIZE - 1}`,
    ),
    kind: 'leaf-inserted',
    index: SIZE,
  },
  {
    name: 'edits a tile',
    attack: run(
      sql`UPDATE audit_tiles SET hashes = set_byte(hashes, 3200, 255 - get_byte(hashes, 3200)) WHERE level = 0 AND n = 1`,
    ),
    kind: 'tile-altered',
    index: 356,
  },
  {
    name: 'edits the root of a tile',
    attack: run(sql`UPDATE audit_tiles SET root = sha256('') WHERE level = 0 AND n = 1`),
    kind: 'tile-altered',
    index: 256,
  },
  { name: 'deletes a tile', attack: run(sql`DELETE FROM audit_tiles WHERE n = 1`), kind: 'tile-missing', index: 256 },
  {
    name: 'edits the root of the log',
    attack: run(sql`UPDATE audit_log SET root = sha256('x')`),
    kind: 'root-differs',
    index: SIZE,
  },
  { name: 'edits the time of the log', attack: run(sql`UPDATE audit_log SET at_us = at_us + 1`), kind: 'log-altered' },
  {
    name: 'edits the head of a stream',
    attack: run(sql`UPDATE audit_streams SET head = sha256('x') WHERE name = 'payouts'`),
    kind: 'stream-altered',
    index: 618,
  },
  {
    name: 'edits the root of a day',
    attack: run(sql`UPDATE audit_days SET root = sha256('x') WHERE date = '2026-11-25'`),
    kind: 'day-altered',
  },
  {
    name: 'removes a day',
    attack: run(sql`DELETE FROM audit_days WHERE date = '2026-11-25'`),
    kind: 'day-missing',
    index: 300,
  },
  {
    name: 'makes a day longer',
    attack: run(sql`UPDATE audit_days SET size = 310, root = sha256('x') WHERE date = '2026-11-26'`),
    kind: 'day-missing',
    index: 301,
  },
  {
    name: 'edits a kept checkpoint',
    attack: run(sql`UPDATE audit_checkpoints SET note = replace(note, E'\n301\n', E'\n302\n') WHERE kind = 'daily'`),
    kind: 'checkpoint-differs',
  },
];

const rowAttacks: readonly Attack[] = [
  { name: 'edits a live row', attack: run(sql`UPDATE accounts SET balance = 666 WHERE id = 7`), kind: 'row-altered' },
  { name: 'deletes a live row', attack: run(sql`DELETE FROM accounts WHERE id = 7`), kind: 'row-missing' },
  {
    name: 'inserts a live row',
    attack: run(sql`INSERT INTO accounts VALUES (99, 1, 'forged')`),
    kind: 'row-unrecorded',
  },
  {
    name: 'puts a deleted row back',
    attack: run(sql`INSERT INTO accounts VALUES (20, 200, 'opened')`),
    kind: 'row-unrecorded',
  },
  {
    name: 'switches the watch off',
    attack: run(sql`ALTER TABLE accounts DISABLE TRIGGER audit_watched`),
    kind: 'watch-disabled',
  },
];

/** @returns what went wrong, an attack a line */
async function failures(db: Db, attacks: readonly Attack[], options: DatabaseOptions): Promise<readonly string[]> {
  const wrong: string[] = [];
  for (const attack of attacks) {
    const { damage } = await attacked(db, attack.attack, (hurt) => verifyDatabase(hurt, options));
    const why = verdict(attack, damage);
    if (why !== undefined) wrong.push(`${attack.name}: ${why}`);
  }
  return wrong;
}

describePostgres('a superuser', (open) => {
  it('who changes leaves or payloads is found, and where', async () => {
    const { db, keys } = await threeDays(await open());
    for (const at of PLACES) expect(await failures(db, leafAttacks(at), { keys })).toEqual([]);
  });

  it('who changes the order of leaves is found, and where', async () => {
    const { db, keys } = await threeDays(await open());
    for (const at of PLACES) expect(await failures(db, orderAttacks(at), { keys })).toEqual([]);
  });

  it('who changes what stands around the leaves is found, and where', async () => {
    const { db, keys } = await threeDays(await open());
    expect(await failures(db, logAttacks, { keys })).toEqual([]);
  });

  it('who changes the rows of a watched table is found, and which row', async () => {
    const { db, keys } = await threeDays(await open());
    const { rows } = await sql<{
      idx: bigint;
    }>`SELECT idx FROM audit_leaves WHERE record_id IN ('7', '20') AND op IN ('insert', 'delete') ORDER BY idx`.execute(
      db.sql,
    );
    const [seven, , twenty] = rows.map(({ idx }) => Number(idx));
    const indices = [seven, seven, undefined, twenty, undefined];
    const attacks = rowAttacks.map((attack, at) => ({ ...attack, index: indices[at] }));
    expect(await failures(db, attacks, { keys })).toEqual([]);
  });

  it('who hashes everything again is found by what is signed, and between which checkpoints', async () => {
    const { db, keys } = await threeDays(await open());
    const edit = (at: number) => andRehash(run(sql`UPDATE audit_leaves SET actor = 'somebody else' WHERE idx = ${at}`));
    const attacks: readonly Attack[] = [
      { name: 'of the first day', attack: edit(100), kind: 'root-differs', index: 0 },
      { name: 'of the third day', attack: edit(400), kind: 'root-differs', index: 301 },
      { name: 'after the last kept one', attack: edit(600), kind: 'root-differs', index: 579 },
    ];
    expect(await failures(db, attacks, { keys })).toEqual([]);
    const { lastGood } = await attacked(db, edit(400), (hurt) => verifyDatabase(hurt, { keys }));
    expect(lastGood).toMatchObject({ index: 300, checkpoint: { size: 301, signedAt: '2026-11-26T05:00:00.000Z' } });
  });

  it('who deletes what was signed as well is found by a checkpoint that somebody else has kept', async () => {
    const { db, keys, sign } = await threeDays(await open());
    const known = [{ name: 'kept.txt', ...(await sign()) }];
    const forget = [sql`DELETE FROM audit_checkpoints`, sql`DELETE FROM audit_published`];
    const edit = andRehash(run(sql`UPDATE audit_leaves SET actor = 'somebody else' WHERE idx = 100`, ...forget));
    const cut = andRehash(
      run(sql`DELETE FROM audit_leaves WHERE idx >= 610`, sql`DELETE FROM audit_payloads WHERE idx >= 610`, ...forget),
    );
    expect(await failures(db, [{ name: 'rewrites', attack: edit, kind: 'fork', index: 0 }], { keys, known })).toEqual(
      [],
    );
    expect(
      await failures(db, [{ name: 'rolls back', attack: cut, kind: 'rollback', index: 610 }], { keys, known }),
    ).toEqual([]);
  });

  it('who restores an old backup, or forks the log, is found by the published checkpoint', async () => {
    const { db, keys, key } = await threeDays(await open());
    const cut = [sql`DELETE FROM audit_leaves WHERE idx >= 610`, sql`DELETE FROM audit_payloads WHERE idx >= 610`];
    const fork = andRehash(run(sql`UPDATE audit_leaves SET actor = 'somebody else' WHERE idx = 615`));
    const attacks: readonly Attack[] = [
      { name: 'restores', attack: andRehash(run(...cut)), kind: 'rollback', index: 610 },
      { name: 'forks', attack: fork, kind: 'root-differs', index: 579 },
    ];
    expect(await failures(db, attacks, { keys })).toEqual([]);
    const forged = await signed(key, 500, new Uint8Array(32).fill(7));
    const { damage } = await verifyDatabase(db, { keys, known: [{ name: 'other.txt', note: forged }] });
    expect(damage).toMatchObject([{ kind: 'fork', index: 301, size: 500 }]);
  });
});

describePostgres('honest work', (open) => {
  it('raises nothing', async () => {
    const { db, keys, sign } = await threeDays(await open());
    const known = [{ name: 'now', ...(await sign()) }];
    const result = await verifyDatabase(db, { keys, known });
    expect(result).toMatchObject({
      ok: true,
      size: SIZE,
      damage: [],
      lastGood: { index: SIZE - 1, checkpoint: { size: SIZE } },
    });
    expect(result.checked).toMatchObject({ leaves: SIZE, payloads: SIZE - 2, redacted: 2, days: 2 });
  });
});
