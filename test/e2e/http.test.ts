import { Agent, get } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { ALL_SCOPES } from '../../src/features/access/scopes.ts';
import { AuditLog } from '../../src/features/audit/service.ts';
import { addDays, businessDateAt } from '../../src/kernel/business-date.ts';
import { sha256Hex } from '../../src/kernel/hash.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { sendJson } from '../../src/platform/http-server/port.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { askAllOfArchival } from '../support/archive-asked.ts';
import { bookFile } from '../support/book-file.ts';
import { sharedPglite } from '../support/pglite.ts';
import { bookText, twoSided } from '../support/reconciliation.ts';
import { askAllOfNotifications } from '../support/told.ts';

let db: Db;
let service: TestApp;

beforeAll(async () => {
  db = await sharedPglite('migrated');
  service = await startApp({
    db,
    env: { RECONCILIATION_BOOK: bookFile(twoSided('12345678901234567890.12', '12345678901234567890.12')) },
  });
});
afterAll(async () => {
  await service.close();
  await db.close();
});

/** What every problem has, and what none may have. */
function expectProblem(response: Awaited<ReturnType<TestApp['request']>>, status: number, code: string): void {
  expect(response.body).toMatchObject({
    status,
    code,
    type: `urn:plumbline:problem:${code}`,
    title: expect.any(String),
    request_id: response.headers.get('x-request-id'),
  });
  expect(response.status).toBe(status);
  expect(response.headers.get('content-type')).toContain('application/problem+json');
  expect(response.text).not.toMatch(/at .*\.ts:\d+|node_modules|pl_[\w-]{20}/);
}

describe('rates', () => {
  test('a rate carries its age, level, sources and attempts', async () => {
    const { status, body } = await service.request('/v1/rates/USDT/VND');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      pair: 'USDT/VND',
      mid: '25934.21778743',
      level: 'fresh',
      sources: [{ source: 'coingecko', rate: '25934.21778743' }],
      agreement: 'corroborated',
      witnesses: [
        { route: 'coingecko', verdict: 'chosen' },
        { route: 'binance USDT/USD x USD/VND', verdict: 'supports' },
        { route: 'cryptocompare', verdict: 'supports' },
        { route: 'binance-p2p', verdict: 'silent', rate: null },
      ],
      attempts: expect.arrayContaining([expect.objectContaining({ source: 'coingecko', outcome: 'ok' })]),
    });
  });

  test('the state of every provider', async () => {
    const { body } = await service.request('/v1/rates/providers');
    expect(body).toMatchObject({
      data: [
        { source: 'coingecko', breaker: { state: 'closed' }, calls_left: 400, figures: [{ pair: 'USDT/VND' }, {}] },
        { source: 'binance', calls_left: null },
        { source: 'cryptocompare' },
        { source: 'vietcombank' },
        { source: 'open-er-api' },
        { source: 'frankfurter' },
        { source: 'binance-p2p', enabled: false },
      ],
    });
  });

  test.each(['/v1/rates/EUR/VND', '/v1/rates/VND/USDT', '/v1/rates/USDT/XYZ'])(
    '%s: an unknown pair is 404 and names the accepted ones',
    async (path) => {
      const response = await service.request(path);
      expectProblem(response, 404, 'rates.unknown_pair');
      expect(response.text).toContain('USDT/VND');
    },
  );

  test.each([
    '/v1/rates/usdt/vnd',
    '/v1/rates/U%20S/VND',
    '/v1/rates/USDT/VND?purpose=fun',
    '/v1/rates/USDT/VND?deadline_ms=x',
    '/v1/rates/USDT/VND?what=1',
  ])('%s is 422', async (path) => expect((await service.request(path)).status).toBe(422));
});

describe('reconciliation', () => {
  test('a run, its report, its date and the list agree, exact to the last digit', async () => {
    const made = await service.post('/v1/reconciliations', {});
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({
      status: 'balanced',
      total_assets_vnd: '12345678901234567890.12',
      difference_vnd: '0.00',
      started_by: 'test',
    });
    const { id, business_date } = made.body as { id: string; business_date: string };
    expect((await service.request(`/v1/reconciliations/${id}`)).body).toEqual(made.body);
    expect((await service.request(`/v1/reconciliations/dates/${business_date}`)).body).toEqual(made.body);
    expect((await service.post('/v1/reconciliations', {})).status).toBe(200);
    expect((await service.post('/v1/reconciliations', { again: true })).body).toMatchObject({
      supersedes: id,
      attempt: 2,
    });
  });

  test('pages walk over every attempt once', async () => {
    for (let run = 0; run < 4; run += 1) await service.post('/v1/reconciliations', { again: true });
    const ids: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const { body } = await service.request(`/v1/reconciliations?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`);
      const page = body as { data: { id: string }[]; next: string | null };
      ids.push(...page.data.map(({ id }) => id));
      cursor = page.next;
    }
    const { body } = await service.request('/v1/reconciliations?limit=200');
    expect(ids).toEqual((body as { data: { id: string }[] }).data.map(({ id }) => id));
    expect(ids.length).toBeGreaterThanOrEqual(6);
  });

  test.each([
    ['GET', '/v1/reconciliations/01939e4e-7cb2-7c00-8000-000000000000', 404, 'reconciliation.unknown'],
    ['GET', '/v1/reconciliations/42', 422, 'id.malformed'],
    ['GET', '/v1/reconciliations/dates/2020-01-01', 404, 'reconciliation.no_report'],
    ['GET', '/v1/reconciliations/dates/01-01-2020', 422, 'date.malformed'],
    ['GET', '/v1/reconciliations?cursor=AAAA', 422, 'page.cursor_malformed'],
    ['GET', '/v1/reconciliations?limit=0', 422, 'request.invalid'],
    [
      'GET',
      `/v1/reconciliations?cursor=${Buffer.from('-271821-04-20T00:00:00.000Z x').toString('base64url')}`,
      422,
      'page.cursor_malformed',
    ],
    ['GET', '/v1/reconciliations/%00', 422, 'id.malformed'],
    ['GET', '/v1/rates/US%00/VND', 422, 'rate.pair_malformed'],
    ['GET', '/v1/statement-matchings?account=%00', 422, 'request.invalid'],
    ['GET', '/v1/nothing', 404, 'route.unknown'],
  ])('%s %s is %i %s', async (method, path, status, code) => {
    expectProblem(await service.request(path, { method }), status, code);
  });

  test.each([
    [{ business_date: '2999-01-01' }, 422, 'reconciliation.date_in_future'],
    [{ business_date: 20261123 }, 422, 'request.invalid'],
    [{ again: 'yes' }, 422, 'request.invalid'],
    [{ agian: true }, 422, 'request.invalid'],
    ['{"again": tru', 400, 'request.malformed'],
    [`{"x":"${'y'.repeat(70_000)}"}`, 413, 'request.too_large'],
  ])('POST %j is %i %s', async (body, status, code) => {
    expectProblem(await service.post('/v1/reconciliations', body), status, code);
  });

  test('a text that cannot be kept names itself', async () => {
    const { status, body } = await service.post('/v1/notification-receipts', {
      ...{ channel: 'zalo', provider_message_id: 'a\u0000', delivered: true, at: '2026-11-23T00:00:00Z' },
    });
    expect({ status, body }).toMatchObject({
      status: 422,
      body: { errors: [{ pointer: '/provider_message_id', detail: expect.stringContaining('U+0000') }] },
    });
  });

  test('a body that is not JSON by its type', async () => {
    expectProblem(
      await service.post('/v1/reconciliations', 'again=true', { 'content-type': 'application/x-www-form-urlencoded' }),
      415,
      'request.media_type',
    );
  });
});

describe('who may what', () => {
  const bearer = (secret: string) => ({ headers: { authorization: `Bearer ${secret}` } });

  test.each(['', 'Basic eDp5', 'Bearer ', 'Bearer a b', 'Bearer pl_unknown'])(
    'authorization %j is 401',
    async (authorization) => {
      const response = await service.request('/v1/rates/USDT/VND', { headers: { authorization } });
      expectProblem(response, 401, 'access.unauthenticated');
      expect(response.headers.get('www-authenticate')).toBe('Bearer');
    },
  );

  test('every route that is not public asks for its own scope', async () => {
    const routes = [
      ['GET', '/v1/rates/USDT/VND', 'rates:read'],
      ['GET', '/v1/rates/providers', 'rates:read'],
      ['GET', '/v1/reconciliations', 'reconciliation:read'],
      ['GET', '/v1/reconciliations/dates/2020-01-01', 'reconciliation:read'],
      ['POST', '/v1/reconciliations', 'reconciliation:run'],
      ['GET', '/v1/audit/log', 'audit:read'],
      ['GET', '/v1/audit/entries/0', 'audit:read'],
      ['GET', '/v1/audit/records/payments/1', 'audit:read'],
      ['GET', '/v1/audit/watches', 'audit:read'],
      ['POST', '/v1/audit/entries', 'audit:append'],
      ['POST', '/v1/audit/streams', 'audit:admin'],
      ['POST', '/v1/audit/redactions', 'audit:admin'],
      ['POST', '/v1/audit/watches', 'audit:admin'],
      ['DELETE', '/v1/audit/watches/payments', 'audit:admin'],
      ['GET', '/v1/keys', 'keys:admin'],
      ['POST', '/v1/keys', 'keys:admin'],
    ] as const;
    for (const [method, path, scope] of routes) {
      const wrong = scope === 'rates:read' ? 'keys:admin' : 'rates:read';
      expectProblem(
        await service.request(path, { method, ...bearer(service.key(wrong)) }),
        403,
        'access.scope_missing',
      );
      const right = await service.request(path, { method, ...bearer(service.key(scope)) });
      expect(right.status, `${method} ${path}`).not.toBe(403);
    }
  });

  test('a key works until it is revoked, and is never shown again', async () => {
    const { body } = await service.post('/v1/keys', { name: 'auditor', scopes: ['reconciliation:read'] });
    const created = body as { id: string; secret: string };
    expect((await service.request('/v1/reconciliations', bearer(created.secret))).status).toBe(200);
    const list = await service.request('/v1/keys');
    expect(list.text).toContain(created.id);
    expect(list.text).not.toContain(created.secret);
    expect((await service.post(`/v1/keys/${created.id}/revoke`, {})).status).toBe(200);
    expectProblem(await service.request('/v1/reconciliations', bearer(created.secret)), 401, 'access.key_revoked');
  });

  test('one connection may send one key after another, and each is asked for its own scope', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const sockets = new Set<unknown>();
    const ask = (secret: string) =>
      new Promise<number | undefined>((resolve, reject) => {
        const options = { agent, headers: { authorization: `Bearer ${secret}` } };
        get(`${service.url}/v1/rates/USDT/VND`, options, (response) => {
          sockets.add(response.socket);
          response.resume().once('end', () => resolve(response.statusCode));
        }).once('error', reject);
      });
    const [right, wrong] = [service.key('rates:read'), service.key('keys:admin')];
    const statuses: unknown[] = [];
    for (const secret of [right, wrong, 'pl_unknown', right, right, wrong]) statuses.push(await ask(secret));
    expect(statuses).toEqual([200, 403, 401, 200, 200, 403]);
    expect(sockets.size).toBe(1);
    agent.destroy();
  });

  test.each(['a\u0000b', 'a\ud800b', 'a\nb', '\u001b[2J', ''])('a key named %j is 422, and never 500', async (name) => {
    expectProblem(await service.post('/v1/keys', { name, scopes: ['rates:read'] }), 422, 'request.invalid');
    expectProblem(
      await service.post('/v1/keys', { name: 'x', scopes: [`rates:${name}`] }),
      422,
      'access.scope_unknown',
    );
  });

  test('an expired key, an unknown scope, a key that is not there', async () => {
    const { body } = await service.post('/v1/keys', {
      name: 'x',
      scopes: ['rates:read'],
      expires_at: '2020-01-01T00:00:00+07:00',
    });
    expectProblem(
      await service.request('/v1/rates/USDT/VND', bearer((body as { secret: string }).secret)),
      401,
      'access.key_expired',
    );
    const unknown = await service.post('/v1/keys', { name: 'x', scopes: ['rates:raed'] });
    expectProblem(unknown, 422, 'access.scope_unknown');
    expect(unknown.text).toContain('rates:read');
    expectProblem(
      await service.post('/v1/keys', { name: 'x', scopes: ['rates:read'], expires_at: '2027-01-01T00:00:00' }),
      422,
      'request.invalid',
    );
    expectProblem(
      await service.post('/v1/keys/01939e4e-7cb2-7c00-8000-000000000000/revoke', {}),
      404,
      'access.key_unknown',
    );
  });
});

describe('a POST that acts', () => {
  test('needs a key, and with the same key acts once', async () => {
    expectProblem(
      await service.post('/v1/keys', { name: 'x', scopes: ['rates:read'] }, { 'idempotency-key': '' }),
      422,
      'idempotency.key_missing',
    );
    const send = () =>
      service.post('/v1/keys', { name: 'once', scopes: ['rates:read'] }, { 'idempotency-key': 'create-once' });
    const [first, second] = [await send(), await send()];
    expect([first.status, second.status]).toEqual([201, 201]);
    expect(second.headers.get('idempotency-replayed')).toBe('true');
    expect(second.body).toEqual({ ...(first.body as object), secret: null });
    const { text } = await service.request('/v1/keys');
    expect(text.split('"once"')).toHaveLength(2);
    expect((await service.request('/openapi.json')).body).toMatchObject({
      paths: {
        '/v1/keys': {
          post: { parameters: [expect.objectContaining({ in: 'header', name: 'idempotency-key', required: true })] },
        },
      },
    });
  });

  test('refuses the same key for another request, and frees the key of a refused one', async () => {
    const headers = { 'idempotency-key': 'reused' };
    expectProblem(
      await service.post('/v1/keys', { name: 'a', scopes: ['wrong'] }, headers),
      422,
      'access.scope_unknown',
    );
    expect((await service.post('/v1/keys', { name: 'a', scopes: ['rates:read'] }, headers)).status).toBe(201);
    expectProblem(
      await service.post('/v1/keys', { name: 'b', scopes: ['rates:read'] }, headers),
      422,
      'idempotency.key_reused',
    );
  });

  test('ten at once with one key act once', async () => {
    const send = () =>
      service.post('/v1/keys', { name: 'race', scopes: ['rates:read'] }, { 'idempotency-key': 'race' });
    const statuses = (await Promise.all(Array.from({ length: 10 }, send))).map(({ status }) => status);
    expect(statuses.every((status) => status === 201 || status === 409)).toBe(true);
    expect((await service.request('/v1/keys')).text.split('"race"')).toHaveLength(2);
  });
});

describe('what browsers are told', () => {
  const DATA = {
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    'referrer-policy': 'no-referrer',
    'strict-transport-security': 'max-age=31536000; includeSubDomains',
    'x-content-type-options': 'nosniff',
  };
  const namesOf = (headers: Headers): readonly string[] =>
    [...headers.keys()].filter((name) => /policy|security|^x-(?!ratelimit|request-id)|origin/.test(name)).sort();

  test.each(['/v1/rates/USDT/VND', '/v1/keys', '/v1/nothing', '/healthz', '/metrics', '/openapi.json'])(
    '%s is data: it loads, runs and frames nothing',
    async (path) => {
      const { headers } = await service.request(path, { headers: { authorization: '' } });
      expect(Object.fromEntries(namesOf(headers).map((name) => [name, headers.get(name)]))).toEqual(DATA);
      expect(headers.get('x-request-id')).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
    },
  );

  test.each(['/docs', '/docs/static/swagger-ui.css'])('%s is a page, with a policy of its own', async (path) => {
    const { status, headers } = await service.request(path, { headers: { authorization: '' } });
    expect(status).toBe(200);
    expect(headers.get('content-security-policy')).toMatch(
      /^default-src 'self'; script-src 'self'; .*frame-ancestors 'none'$/,
    );
    expect(namesOf(headers)).toEqual([
      'content-security-policy',
      'cross-origin-opener-policy',
      'cross-origin-resource-policy',
      'origin-agent-cluster',
      'referrer-policy',
      'strict-transport-security',
      'x-content-type-options',
      'x-dns-prefetch-control',
      'x-download-options',
      'x-frame-options',
      'x-permitted-cross-domain-policies',
      'x-xss-protection',
    ]);
  });
});

/** What is answered with text. */
const TEXT = [
  '/metrics',
  '/v1/rates/stream',
  '/v1/audit/checkpoint',
  '/v1/audit/entries/{index}/receipt',
  '/v1/liability-proofs/{id}/publication',
  '/v1/reconciliations/{id}/report.csv',
  '/v1/reconciliations/{id}/report.pdf',
];

/** Closes the day that is open in the audit log, as at its midnight. @returns it */
async function closeToday({ app }: TestApp, own: Db): Promise<string> {
  const [origin, zone] = [app.config.values.AUDIT_ORIGIN, app.config.values.AUDIT_ZONE];
  const now = Date.now() + 86_400_000;
  await new AuditLog({
    db: own,
    clock: { ...app.clock, now: () => now },
    random: app.random,
    origin,
    zone,
  }).closeDays();
  return addDays(businessDateAt(now, zone), -1);
}

/** Each way in which two people decide, and one of them alone. */
async function approvals({ app, post, request }: TestApp): Promise<void> {
  const send = async (who: string, path: string, body: object): Promise<{ id: string; payload_hash: string }> => {
    const secret = app.access.createLocalKey(`person:${who}`, ALL_SCOPES);
    const headers = {
      authorization: `Bearer ${secret}`,
      'idempotency-key': sha256Hex(who + path + JSON.stringify(body)),
    };
    return (await post(path, body, headers)).body as { id: string; payload_hash: string };
  };
  const reason = 'to see what is answered';
  const ask = (source: string, path = '/v1/approvals') =>
    send('an', path, { action: 'rates.breaker.force', payload: { source, action: 'close' }, reason });
  await send('binh', `/v1/approvals/${(await ask('binance')).id}/reject`, { reason });
  await send('an', `/v1/approvals/${(await ask('coingecko')).id}/withdraw`, {});
  await send('binh', `/v1/approvals/${(await ask('vietcombank', '/v1/approvals/break-glass')).id}/review`, {
    note: reason,
  });
  const { id, payload_hash } = await ask('frankfurter');
  await send('binh', `/v1/approvals/${id}/approve`, { payload_hash });
  expect((await request(`/v1/approvals/${id}`)).body).toMatchObject({ state: 'executed', decided_by: 'person:binh' });
}

const MERCHANT = '11111111-1111-4111-8111-111111111111';

/** Five thousand dong are observed that the ledger knows nothing of, and nine thousand are owed. */
const BROKEN = bookText([{ id: 'pool', sql: 'SELECT 1 AS amount' }], [{ id: 'owed', sql: 'SELECT 9000 AS amount' }], {
  merchants: { sql: `SELECT '${MERCHANT}'::uuid AS merchant_id, 9000 AS available, 0 AS pending, 0 AS reserved` },
  observed: [
    {
      ...{ id: 'pool', title: 'Pool', currency: 'VND' },
      ...{ sql: 'SELECT 5000 AS amount', ledger: 'SELECT 0 AS amount' },
    },
  ],
  entries: {
    sql: "SELECT 1 AS id, 'pool' AS debit_account, 'x' AS credit_account, 1 AS amount, 'VND' AS currency, 'y' AS reference, now() AS created_at",
  },
});

const POLICY = {
  policy: 'test',
  version: 1,
  zone: 'Asia/Ho_Chi_Minh',
  rules: [{ id: 'amount', kind: '1:1', reference: 'any' }],
};

describe('answers and their schemas', () => {
  test('every operation answers as the document says', async () => {
    const own = await startApp({ db, env: { RECONCILIATION_BOOK: bookFile(BROKEN), ARCHIVE_FOLDER_SPEED: '20000' } });
    // Both services count their keys of idempotency from 1, on one database.
    const act = async (path: string, body: unknown): Promise<unknown> =>
      (await own.post(path, body, { 'idempotency-key': sha256Hex(path + JSON.stringify(body)) })).body;
    try {
      const key = (await act('/v1/keys', { name: 'x', scopes: ['rates:read'] })) as { id: string };
      const report = (await act('/v1/reconciliations', { again: true })) as {
        id: string;
        business_date: string;
      };
      const other = (await act('/v1/reconciliations', { again: true, business_date: report.business_date })) as {
        id: string;
      };
      await act('/v1/reconciliations', {});
      const breaks = (await own.request('/v1/reconciliation-breaks?state=open')).body as { data: { id: string }[] };
      await act(`/v1/reconciliation-breaks/${breaks.data[0]?.id}/accept`, { reason: 'to see what is answered' });
      await act(`/v1/keys/${key.id}/revoke`, {});
      const override = (await act('/v1/payouts/overrides', { reason: 'to see what is answered', hours: 1 })) as {
        id: string;
      };
      const second = { authorization: `Bearer ${own.app.access.createLocalKey('key:second', ['payouts:approve'])}` };
      await own.post(`/v1/payouts/overrides/${override.id}/approve`, {}, second);
      await act(`/v1/payouts/overrides/${override.id}/end`, { reason: 'to see what is answered' });
      await approvals(own);
      const line = { id: 'x', booked_on: '2026-11-23', amount: '1', currency: 'VND' };
      const matching = (await act('/v1/statement-matchings', {
        ...{ account: 'pool', from: '2026-11-23', to: '2026-11-23', statement: [line], ledger: [line] },
        policy: POLICY,
      })) as { id: string };
      const proofs = (await own.request('/v1/liability-proofs')).body as { data: { id: string }[] };
      const proof = `/v1/liability-proofs/${proofs.data[0]?.id}`;
      await act(`${proof}/merchants/${MERCHANT}/verified`, {});
      const lock = (await act('/v1/quotes', { pair: 'USDT/VND', side: 'sell', amount: '100000', currency: 'VND' })) as {
        id: string;
      };
      await act(`/v1/quotes/${lock.id}/accept`, { reference: 'payment 1' });
      await act('/v1/rates/providers/binance/breaker', { action: 'reset', reason: 'to see what is answered' });
      await act('/v1/rates/USD/VND/manual', {
        ...{ rate: '26000', reason: 'to see what is answered', max_deviation_bps: 5_000 },
        expires_at: new Date(Date.now() + 60_000).toISOString(),
      });
      await act('/v1/rates/USD/VND/manual/end', { reason: 'seen' });
      const { quote_id } = (await own.request('/v1/rates/USDT/VND')).body as { quote_id: string };
      while ((await own.request(`/v1/rates/quotes/${quote_id}`)).status === 404) await delay(20); // until written
      const entry = { stream: 'payments', record_id: 'payment 1', op: 'insert', record: { amount: '1.50' } };
      await act('/v1/audit/streams', { name: 'payments' });
      expect((await own.post('/v1/audit/streams', { name: 'payments' })).status).toBe(200);
      await act('/v1/audit/entries', entry);
      await act('/v1/audit/watches', { table: 'api_keys' });
      await act('/v1/audit/redactions', { record: { stream: 'payments', record_id: 'payment 1' }, reason: 'to see' });
      expect(await askAllOfNotifications({ act, get: own.request }, db)).toEqual([]);
      expect(await askAllOfArchival({ act, get: own.request }, db)).toEqual([]);
      const date = await closeToday(own, db);
      const bundle = '/v1/audit/bundle?first=0&end=1';
      while ((await own.request(bundle)).status === 503) await delay(20); // until it is signed
      for (const path of [
        '/v1/audit/log',
        '/v1/audit/entries',
        '/v1/audit/entries/0',
        '/v1/audit/records/payments/payment%201',
        '/v1/audit/streams',
        '/v1/audit/days',
        `/v1/audit/days/${date}`,
        bundle,
        '/v1/audit/proof/inclusion?index=0',
        '/v1/audit/proof/consistency?from=0&to=1',
        '/v1/audit/watches',
        '/v1/jobs',
        '/v1/keys',
        '/v1/me',
        '/v1/settings',
        '/v1/approvals',
        '/v1/approvals/actions',
        '/v1/approvals/denials',
        '/v1/rates/providers',
        '/v1/rates/providers/binance',
        '/v1/rates/USDT/VND',
        '/v1/rates/USDT/VND/history',
        '/v1/rates/USDT/VND/quotes',
        `/v1/rates/quotes/${quote_id}`,
        '/v1/rates/manual',
        '/v1/rates/operations',
        `/v1/quotes/${lock.id}`,
        '/v1/reconciliations',
        `/v1/reconciliations/${report.id}`,
        `/v1/reconciliations/dates/${report.business_date}`,
        `/v1/reconciliations/${other.id}/compare?with=${report.id}`,
        `/v1/reconciliations/${other.id}/lines/pool/movements?since=${report.id}`,
        `/v1/reconciliation-breaks/${breaks.data[0]?.id}`,
        `/v1/reconciliations/${other.id}/bundle.json`,
        `/v1/reconciliations/bundle?from=${report.business_date}&to=${report.business_date}`,
        '/v1/reconciliations/signing-key',
        proof,
        `${proof}/merchants/${MERCHANT}`,
        `${proof}/merchants/${MERCHANT}/packed`,
        `${proof}/publication`,
        `/v1/liability-proofs/dates/${report.business_date}`,
        '/v1/payouts/halts',
        '/v1/payouts/permission',
        '/v1/statement-matchings',
        `/v1/statement-matchings/${matching.id}`,
        `/v1/statement-matchings/${matching.id}/matches`,
        `/v1/statement-matchings/${matching.id}/unmatched`,
        '/healthz',
        '/readyz',
      ]) {
        expect((await own.request(path)).status, path).toBe(200);
      }
      const { paths } = (await own.request('/openapi.json')).body as {
        paths: Record<string, Record<string, { responses: Record<string, unknown> }>>;
      };
      const published = Object.entries(paths).flatMap(([path, methods]) =>
        Object.entries(methods).flatMap(([method, { responses }]) =>
          Object.keys(responses)
            .filter((status) => /^20[0-3]$/.test(status) && !TEXT.includes(path))
            // Beside another answer, 202 is the one where approvals are required: access.test.ts.
            .filter((status, _, all) => status !== '202' || all.length === 1)
            .map((status) => `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')} ${status}`),
        ),
      );
      expect([...own.answers].sort()).toEqual(published.sort());
    } finally {
      await own.close();
    }
  });

  test('JSON that is text already is sent as it is, and held against the schema as any other', async () => {
    const text = '{ "n":\t1 }';
    const texts: Record<string, string> = { right: text, wrong: '{"n":"1"}', more: '{"n":1,"m":2}' };
    const own = await startApp({
      db,
      compose: {
        routes: () => [
          (routes) => {
            routes.get(
              '/v1/test/:which',
              {
                config: { access: 'public' },
                schema: {
                  params: z.object({ which: z.string() }),
                  response: { 200: z.object({ n: z.number() }) },
                },
              },
              (request, reply) => sendJson(reply, texts[request.params.which] ?? ''),
            );
          },
        ],
      },
    });
    try {
      const { headers, ...right } = await own.request('/v1/test/right');
      expect(right).toMatchObject({ status: 200, text });
      expect(headers.get('content-type')).toBe('application/json; charset=utf-8');
      expect((await own.request('/v1/test/wrong')).status).toBe(500);
      expect((await own.request('/v1/test/more')).status).toBe(500);
    } finally {
      await own.close();
    }
  });
});

test('who guesses keys is limited, too', async () => {
  const limited = await startApp({ db, env: { PLUMBLINE_RATE_LIMIT: '3' } });
  try {
    const guess = (n: number) => limited.request('/v1/keys', { headers: { authorization: `Bearer pl_${n}` } });
    const statuses: number[] = [];
    for (let n = 0; n < 5; n += 1) statuses.push((await guess(n)).status);
    expect(statuses).toEqual([401, 401, 401, 429, 429]);
    expectProblem(await guess(9), 429, 'request.rate_limited');
    expect((await limited.request('/healthz')).status).toBe(200);
  } finally {
    await limited.close();
  }
});

describe('operations', () => {
  test('health, readiness and metrics need no key', async () => {
    const open = { headers: { authorization: '' } };
    expect(await service.request('/healthz', open)).toMatchObject({
      status: 200,
      body: { status: 'ok', mode: 'live' },
    });
    expect(await service.request('/readyz', open)).toMatchObject({
      status: 200,
      body: { ready: true, parts: { database: { ok: true }, cache: { ok: true } } },
    });
    const { text } = await service.request('/metrics', open);
    expect(text).toMatch(/plumbline_rate_attempts_total\{source="coingecko",outcome="ok"\} \d/);
    expect(text).toMatch(/plumbline_reconciliations_total\{book="test",status="balanced"\} \d/);
    expect(text).toContain('plumbline_reconciliations_total{book="test",status="deficit"} 0');
    expect(text).toMatch(/plumbline_reconciliation_last_final_timestamp_seconds\{book="test"\} \d{10}/);
    expect(text).toMatch(/plumbline_incidents_live\{severity="critical",status="open"\} \d/);
    expect(text).toMatch(/plumbline_notifications_due \d/);
    expect(text).toMatch(
      /plumbline_http_request_seconds_count\{method="GET",route="\/v1\/rates\/:base\/:quote",status="200"\} \d/,
    );
  });

  test('the OpenAPI document describes every route, with its security and its problems', async () => {
    const { body } = await service.request('/openapi.json', { headers: { authorization: '' } });
    const document = body as {
      openapi: string;
      paths: Record<string, Record<string, { security?: object[]; responses: object }>>;
    };
    expect(document.openapi).toBe('3.1.0');
    expect(Object.keys(document.paths).sort()).toEqual([
      '/healthz',
      '/metrics',
      '/readyz',
      '/v1/approvals',
      '/v1/approvals/actions',
      '/v1/approvals/break-glass',
      '/v1/approvals/denials',
      '/v1/approvals/{id}',
      '/v1/approvals/{id}/approve',
      '/v1/approvals/{id}/reject',
      '/v1/approvals/{id}/review',
      '/v1/approvals/{id}/withdraw',
      '/v1/archive/batches',
      '/v1/archive/checksums',
      '/v1/archive/checksums/{job}',
      '/v1/archive/events',
      '/v1/archive/holds',
      '/v1/archive/holds/{id}',
      '/v1/archive/holds/{id}/release',
      '/v1/archive/plan',
      '/v1/archive/policies',
      '/v1/archive/policies/{table}',
      '/v1/archive/query',
      '/v1/archive/rebuild',
      '/v1/archive/reconciliation',
      '/v1/archive/records',
      '/v1/archive/records/{table}/{id}',
      '/v1/archive/restores',
      '/v1/archive/restores/quote',
      '/v1/archive/restores/{id}',
      '/v1/archive/restores/{id}/speed-up',
      '/v1/archive/runs',
      '/v1/archive/runs/{id}',
      '/v1/archive/runs/{id}/pause',
      '/v1/archive/runs/{id}/resume',
      '/v1/archive/runs/{id}/stop',
      '/v1/archive/summary',
      '/v1/archive/verification',
      '/v1/audit/bundle',
      '/v1/audit/checkpoint',
      '/v1/audit/days',
      '/v1/audit/days/{date}',
      '/v1/audit/entries',
      '/v1/audit/entries/{index}',
      '/v1/audit/entries/{index}/receipt',
      '/v1/audit/log',
      '/v1/audit/proof/consistency',
      '/v1/audit/proof/inclusion',
      '/v1/audit/records/{stream}/{record_id}',
      '/v1/audit/redactions',
      '/v1/audit/streams',
      '/v1/audit/watches',
      '/v1/audit/watches/{table}',
      '/v1/incident-catalogue',
      '/v1/incident-silences',
      '/v1/incident-silences/{id}/end',
      '/v1/incidents',
      '/v1/incidents/{id}',
      '/v1/incidents/{id}/acknowledge',
      '/v1/incidents/{id}/notes',
      '/v1/incidents/{id}/resolve',
      '/v1/jobs',
      '/v1/keys',
      '/v1/keys/{id}/revoke',
      '/v1/liability-proofs',
      '/v1/liability-proofs/dates/{date}',
      '/v1/liability-proofs/{id}',
      '/v1/liability-proofs/{id}/merchants/{merchant}',
      '/v1/liability-proofs/{id}/merchants/{merchant}/packed',
      '/v1/liability-proofs/{id}/merchants/{merchant}/verified',
      '/v1/liability-proofs/{id}/publication',
      '/v1/me',
      '/v1/notification-channels',
      '/v1/notification-endpoints',
      '/v1/notification-endpoints/{id}',
      '/v1/notification-endpoints/{id}/delete',
      '/v1/notification-endpoints/{id}/disable',
      '/v1/notification-endpoints/{id}/enable',
      '/v1/notification-endpoints/{id}/preferences',
      '/v1/notification-endpoints/{id}/recover',
      '/v1/notification-endpoints/{id}/rotate',
      '/v1/notification-endpoints/{id}/secret',
      '/v1/notification-endpoints/{id}/test',
      '/v1/notification-receipts',
      '/v1/notification-templates',
      '/v1/notification-templates/preview',
      '/v1/notifications',
      '/v1/notifications/{id}',
      '/v1/notifications/{id}/owner',
      '/v1/notifications/{id}/redrive',
      '/v1/notifications/{id}/resend',
      '/v1/notifications/{id}/reveal',
      '/v1/payouts/halts',
      '/v1/payouts/overrides',
      '/v1/payouts/overrides/{id}/approve',
      '/v1/payouts/overrides/{id}/end',
      '/v1/payouts/permission',
      '/v1/quotes',
      '/v1/quotes/{id}',
      '/v1/quotes/{id}/accept',
      '/v1/rates/manual',
      '/v1/rates/operations',
      '/v1/rates/providers',
      '/v1/rates/providers/{source}',
      '/v1/rates/providers/{source}/breaker',
      '/v1/rates/quotes/{id}',
      '/v1/rates/stream',
      '/v1/rates/{base}/{quote}',
      '/v1/rates/{base}/{quote}/history',
      '/v1/rates/{base}/{quote}/manual',
      '/v1/rates/{base}/{quote}/manual/end',
      '/v1/rates/{base}/{quote}/quotes',
      '/v1/reconciliation-breaks',
      '/v1/reconciliation-breaks/{id}',
      '/v1/reconciliation-breaks/{id}/accept',
      '/v1/reconciliations',
      '/v1/reconciliations/bundle',
      '/v1/reconciliations/dates/{date}',
      '/v1/reconciliations/signing-key',
      '/v1/reconciliations/{id}',
      '/v1/reconciliations/{id}/bundle.json',
      '/v1/reconciliations/{id}/compare',
      '/v1/reconciliations/{id}/lines/{line}/movements',
      '/v1/reconciliations/{id}/report.csv',
      '/v1/reconciliations/{id}/report.pdf',
      '/v1/settings',
      '/v1/statement-matchings',
      '/v1/statement-matchings/{id}',
      '/v1/statement-matchings/{id}/matches',
      '/v1/statement-matchings/{id}/unmatched',
    ]);
    for (const [path, methods] of Object.entries(document.paths)) {
      for (const { security, responses } of Object.values(methods)) {
        if (!path.startsWith('/v1/')) continue;
        const [{ apiKey: scopes } = {}] = (security ?? []) as { apiKey?: string[] }[];
        expect(security, path).toEqual([{ apiKey: scopes }, { session: scopes }]);
        expect(scopes, path).toHaveLength(path === '/v1/me' ? 0 : 1);
        expect(responses, path).toHaveProperty('4xx'.toUpperCase());
      }
    }
  });
});
