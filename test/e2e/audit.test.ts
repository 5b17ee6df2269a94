/** The audit log over HTTP, and at the command line. */
import { gunzipSync } from 'node:zlib';
import { sql } from 'kysely';
import { describe, expect, it, test } from 'vitest';
import { inProcessApi } from '../../src/apps/cli/api.ts';
import { runCli } from '../../src/apps/cli/program.ts';
import { auditCommands } from '../../src/features/audit/commands.ts';
import { leafHash } from '../../src/features/audit/tlog/hashing.ts';
import { parseVerifierKey } from '../../src/features/audit/tlog/keys.ts';
import { verifyConsistency, verifyInclusion } from '../../src/features/audit/tlog/proofs.ts';
import { parseReceipt, verifyReceipt } from '../../src/features/audit/tlog/receipt.ts';
import { sha256Hex } from '../../src/kernel/hash.ts';
import { systemClock } from '../../src/platform/clock/system.ts';
import type { ApiClient } from '../../src/platform/command-line/port.ts';
import type { Environment } from '../../src/platform/config/setting.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { readWholeLog, testSigner, treeHash } from '../support/audit-client.ts';
import { describeDb } from '../support/databases.ts';
import { sharedPglite } from '../support/pglite.ts';
import { plumbline } from '../support/program.ts';

const ORIGIN = 'localhost/log';
const signer = testSigner(ORIGIN);

/** A process that is given another database does not sign its log by itself. */
const UNSIGNED = { DATABASE_URL: 'postgres://nobody@localhost/nothing' };

interface Leaf {
  readonly index: number;
  readonly seq: number;
  readonly record_id: string;
  readonly leaf_hash: string;
  readonly previous_hash: string;
  readonly data_hash: string;
  readonly receipt: string | null;
}
interface ProofJson {
  readonly size: number;
  readonly root: string;
  readonly hashes: readonly string[];
}

async function withService(db: Db, work: (service: TestApp) => Promise<void>, env: Environment = {}): Promise<void> {
  const service = await startApp({ db, env: { ...UNSIGNED, ...env }, warm: false });
  try {
    expect((await service.post('/v1/audit/streams', { name: 'payments' })).status).toBe(201);
    await work(service);
  } finally {
    await service.close();
  }
}

const payment = (id: string, record: unknown = { amount: '1000.50' }, op = 'insert') => ({
  ...{ stream: 'payments', record_id: id, op, actor: 'user 7', record },
});
const many = (count: number) => ({ entries: Array.from({ length: count }, (_, n) => payment(`payment ${n}`, { n })) });

async function append(service: TestApp, body: unknown, headers: Record<string, string> = {}): Promise<readonly Leaf[]> {
  const answer = await service.post('/v1/audit/entries', body, headers);
  expect(answer.status, answer.text).toBe(201);
  const { data } = answer.body as { data?: readonly Leaf[] };
  return data ?? [answer.body as Leaf];
}

const sizeOf = async (service: TestApp): Promise<number> =>
  ((await service.request('/v1/audit/log')).body as { size: number }).size;

/** Until nothing of what the service itself says waits any more. */
async function settled(service: TestApp): Promise<void> {
  while (((await service.request('/v1/audit/log')).body as { waiting: number }).waiting > 0)
    await service.app.audit.drain();
}

/** The program's commands in this process: starting one for each takes its time. */
async function runHere(api: ApiClient, args: readonly string[]) {
  let [stdout, stderr] = ['', ''];
  const status = await runCli(
    {
      ...{ version: 'test', commands: [auditCommands], interactive: false, clock: systemClock },
      connect: async () => ({ api, close: async () => undefined }),
      stdout: (text) => {
        stdout += text;
      },
      stderr: (text) => {
        stderr += text;
      },
      interrupted: () => new AbortController().signal,
    },
    args,
  );
  return { status, stdout, stderr };
}

const bytes = (hex: string): Buffer => Buffer.from(hex, 'hex');
const holds = (leaf: string, index: number, { size, root, hashes }: ProofJson): boolean =>
  verifyInclusion(bytes(leaf), index, size, bytes(root), hashes.map(bytes));

describeDb('the audit log over HTTP', (open) => {
  it('answers with leaves, histories, proofs and receipts that verify', async () => {
    const db = await open();
    await withService(db, async (service) => {
      const [made] = await append(service, payment('payment/1', { amount: '10', note: 'ghi chú' }));
      const [paid] = await append(service, payment('payment/1', { amount: '10', paid: true }, 'update'));
      const others = await append(service, many(40));
      if (made === undefined || paid === undefined) throw new Error('no leaf');
      expect(paid).toMatchObject({ seq: 1, previous_hash: made.leaf_hash, receipt: null });
      expect(others.map(({ index }) => index)).toEqual(others.map((_, n) => paid.index + 1 + n));

      const one = (await service.request(`/v1/audit/entries/${paid.index}`)).body as Record<string, string>;
      expect(leafHash(one.leaf ?? '').toString('hex')).toBe(paid.leaf_hash);
      expect(sha256Hex(Buffer.concat([bytes(one.salt ?? ''), Buffer.from(JSON.stringify(one.record))]))).toBe(
        paid.data_hash,
      );
      const history = (await service.request('/v1/audit/records/payments/payment%2F1')).body as {
        data: (Leaf & { proof: ProofJson })[];
      };
      expect(history).toMatchObject({
        next: null,
        data: [
          { index: paid.index, record: { paid: true }, before: { index: made.index, record: { note: 'ghi chú' } } },
          { index: made.index, before: null },
        ],
      });
      for (const { leaf_hash, index, proof } of history.data) expect(holds(leaf_hash, index, proof)).toBe(true);

      const receipt = `/v1/audit/entries/${paid.index}/receipt`;
      expect((await service.request(receipt)).body).toMatchObject({ status: 409, code: 'audit.not_published_yet' });
      await signer.publish(db, paid.index);
      expect((await service.request(receipt)).body).toMatchObject({ published_size: paid.index, kind: 'conflict' });
      const size = await sizeOf(service);
      const note = await signer.publish(db, size);
      expect((await service.request('/v1/audit/checkpoint')).text).toBe(note);
      const { text, headers } = await service.request(receipt);
      expect(headers.get('content-type')).toBe('text/plain; charset=utf-8');
      const trusted = { origin: ORIGIN, logKeys: [parseVerifierKey(signer.key.vkey)] };
      expect(verifyReceipt(parseReceipt(text), bytes(paid.leaf_hash), trusted).size).toBe(size);
      expect(() => verifyReceipt(parseReceipt(text), bytes(made.leaf_hash), trusted)).toThrow('does not prove');

      const consistency = (await service.request(`/v1/audit/proof/consistency?from=7&to=${size}`)).body as {
        from_root: string;
        to_root: string;
        hashes: string[];
      };
      const { from_root, to_root, hashes } = consistency;
      expect(verifyConsistency(7, bytes(from_root), size, bytes(to_root), hashes.map(bytes))).toBe(true);
      for (const of of [paid.index + 1, size - 1]) {
        const { body } = await service.request(`/v1/audit/proof/inclusion?index=${paid.index}&size=${of}`);
        expect(holds(paid.leaf_hash, paid.index, body as ProofJson)).toBe(true);
      }
    });
  });

  it('pages over every leaf once, by stream, record, actor and time', async () => {
    const db = await open();
    await withService(db, async (service) => {
      const leaves = await append(service, many(25));
      const seen: number[] = [];
      for (let cursor: string | null = ''; cursor !== null; ) {
        const path: string = `/v1/audit/entries?stream=payments&limit=10${cursor === '' ? '' : `&cursor=${cursor}`}`;
        const { data, next } = (await service.request(path)).body as { data: Leaf[]; next: string | null };
        seen.push(...data.map(({ index }) => index));
        cursor = next;
      }
      expect(seen).toEqual(leaves.map(({ index }) => index).toReversed());
      const found = async (query: string) =>
        ((await service.request(`/v1/audit/entries?${query}`)).body as { data: Leaf[] }).data.length;
      expect(await found('record_id=payment%203')).toBe(1);
      expect(await found('actor=user%207&limit=200')).toBe(25);
      expect(await found('actor=nobody')).toBe(0);
      const { data } = (await service.request('/v1/audit/entries?stream=plumbline.configuration')).body as {
        data: Leaf[];
      };
      expect(data.map(({ record_id }) => record_id)).toEqual(['rates', 'book', 'settings']);
      const settings = (await service.request(`/v1/audit/entries/${data[2]?.index}`)).body as { record: unknown };
      expect(settings.record).toMatchObject({ changes: null, document: { AUDIT_ZONE: 'Asia/Ho_Chi_Minh' } });
      expect(settings.record).toMatchObject({ secrets: { DATABASE_URL: 'changed' } });
      expect(JSON.stringify(settings.record)).not.toMatch(/\[object|nobody/);
      const hour = (sign: number) => encodeURIComponent(new Date(Date.now() + sign * 3_600_000).toISOString());
      expect(await found(`stream=payments&from=${hour(-1)}&to=${hour(1)}&limit=200`)).toBe(25);
      expect(await found(`from=${hour(1)}`)).toBe(0);
      expect(await found(`to=${hour(-1)}`)).toBe(0);
      const long = 'ậ'.repeat(512);
      await append(service, payment(long));
      expect((await service.request(`/v1/audit/records/payments/${encodeURIComponent(long)}`)).body).toMatchObject({
        data: [{ record_id: long }],
      });
      expect((await service.request('/v1/audit/entries?cursor=AAAA')).body).toMatchObject({
        code: 'page.cursor_malformed',
      });
    });
  });

  it('is read whole by a client that knows its address alone', async () => {
    const db = await open();
    await withService(db, async (service) => {
      expect((await fetch(`${service.url}/log/checkpoint`)).status).toBe(404);
      await append(service, many(600));
      await settled(service);
      const size = await sizeOf(service);
      await signer.publish(db, size);
      const log = await readWholeLog(`${service.url}/log`);
      expect([log.origin, log.size, log.entries.length]).toEqual([ORIGIN, size, size]);
      expect(log.levels[0]).toEqual(log.leaves);
      expect(log.levels[1]).toEqual([treeHash(log.leaves.slice(0, 256)), treeHash(log.leaves.slice(256, 512))]);
      expect(treeHash(log.leaves).toString('base64')).toBe(log.root);
      for (const [index, entry] of log.entries.entries()) {
        expect(entry.toString().split('\n')).toHaveLength(6);
        if (index % 100 === 0) {
          const { body } = await service.request(`/v1/audit/entries/${index}`);
          expect(body).toMatchObject({ leaf: entry.toString(), leaf_hash: log.leaves[index]?.toString('hex') });
        }
      }
    });
  });

  it('serves tiles that never change, and none beyond what is published', async () => {
    const db = await open();
    await withService(db, async (service) => {
      await append(service, many(300));
      await settled(service);
      await signer.publish(db, 290);
      const tile = (path: string, headers: Record<string, string> = {}) =>
        fetch(`${service.url}/log/${path}`, { headers });
      const checkpoint = await tile('checkpoint');
      expect(checkpoint.headers.get('content-type')).toBe('text/plain; charset=utf-8');
      expect(checkpoint.headers.get('cache-control')).toBe('no-store');
      const full = await tile('tile/0/000');
      expect(full.headers.get('content-type')).toBe('application/octet-stream');
      expect(full.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
      expect((await full.arrayBuffer()).byteLength).toBe(8_192);
      const etag = full.headers.get('etag') ?? '';
      expect((await tile('tile/0/000', { 'if-none-match': etag })).status).toBe(304);
      expect((await tile('tile/0/000', { 'if-none-match': '"other"' })).status).toBe(200);
      const lengths = [
        ['tile/0/000.p/5', 5 * 32],
        ['tile/0/001.p/34', 34 * 32],
        ['tile/1/000.p/1', 32],
      ] as const;
      for (const [path, length] of lengths) {
        expect((await (await tile(path)).arrayBuffer()).byteLength, path).toBe(length);
      }
      for (const path of [
        ...['tile/0/001', 'tile/0/001.p/35', 'tile/0/001.p/0', 'tile/0/001.p/256', 'tile/0/002', 'tile/1/000'],
        ...['tile/1/000.p/2', 'tile/2/000.p/1', 'tile/0/1', 'tile/00/000', 'tile/0/%3000', 'tile/0/000?x=1'],
        ...['tile/64/000', 'tile/entries/x000/000', 'tile/data/000', 'tile/', 'tile/0/x999/x999/x999/x999/x999/999'],
        'tile/entries/001.p/35',
      ]) {
        expect((await tile(path)).status, path).toBe(404);
      }
      const plain = Buffer.from(
        await (await tile('tile/entries/001.p/34', { 'accept-encoding': 'identity' })).arrayBuffer(),
      );
      const zipped = await service.app.server.inject({
        url: '/log/tile/entries/001.p/34',
        headers: { 'accept-encoding': 'br, gzip' },
      });
      expect(zipped.headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'accept-encoding' });
      expect(zipped.rawPayload.length).toBeLessThan(plain.length);
      expect(gunzipSync(zipped.rawPayload)).toEqual(plain);
      const no = { url: '/log/tile/entries/001.p/34', headers: { 'accept-encoding': 'gzip;q=0' } };
      expect((await service.app.server.inject(no)).rawPayload).toEqual(plain);
    });
  });

  it('appends once under a key, and nothing where the key comes with something else', async () => {
    const db = await open();
    await withService(db, async (service) => {
      const key = { 'idempotency-key': 'once' };
      const body = { entries: [payment('a'), payment('b')] };
      const first = await service.post('/v1/audit/entries', body, key);
      const second = await service.post('/v1/audit/entries', body, key);
      expect([second.status, second.body]).toEqual([201, first.body]);
      expect([first, second].map(({ headers }) => headers.get('idempotency-replayed'))).toEqual([null, 'true']);
      await settled(service);
      const size = await sizeOf(service);
      for (const other of [
        payment('a'),
        payment('b'),
        { entries: [payment('a')] },
        { entries: [payment('a'), payment('c')] },
        { entries: [payment('a'), payment('b'), payment('c')] },
        { entries: [payment('c'), payment('b')] },
        { entries: [payment('a', { amount: '1000.51' }), payment('b')] },
      ]) {
        const refused = await service.post('/v1/audit/entries', other, key);
        expect([refused.status, refused.body], JSON.stringify(other)).toEqual([
          422,
          expect.objectContaining({ code: 'audit.key_reused' }),
        ]);
      }
      await append(service, payment('x'), { 'idempotency-key': 'single' });
      const more = await service.post(
        '/v1/audit/entries',
        { entries: [payment('x'), payment('y')] },
        { 'idempotency-key': 'single' },
      );
      expect(more.body).toMatchObject({ code: 'audit.key_reused' });
      expect(await sizeOf(service)).toBe(size + 1);
      const missing = await service.post('/v1/audit/entries', payment('z'), { 'idempotency-key': '' });
      expect(missing.body).toMatchObject({ status: 422, code: 'idempotency.key_missing' });
      const sixty = await Promise.all(
        Array.from({ length: 60 }, () => append(service, payment('race'), { 'idempotency-key': 'race' })),
      );
      expect(new Set(sixty.map(([leaf]) => leaf?.index)).size).toBe(1);
      expect(await sizeOf(service)).toBe(size + 2);
    });
  });

  it('refuses bad input, names what is wrong, and appends nothing', async () => {
    const db = await open();
    await withService(db, async (service) => {
      await append(service, payment('first'));
      await settled(service);
      const size = await sizeOf(service);
      const raw = (record: string) => `{"stream":"payments","record_id":"a","op":"insert","record":${record}}`;
      const bad: readonly (readonly [unknown, number, string, string])[] = [
        [payment('a', { text: 'x'.repeat(65_536) }), 422, 'audit.entry_too_large', '/record'],
        [{ ...payment('a'), stream: 'payouts' }, 422, 'audit.stream_unknown', '/stream'],
        [{ ...payment('a'), stream: 'plumbline.days' }, 422, 'audit.stream_own', '/stream'],
        [{ ...payment('a'), stream: 'Pay ments' }, 422, 'audit.entry_malformed', '/stream'],
        [payment('a\nb'), 422, 'audit.entry_malformed', '/record_id'],
        [payment(''), 422, 'audit.entry_malformed', '/record_id'],
        [payment('x'.repeat(513)), 422, 'audit.entry_malformed', '/record_id'],
        [payment('a', {}, 'In sert'), 422, 'audit.entry_malformed', '/op'],
        [{ ...payment('a'), actor: 'a\u0000b' }, 422, 'audit.entry_malformed', '/actor'],
        [{ ...payment('a'), actor: 'key:somebody' }, 422, 'audit.actor_reserved', '/actor'],
        [payment('a', { text: '\ud800' }), 422, 'audit.record_not_canonical', '/record'],
        [raw('{"amount":1.50}'), 422, 'audit.record_not_canonical', '/record/amount'],
        [raw('[0,{"a/b":1.0}]'), 422, 'audit.record_not_canonical', '/record/1/a~1b'],
        [raw('1e3'), 422, 'audit.record_not_canonical', '/record'],
        [raw('-0'), 422, 'audit.record_not_canonical', '/record'],
        [raw('9007199254740992'), 422, 'audit.record_not_canonical', '/record'],
        [raw('123456789012345678901234567890'), 422, 'audit.record_not_canonical', '/record'],
        [raw('{"a":1,"a":2}'), 422, 'json.malformed', ''],
        [raw('{"a":'), 422, 'json.malformed', ''],
        ['', 422, 'json.malformed', ''],
        ['[]', 422, 'request.invalid', ''],
        [{ stream: 'payments', record_id: 'a', op: 'insert' }, 422, 'request.invalid', 'data_hash'],
        [{ ...payment('a'), data_hash: '0'.repeat(64) }, 422, 'request.invalid', 'data_hash'],
        [{ ...payment('a'), record: undefined, data_hash: 'ABC' }, 422, 'request.invalid', 'data_hash'],
        [{ ...payment('a'), recrod: 1 }, 422, 'request.invalid', 'recrod'],
        [{ entries: [] }, 422, 'request.invalid', 'entries'],
        [many(1_001), 422, 'request.invalid', 'entries'],
        [
          { entries: [payment('a'), { ...payment('b'), stream: 'payouts' }] },
          422,
          'audit.stream_unknown',
          '/entries/1/stream',
        ],
        [{ entries: [payment('a'), payment('b\n')] }, 422, 'audit.entry_malformed', '/entries/1/record_id'],
      ];
      for (const [body, status, code, pointer] of bad) {
        const answer = await service.post('/v1/audit/entries', body);
        expect(answer.body, JSON.stringify(body).slice(0, 200)).toMatchObject({ status, code });
        expect(answer.text).toContain(pointer);
      }
      expect((await service.post('/v1/audit/entries', 'a=1', { 'content-type': 'text/plain' })).status).toBe(415);
      const asked: readonly (readonly [string, number, string])[] = [
        [`/v1/audit/proof/inclusion?index=0&size=${size + 1}`, 422, 'audit.size_in_future'],
        ['/v1/audit/proof/inclusion?index=1&size=1', 422, 'audit.proof_out_of_range'],
        [`/v1/audit/proof/consistency?from=1&to=${size + 1}`, 422, 'audit.size_in_future'],
        ['/v1/audit/proof/consistency?from=2&to=1', 422, 'audit.proof_out_of_range'],
        ['/v1/audit/proof/inclusion?index=1.5', 422, 'request.invalid'],
        ['/v1/audit/proof/inclusion?index=9007199254740993', 422, 'request.invalid'],
        [`/v1/audit/entries/${size}`, 404, 'audit.entry_unknown'],
        [`/v1/audit/entries/${size}/receipt`, 404, 'audit.entry_unknown'],
        ['/v1/audit/entries/00', 422, 'request.invalid'],
        ['/v1/audit/records/payouts/1', 404, 'audit.stream_unknown'],
        ['/v1/audit/days/2020-01-01', 404, 'audit.day_unknown'],
        ['/v1/audit/days/2020-13-01', 422, 'date.malformed'],
      ];
      for (const [path, status, code] of asked) {
        expect((await service.request(path)).body, path).toMatchObject({ status, code });
      }
      expect(await sizeOf(service)).toBe(size);
    });
  });

  it('forgets a record, a person, a time; every proof holds, and a leaf says so', async () => {
    const db = await open();
    await withService(db, async (service) => {
      const [kept, secret] = await append(service, { entries: [payment('kept'), payment('secret', { name: 'Lan' })] });
      await append(service, { entries: [{ ...payment('c'), actor: 'Lan' }, payment('d'), payment('e')] });
      if (kept === undefined || secret === undefined) throw new Error('no leaf');
      const forget = async (body: object) =>
        (await service.post('/v1/audit/redactions', { reason: 'asked for by its owner', ...body })).body;
      const record = { stream: 'payments', record_id: 'secret' };
      expect(await forget({ record, dry_run: true })).toEqual({ forgotten: 1, leaves: [] });
      const before = (await service.request(`/v1/audit/proof/inclusion?index=${secret.index}`)).body as ProofJson;
      const { leaves } = (await forget({ record })) as { leaves: number[] };
      expect(leaves).toHaveLength(1);
      expect((await service.request(`/v1/audit/entries/${secret.index}`)).body).toMatchObject({
        ...{ record: null, salt: null, forgotten_by: leaves[0], leaf_hash: secret.leaf_hash },
      });
      const { rows } = await sql`SELECT FROM audit_payloads WHERE record LIKE '%Lan%'`.execute(db.sql);
      expect(rows).toEqual([]);
      expect(holds(secret.leaf_hash, secret.index, before)).toBe(true);
      const after = (await service.request(`/v1/audit/proof/inclusion?index=${secret.index}`)).body as ProofJson;
      expect(after.size).toBeGreaterThan(before.size);
      expect(holds(secret.leaf_hash, secret.index, after)).toBe(true);
      expect((await service.request(`/v1/audit/entries/${leaves[0]}`)).body).toMatchObject({
        ...{ stream: 'plumbline.redactions', op: 'redact', actor: 'test' },
        record: { reason: 'asked for by its owner', leaves: [[secret.index, secret.index]] },
      });
      expect(await forget({ record })).toEqual({ forgotten: 0, leaves: [] });
      expect(await forget({ person: { actors: ['Lan'], record_ids: ['d'] } })).toMatchObject({ forgotten: 2 });
      const [from, to] = [new Date(Date.now() - 60_000), new Date(Date.now() + 60_000)];
      const range = { stream: 'payments', from: from.toISOString(), to: to.toISOString() };
      expect(await forget({ range })).toMatchObject({ forgotten: 2 });
      expect(await forget({})).toMatchObject({ code: 'audit.redaction_unclear' });
      expect(await forget({ range, record })).toMatchObject({ code: 'audit.redaction_unclear' });
      expect((await service.request('/v1/audit/records/payments/kept')).body).toMatchObject({
        data: [{ record: null, forgotten_by: expect.any(Number) }],
      });
    });
  });

  it('watches tables, and says so in the log', async () => {
    const db = await open();
    await withService(db, async (service) => {
      await sql`CREATE TABLE accounts (id integer PRIMARY KEY, balance numeric(20,2), pin text)`.execute(db.sql);
      await sql`INSERT INTO accounts VALUES (1, 10.50, 'so-bi-mat')`.execute(db.sql);
      const made = await service.post('/v1/audit/watches', { table: 'accounts', without: ['pin'] });
      expect([made.status, made.body]).toEqual([
        201,
        {
          ...{ table: 'public.accounts', stream: 'accounts', key: ['id'], without: ['pin'] },
          ...{ enabled: true, rows: 1 },
        },
      ]);
      await sql`UPDATE accounts SET balance = 9`.execute(db.sql);
      await settled(service);
      const history = await service.request('/v1/audit/records/accounts/1');
      expect(history.body).toMatchObject({
        data: [
          { op: 'update', record: { id: '1', balance: '9.00' }, before: { record: { balance: '10.50' } } },
          { op: 'snapshot', actor: 'test' },
        ],
      });
      expect(history.text).not.toContain('so-bi-mat');
      const listed = (await service.request('/v1/audit/watches')).body as { data: { table: string }[] };
      expect(listed.data.map(({ table }) => table)).toContain('public.accounts');
      expect((await service.request('/v1/audit/watches/accounts', { method: 'DELETE' })).status).toBe(204);
      await sql`UPDATE accounts SET balance = 8`.execute(db.sql);
      await settled(service);
      expect((await service.request('/v1/audit/records/accounts/1')).body).toMatchObject({ data: [{}, {}] });
      const said = await service.request('/v1/audit/entries?stream=plumbline.operations');
      const ops = (said.body as { data: { op: string }[] }).data.map(({ op }) => op);
      expect(ops.filter((op) => /watch|stream/.test(op))).toEqual(['unwatch', 'watch', 'stream']);
      for (const [body, status, code] of [
        [{ table: 'nothing' }, 404, 'audit.table_unknown'],
        [{ table: 'audit_outbox' }, 422, 'audit.table_own'],
        [{ table: 'pg_catalog.pg_class' }, 422, 'audit.table_own'],
        [{ table: 'accounts', without: ['id'] }, 422, 'audit.columns_unknown'],
        [{ table: 'accounts', stream: 'plumbline.days' }, 422, 'audit.stream_malformed'],
      ] as const) {
        expect((await service.post('/v1/audit/watches', body)).body).toMatchObject({ status, code });
      }
      expect((await service.post('/v1/audit/streams', { name: 'payments', salted: false })).body).toMatchObject({
        ...{ status: 409, code: 'audit.stream_differs' },
      });
      expect((await service.post('/v1/audit/streams', { name: 'plumbline.x' })).body).toMatchObject({
        ...{ status: 422, code: 'audit.stream_malformed' },
      });
    });
  });
});

describe('the audit log is used', () => {
  test('where it is signed: who waits has a receipt', async () => {
    const db = await sharedPglite('migrated');
    const signed = { DATABASE_URL: '' };
    await withService(
      db,
      async (service) => {
        const answer = await service.post('/v1/audit/entries?wait=published', many(3));
        const { data } = answer.body as { data: Leaf[] };
        const { keys } = (await service.request('/v1/audit/log')).body as { keys: { vkey: string }[] };
        const trusted = { origin: ORIGIN, logKeys: keys.map(({ vkey }) => parseVerifierKey(vkey)) };
        for (const { receipt, leaf_hash } of data) {
          expect(verifyReceipt(parseReceipt(receipt ?? ''), bytes(leaf_hash), trusted).size).toBeGreaterThan(3);
        }
        expect(data).toHaveLength(3);
      },
      signed,
    );
    await db.close();
  });

  test('by its settings: tiles need a key; bytes are added without more', async () => {
    const db = await sharedPglite('migrated');
    const env = { AUDIT_TILES: 'key', AUDIT_ADD_STREAM: 'added' };
    await withService(
      db,
      async (service) => {
        expect((await fetch(`${service.url}/log/checkpoint`)).status).toBe(401);
        expect((await service.request('/log/checkpoint')).body).toMatchObject({ code: 'audit.no_checkpoint' });
        await service.post('/v1/audit/streams', { name: 'added', salted: false });
        const add = (body: Uint8Array<ArrayBuffer>) => service.request('/log/add', { method: 'POST', body });
        const entry = new Uint8Array([0, 1, 2, 255]);
        const { status, text } = await add(entry);
        expect([status, text]).toEqual([200, expect.stringMatching(/^\d+$/)]);
        expect((await add(entry)).text).toBe(text);
        expect((await service.request(`/v1/audit/entries/${text}`)).body).toMatchObject({
          ...{ data_hash: sha256Hex(entry), record: null, forgotten_by: null, op: 'add' },
        });
        expect((await add(new Uint8Array(65_536))).status).toBe(413);
      },
      env,
    );
    await db.close();
  });

  test('by its commands, as one who operates it', async () => {
    const db = await sharedPglite('migrated');
    await withService(db, async (service) => {
      const env = {
        PLUMBLINE_URL: service.url,
        PLUMBLINE_API_KEY: service.key('audit:read', 'audit:append', 'audit:admin'),
      };
      const api = inProcessApi(service.app.server, env.PLUMBLINE_API_KEY, service.app.random);
      const run = (...args: readonly string[]) => runHere(api, ['audit', ...args]);
      const json = async (...args: readonly string[]): Promise<unknown> => {
        const { status, stdout, stderr } = await runHere(api, ['--json', 'audit', ...args]);
        expect(status, stderr).toBe(0);
        return JSON.parse(stdout);
      };
      expect((await run('streams', 'add', 'refunds', '--unsalted')).stdout).toBe('refunds, not salted\n');
      const record = ['--record', '{"amount":"10.50"}', '--actor', 'user 7'];
      const { index } = (await json('append', 'refunds', 'refund/1', 'insert', ...record)) as Leaf;
      const inexact = await run('append', 'refunds', 'refund/1', 'update', '--record', '{"amount":1.0}');
      expect([inexact.status, inexact.stderr]).toEqual([4, expect.stringContaining('audit.record_not_canonical')]);
      expect((await run('list', '--stream', 'refunds')).stdout).toMatch(/refund\/1 +insert +user 7/);
      expect((await run('show', String(index))).stdout).toContain('{"amount":"10.50"}');
      expect((await run('history', 'refunds', 'refund/1')).stdout).toContain('insert by user 7');
      expect((await run('streams')).stdout).toMatch(/refunds +no +1 +[0-9a-f]{64}/);
      expect((await run('days')).stdout).toContain('no day has ended yet');
      expect(await json('prove', String(index))).toMatchObject({ index, hashes: expect.any(Array) });
      expect(await json('prove', '--from', '1', '--to', '2')).toMatchObject({ from: 1, to: 2 });
      expect(await run('receipt', String(index))).toMatchObject({ status: 7 });
      await settled(service);
      const note = await signer.publish(db, await sizeOf(service));
      expect((await run('checkpoint')).stdout).toBe(note);
      const receipt = (await run('receipt', String(index))).stdout;
      expect(parseReceipt(receipt)).toMatchObject({ index, checkpoint: note });
      const log = await plumbline(['audit', 'log'], env); // as a process of its own, which knows the command
      expect(log.stdout).toContain('log        localhost/log');
      expect((await run('watch', 'payment_quotes', '--without', 'rate', '--no-snapshot')).stdout).toContain('0 rows');
      expect((await run('watches')).stdout).toMatch(/public.payment_quotes +payment_quotes +id +rate +yes/);
      expect((await run('unwatch', 'payment_quotes')).status).toBe(0);
      const redact = ['redact', '--reason', 'a test', '--stream', 'refunds', '--record', 'refund/1'];
      expect((await run(...redact, '--dry-run')).stdout).toBe('1 records would be forgotten\n');
      expect((await run(...redact)).stdout).toMatch(/^1 records are forgotten; leaf \d+ says so\n$/);
      expect((await run('show', String(index))).stdout).toContain('forgotten: leaf');
      expect(await run('redact', '--reason', 'a test')).toMatchObject({ status: 4 });
      expect(await run('show', '100000')).toMatchObject({ status: 6 });
    });
    await db.close();
  }, 60_000);
});
