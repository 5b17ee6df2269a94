/** The log over a real database with those outside of it: the signer, witnesses, and a day's anchors. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { folderKeys } from '../../src/features/audit/signer/keys.ts';
import { checkpointStore, logReader } from '../../src/features/audit/signer/published-log.ts';
import { Publisher } from '../../src/features/audit/signer/publisher.ts';
import { restoreSigner } from '../../src/features/audit/signer/restore.ts';
import { signNote } from '../../src/features/audit/signer/sign-note.ts';
import { openSigner } from '../../src/features/audit/signer/signer.ts';
import { readDailyCheckpoints } from '../../src/features/audit/store.ts';
import { formatCheckpoint, parseCheckpoint } from '../../src/features/audit/tlog/checkpoint.ts';
import { parseVerifierKey } from '../../src/features/audit/tlog/keys.ts';
import { parseNote, verifiedBy } from '../../src/features/audit/tlog/note.ts';
import { NotificationService } from '../../src/features/notifications/service.ts';
import { anchorJobs } from '../../src/main/audit-anchors.ts';
import { openSigning } from '../../src/main/audit-signing.ts';
import { systemClock, systemRandom } from '../../src/platform/clock/system.ts';
import { loadConfig } from '../../src/platform/config/config.ts';
import type { Environment } from '../../src/platform/config/setting.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { openStateFolder } from '../../src/platform/files/folder.ts';
import { createHttpClient } from '../../src/platform/http-client/undici.ts';
import { openFolderStore } from '../../src/platform/objects/folder.ts';
import { asSuperuser, fill, ORIGIN, openTestLog, type TestLog } from '../support/audit.ts';
import { andRehash, run } from '../support/audit-attacks.ts';
import { startCalendar } from '../support/calendar-server.ts';
import { describeDb } from '../support/databases.ts';
import { recordLog } from '../support/log.ts';
import { startTimeStampAuthority } from '../support/time-stamp-authority.ts';
import { startWitness, type TestWitness } from '../support/witness.ts';

const http = createHttpClient({ clock: systemClock });
let folder: string;
let ends: (() => Promise<unknown>)[];
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'plumbline-outside-'));
  ends = [];
});
afterEach(async () => {
  for (const end of ends) await end();
  rmSync(folder, { recursive: true });
});

const sizesOf = async (db: Db, kind: string): Promise<readonly number[]> => {
  const { rows } = await sql<{
    size: bigint;
  }>`SELECT size FROM audit_checkpoints WHERE kind = ${kind} ORDER BY size`.execute(db.sql);
  return rows.map(({ size }) => Number(size));
};

async function publisherOf({ db }: TestLog, refusals: string[] = []): Promise<Publisher> {
  const files = openStateFolder({ folder: path.join(folder, 'signer'), clock: systemClock });
  const signer = await openSigner({ files, ring: folderKeys(files, systemClock), origin: ORIGIN, clock: systemClock });
  const onRefused = ({ code }: { readonly code: string }) => void refusals.push(code);
  return new Publisher({ db, signer, log: logReader(db), store: checkpointStore(db), clock: systemClock, onRefused });
}

function depsOf(log: TestLog, env: Environment) {
  const lines = recordLog();
  const config = loadConfig({
    ...{ PLUMBLINE_DATA: folder, AUDIT_ORIGIN: ORIGIN, AUDIT_SIGNER_FOLDER: path.join(folder, 'signer'), ...env },
  });
  const notifications = new NotificationService({ db: log.db, clock: systemClock, random: systemRandom });
  return { config, notifications, http, db: log.db, clock: systemClock, random: systemRandom, ...lines };
}

describeDb('the signer of a real log', (open) => {
  it('signs days first, then the log, and stops for good when a superuser rewrites it', async () => {
    const log = await openTestLog(await open());
    await fill(log.log, 120);
    const refusals: string[] = [];
    const publisher = await publisherOf(log, refusals);
    await publisher.publish();
    await log.clock.advance(86_400_000);
    await fill(log.log, 120, 120);
    const { size, note } = await publisher.publish(240);
    expect(parseCheckpoint(parseNote(note).text)).toMatchObject({ origin: ORIGIN, size });
    expect(await sizesOf(log.db, 'daily')).toEqual([121]);
    expect(await publisher.publish()).toMatchObject({ note });

    const edit = run(sql`UPDATE audit_leaves SET actor = 'somebody else' WHERE idx = 100`);
    await asSuperuser(log.db, andRehash(edit));
    await expect(publisher.publish()).rejects.toMatchObject({ code: 'audit.fork', kind: 'integrity' });
    await expect((await publisherOf(log)).publish()).rejects.toMatchObject({ code: 'audit.fork' });
    expect(refusals).toEqual(['audit.fork']);
  });

  it('finds a log that was put back at the first look', async () => {
    const log = await openTestLog(await open());
    await fill(log.log, 100);
    const size = 100;
    await (await publisherOf(log)).publish(size);
    await asSuperuser(
      log.db,
      andRehash(run(sql`DELETE FROM audit_leaves WHERE idx >= 90`, sql`DELETE FROM audit_published`)),
    );
    await expect((await publisherOf(log)).publish()).rejects.toMatchObject({
      code: 'audit.rollback',
      message: expect.stringContaining('ROLLBACK: signed 100, the log has 90'),
    });
  });

  it('finds a leaf whose stored hash is damaged, before it is signed', async () => {
    const log = await openTestLog(await open());
    await fill(log.log, 20);
    const publisher = await publisherOf(log);
    await publisher.publish();
    await fill(log.log, 20, 20);
    await asSuperuser(log.db, run(sql`UPDATE audit_leaves SET leaf_hash = sha256('x') WHERE idx = 30`));
    await expect(publisher.publish()).rejects.toMatchObject({ code: 'audit.root_mismatch' });
  });
});

describeDb('the log and its witnesses', (open) => {
  async function witnessed(log: TestLog, missed: 'hold' | 'publish') {
    const plain = await openSigning(depsOf(log, {}));
    const [key] = (await plain?.signer.keys()) ?? [];
    const trusted = [parseVerifierKey(key?.vkey ?? '')];
    const witnesses = await Promise.all(['w1', 'w2'].map((name) => startWitness(name, undefined, undefined, trusted)));
    const close = async (): Promise<void> => {
      await Promise.all(witnesses.splice(0).map((each) => each.close()));
    };
    ends.push(close);
    const policy = path.join(folder, 'policy');
    const lines = witnesses.map(({ name, witness, server }) => `witness ${name} ${witness.vkeys[0]} ${server.url}\n`);
    writeFileSync(policy, `${lines.join('')}group both all w1 w2\nquorum both\n`);
    const env = { AUDIT_WITNESS_POLICY: policy, AUDIT_QUORUM_MISSED: missed, AUDIT_WITNESS_TIMEOUT_MS: '2000' };
    const deps = depsOf(log, env);
    const signing = await openSigning(deps);
    if (signing === undefined) throw new Error('it signs');
    const verifiers = witnesses.map(({ witness }: TestWitness) => parseVerifierKey(witness.vkeys[0] ?? ''));
    return { signing, deps, witnesses, verifiers, closeWitnesses: close };
  }

  it('gives out nothing that they have not cosigned, where it is told to hold', async () => {
    const log = await openTestLog(await open());
    const { signing, verifiers, closeWitnesses } = await witnessed(log, 'hold');
    const newest = async () => (await checkpointStore(log.db).newest())?.note ?? '';
    await fill(log.log, 10);
    await signing.publish(10);
    expect(verifiedBy(parseNote(await newest()), verifiers)).toHaveLength(2);
    expect(await sizesOf(log.db, 'witnessed')).toEqual([10]);
    await closeWitnesses();
    const before = await newest();
    await fill(log.log, 10, 10);
    await expect(signing.publish(20)).rejects.toMatchObject({ code: 'audit.quorum_missed' });
    expect(await newest()).toBe(before);
  });

  it('goes on without them, where it is told to publish', async () => {
    const log = await openTestLog(await open());
    const { signing, verifiers, closeWitnesses } = await witnessed(log, 'publish');
    await fill(log.log, 10);
    await closeWitnesses();
    await signing.publish(10);
    const newest = await checkpointStore(log.db).newest();
    expect(newest?.size).toBe(10);
    expect(verifiedBy(parseNote(newest?.note ?? ''), verifiers)).toHaveLength(0);
    expect(await sizesOf(log.db, 'witnessed')).toEqual([]);
  });

  it('raises what they know of a log that was put back together with its signer', async () => {
    const log = await openTestLog(await open());
    const { signing, deps } = await witnessed(log, 'hold');
    await fill(log.log, 50);
    await signing.publish(50);
    rmSync(path.join(folder, 'signer', 'signer-state'));
    const files = openStateFolder({ folder: path.join(folder, 'signer'), clock: systemClock });
    const ring = folderKeys(files, systemClock);
    const [key] = await ring.keys();
    await asSuperuser(
      log.db,
      andRehash(run(sql`DELETE FROM audit_leaves WHERE idx >= 40`, sql`DELETE FROM audit_published`)),
    );
    const head = await logReader(log.db).head();
    const older = await signNote(
      formatCheckpoint({ origin: ORIGIN, size: head.size, root: Buffer.from(head.root) }),
      key === undefined ? [] : [key],
    );
    await restoreSigner({ files, ring, origin: ORIGIN, checkpoint: older });

    const again = await openSigning(deps);
    await expect(again?.publish()).rejects.toMatchObject({ code: 'audit.quorum_missed' });
    await expect
      .poll(async () => {
        const { rows } = await sql<{
          message: string;
          payload: unknown;
        }>`SELECT message, payload FROM notification_logs WHERE event_type = 'audit.refused'`.execute(log.db.sql);
        return rows;
      })
      .toHaveLength(2);
    const { rows } = await sql<{
      payload: { evidence: { answer: string; request: string } };
    }>`SELECT payload FROM notification_logs WHERE event_type = 'audit.refused'`.execute(log.db.sql);
    expect(rows[0]?.payload.evidence).toMatchObject({
      status: 409,
      answer: '50\n',
      request: expect.stringContaining('old 0\n'),
    });
    expect(deps.lines.filter(({ level }) => level === 'fatal')).toHaveLength(2);
  });
});

describe('a day', () => {
  describeDb('anchored', (open) => {
    it('has its checkpoint, its time stamp and its promise beside its tiles', async () => {
      const [authority, calendar] = await Promise.all([startTimeStampAuthority(), startCalendar()]);
      ends.push(
        () => authority.close(),
        () => calendar.close(),
      );
      writeFileSync(path.join(folder, 'ca.pem'), authority.root);
      const log = await openTestLog(await open());
      await fill(log.log, 600);
      await log.clock.advance(86_400_000);
      await log.log.closeDays();
      await (await publisherOf(log)).publish();
      const [day] = await readDailyCheckpoints(log.db.sql, 0, 10);
      expect(day?.size).toBe(601);

      const copy = path.join(folder, 'copy');
      const env = {
        AUDIT_COPY_FOLDER: copy,
        AUDIT_TSA_URL: authority.url,
        AUDIT_TSA_CA: path.join(folder, 'ca.pem'),
        AUDIT_OTS_CALENDARS: calendar.url,
      };
      const deps = depsOf(log, env);
      const [job] = anchorJobs(deps, (end) => ends.push(end));
      await job?.run();
      await job?.run();
      calendar.attest(700);
      await job?.run();
      const objects = openFolderStore({ folder: copy });
      const keys: string[] = [];
      for await (const key of objects.list('audit/')) keys.push(key);
      const checkpoint = keys.find((key) => key.startsWith('audit/checkpoints/') && !key.includes('.'));
      expect(keys.filter((key) => key.startsWith('audit/tile/'))).toHaveLength(4);
      expect(
        keys
          .filter((key) => key.startsWith(`${checkpoint}.`))
          .map((key) => key.slice(-3))
          .sort(),
      ).toEqual(['ots', 'ots', 'tsr']);
      expect(Buffer.from(await objects.get(checkpoint ?? '')).toString()).toBe(day?.note);
      const stamp = keys.find((key) => key.endsWith('.tsr')) ?? '';
      expect(authority.verify(await objects.get(checkpoint ?? ''), await objects.get(stamp))).toContain('OK');
    });
  });

  it('is anchored nowhere without a folder for it, and says so', async () => {
    const deps = { ...depsOf({ db: {} as Db } as TestLog, {}), db: {} as Db };
    expect(anchorJobs(deps, () => undefined)).toEqual([]);
    const config = loadConfig({ AUDIT_TSA_URL: 'https://tsa.example/' });
    expect(() => anchorJobs({ ...deps, config }, () => undefined)).toThrow(
      expect.objectContaining({ code: 'audit.copy_missing' }),
    );
  });
});
