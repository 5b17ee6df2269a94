/** Entries of the audit log over HTTP: appended, read, refused, forgotten, captured. */
import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { leafHash } from '../../src/features/audit/tlog/hashing.ts';
import { parseVerifierKey } from '../../src/features/audit/tlog/keys.ts';
import { verifyConsistency } from '../../src/features/audit/tlog/proofs.ts';
import { parseReceipt, verifyReceipt } from '../../src/features/audit/tlog/receipt.ts';
import { sha256Hex } from '../../src/kernel/hash.ts';
import {
  append,
  bytes,
  holds,
  type Leaf,
  many,
  ORIGIN,
  type ProofJson,
  payment,
  settled,
  signer,
  sizeOf,
  withService,
} from '../support/audit-service.ts';
import { describeDb } from '../support/databases.ts';

describeDb('entries of the audit log over HTTP', (open) => {
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
