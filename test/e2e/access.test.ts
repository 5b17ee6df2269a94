/** Who may do what: every role at every route, keys, and what needs two people, over HTTP. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PERSON_ROLES, ROLES, scopesOf } from '../../src/features/access/roles.ts';
import { ALL_SCOPES } from '../../src/features/access/scopes.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { type Operation, operationsOf } from '../support/api-document.ts';
import { ApiFuzz, rolesOf } from '../support/api-fuzz.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { bookFile } from '../support/book-file.ts';
import { sharedPglite } from '../support/pglite.ts';
import { twoSided } from '../support/reconciliation.ts';

const SEED = Math.floor(Math.random() * 1_000_000_000);
let db: Db;
let service: TestApp;
let operations: readonly Operation[];

beforeAll(async () => {
  db = await sharedPglite('migrated');
  service = await startApp({
    db,
    env: {
      RECONCILIATION_BOOK: bookFile(twoSided('9000', '9000')),
      REQUIRE_APPROVALS: 'on',
      PLUMBLINE_RATE_LIMIT: '1000000',
    },
  });
  operations = operationsOf(service.app.server.swagger());
});
afterAll(async () => {
  await service.close();
  await db.close();
});

/** Whoever asks, and what came of it. */
const ask = async (
  secret: string | undefined,
  method: Operation['method'],
  url: string,
  body?: object,
  headers = {},
) => {
  const response = await service.app.server.inject({
    ...{ method, url },
    headers: { ...(secret === undefined ? {} : { authorization: `Bearer ${secret}` }), ...headers },
    ...(body === undefined ? {} : { payload: body }),
  });
  const isJson = String(response.headers['content-type']).includes('json');
  return { status: response.statusCode, body: isJson ? response.json() : {} };
};
let posts = 0;
const post = (secret: string, url: string, body: object = {}) => {
  posts += 1;
  return ask(secret, 'POST', url, body, { 'idempotency-key': `access-${posts}` });
};
const admin = (name: string): string => service.app.access.createLocalKey(`person:${name}`, scopesOf('admin'), 'admin');

describe('the matrix', () => {
  /** Without a key of idempotency nothing is done; without parameters, nothing is found. */
  const attempt = async (secret: string | undefined, { method, path }: Operation) => {
    const url = path.replaceAll(/\{\w+\}/g, 'x');
    const { status, body } = await ask(secret, method, url, method === 'POST' ? {} : undefined);
    return status === 401 ? 'unknown' : status === 403 && body.code === 'access.scope_missing' ? 'refused' : 'passed';
  };
  /** A stream of events ends when its reader does: it is asked for by those who are refused. */
  const endless = (operation: Operation, passes: boolean): boolean => operation.path === '/v1/rates/stream' && passes;

  test('every route says who may call it', () => {
    const undeclared = operations.filter(
      ({ path, scope }) => path.startsWith('/v1/') && (scope === undefined || (scope === '' && path !== '/v1/me')),
    );
    expect(undeclared).toEqual([]);
    expect(operations.filter(({ scope }) => scope !== undefined && scope !== '').map(({ scope }) => scope)).toEqual(
      expect.arrayContaining(ALL_SCOPES.filter((scope) => !['sandbox:control'].includes(scope))),
    );
  });

  test('each role at each route is let pass or refused as the table says', async () => {
    const differ: string[] = [];
    for (const role of ROLES) {
      const secret = service.app.access.createLocalKey(`person:${role}`, scopesOf(role), role);
      for (const operation of operations) {
        const { scope, method, path } = operation;
        const passes = scope === undefined || rolesOf(scope).includes(role);
        if (endless(operation, passes)) continue;
        const got = await attempt(secret, operation);
        if (got !== (passes ? 'passed' : 'refused')) differ.push(`${role} ${method} ${path}: ${got}`);
      }
    }
    expect(differ).toEqual([]);
  });

  test('a key of one scope passes where that is asked for, and nowhere else; nobody passes without one', async () => {
    const differ: string[] = [];
    for (const scope of ALL_SCOPES) {
      const secret = service.app.access.createLocalKey('key:one-scope', [scope], 'admin');
      for (const operation of operations) {
        const passes = operation.scope === undefined || operation.scope === '' || operation.scope === scope;
        if (endless(operation, passes)) continue;
        const got = await attempt(secret, operation);
        if (got !== (passes ? 'passed' : 'refused'))
          differ.push(`${scope} ${operation.method} ${operation.path}: ${got}`);
      }
    }
    for (const operation of operations) {
      const got = await attempt(undefined, operation);
      if (got !== (operation.scope === undefined ? 'passed' : 'unknown'))
        differ.push(`nobody ${operation.path}: ${got}`);
    }
    expect(differ).toEqual([]);
  });

  test('each role of people may do what the one before it may', () => {
    for (const [index, role] of PERSON_ROLES.entries()) {
      const before = PERSON_ROLES[index - 1];
      if (before !== undefined) expect(scopesOf(role)).toEqual(expect.arrayContaining([...scopesOf(before)]));
    }
  });
});

describe('keys', () => {
  test('the first two people are made by this machine alone, the third by two of them', async () => {
    const { access } = service.app;
    const local = access.createLocalKey('local', ALL_SCOPES);
    const owned = (owner: string) => ({ name: `of ${owner}`, role: 'admin', owner });
    const an = (await post(local, '/v1/keys', owned('An@Example.com'))).body;
    expect(an).toMatchObject({ role: 'admin', owner: 'person:an@example.com', created_by: 'local', approval_id: null });
    // A second key of hers is not a second person.
    await post(local, '/v1/keys', owned('an@example.com'));
    const binh = (await post(local, '/v1/keys', owned('binh@example.com'))).body;
    expect(await post(local, '/v1/keys', owned('chi@example.com'))).toMatchObject({
      status: 403,
      body: { code: 'approvals.unnamed' },
    });

    const asked = await post(an.secret, '/v1/keys', {
      name: 'backend',
      scopes: ['rates:read'],
      addresses: ['127.0.0.0/8'],
    });
    expect(asked).toMatchObject({
      status: 202,
      body: { action: 'keys.create', requested_by: 'person:an@example.com' },
    });
    const { approval_id, payload_hash, secret } = asked.body;
    expect((await ask(secret, 'GET', '/v1/me')).status).toBe(401);
    expect(await post(an.secret, `/v1/approvals/${approval_id}/approve`, { payload_hash })).toMatchObject({
      status: 403,
      body: { code: 'approvals.same_person' },
    });
    const approved = await post(binh.secret, `/v1/approvals/${approval_id}/approve`, { payload_hash });
    expect(approved).toMatchObject({ status: 200, body: { state: 'executed', decided_by: 'person:binh@example.com' } });
    expect(JSON.stringify([approved.body, service.log.lines])).not.toContain(secret);
    expect((await ask(secret, 'GET', '/v1/me')).body).toMatchObject({
      ...{ subject: `key:${approved.body.result.key_id}`, role: 'service', scopes: ['rates:read'], csrf_token: null },
      approvals_required: true,
    });
    await access.lastUse.flush();
    const { data } = (await ask(binh.secret, 'GET', '/v1/keys')).body;
    expect(data.find(({ id }: { id: string }) => id === approved.body.result.key_id)).toMatchObject({
      ...{ approval_id, created_by: 'person:an@example.com', last_address: '127.0.0.1' },
      last_used_at: expect.any(String),
    });
    // To take something away one person is enough.
    expect((await post(an.secret, `/v1/keys/${approved.body.result.key_id}/revoke`)).status).toBe(200);
  });

  test('is refused from another address, with a scope that its role may not have, and without its owner', async () => {
    const { access } = service.app;
    const { secret } = await access.createKey(
      { name: 'x', scopes: ['rates:read'], addresses: ['10.0.0.0/8'] },
      'local',
    );
    expect(await ask(secret, 'GET', '/v1/me')).toMatchObject({ status: 403, body: { code: 'access.address_refused' } });
    const an = admin('an');
    const refusal = async (body: object) => (await post(an, '/v1/keys', { name: 'x', ...body })).body;
    expect(await refusal({ scopes: ['rates:operate'] })).toMatchObject({
      ...{ code: 'access.scope_not_of_role', errors: [{ pointer: '/scopes' }] },
    });
    expect(await refusal({ role: 'operator' })).toMatchObject({ code: 'access.owner_missing' });
    expect(await refusal({ scopes: ['rates:read'], owner: 'an' })).toMatchObject({ code: 'access.owner_of_machine' });
    expect(await refusal({ role: 'operator', owner: 'a b' })).toMatchObject({ code: 'access.owner_malformed' });
    expect(await refusal({ scopes: ['rates:read'], addresses: ['10.0.0.0/33'] })).toMatchObject({
      ...{ code: 'access.address_malformed', errors: [{ pointer: '/addresses/0' }] },
    });
  });
});

describe('what is dangerous', () => {
  const manual = () => ({
    ...{ rate: '26000', reason: 'CoinGecko is wrong since noon', max_deviation_bps: 100 },
    expires_at: new Date(Date.now() + 3_600_000).toISOString(),
  });

  test('waits for a second person at its own route, is then done, and says who stood behind it', async () => {
    const [an, binh] = [admin('an'), admin('binh')];
    const asked = await post(an, '/v1/rates/USDT/VND/manual', manual());
    expect(asked).toMatchObject({ status: 202, body: { action: 'rates.manual.set', target: 'USDT/VND' } });
    expect((await ask(an, 'GET', '/v1/rates/USDT/VND')).body).toMatchObject({ level: 'fresh' });
    const { approval_id, payload_hash } = asked.body;
    const done = await post(binh, `/v1/approvals/${approval_id}/approve`, { payload_hash });
    expect(done).toMatchObject({ status: 200, body: { state: 'executed', result: { quote_id: expect.any(String) } } });
    expect((await ask(an, 'GET', '/v1/rates/USDT/VND')).body).toMatchObject({ level: 'manual', mid: '26000' });
    expect((await ask(an, 'GET', '/v1/rates/operations?limit=1')).body.data).toMatchObject([
      { action: 'manual-rate.set', subject: 'person:an', details: { approval_id, approved_by: 'person:binh' } },
    ]);
    // Back to what the sources say, alone.
    expect((await post(binh, '/v1/rates/USDT/VND/manual/end', { reason: 'the market is right again' })).status).toBe(
      200,
    );
    const forced = await post(an, '/v1/rates/providers/binance/breaker', { action: 'open', reason: 'they are down' });
    expect(forced).toMatchObject({ status: 202, body: { action: 'rates.breaker.force', target: 'binance' } });
    expect(await post(an, `/v1/approvals/${forced.body.approval_id}/withdraw`)).toMatchObject({
      body: { state: 'withdrawn' },
    });
    expect(
      (await post(an, '/v1/rates/providers/binance/breaker', { action: 'reset', reason: 'as it was' })).status,
    ).toBe(200);
  });

  test('waits in archival: rows that leave for the first time, and a policy that keeps less', async () => {
    const an = admin('an');
    const table = 'notification_logs';
    const policy = { column: 'created_at', age_days: 400 };
    expect(await post(an, '/v1/archive/policies', { table, policy })).toMatchObject({ status: 201 });
    expect(await post(an, '/v1/archive/runs', { table })).toMatchObject({
      ...{ status: 202, body: { action: 'archive.deletion.permit', target: 'public.notification_logs' } },
    });
    expect((await ask(an, 'GET', '/v1/archive/runs')).body).toEqual({ data: [] });
    expect(await post(an, '/v1/archive/policies', { table, policy: { ...policy, age_days: 300 } })).toMatchObject({
      ...{ status: 202, body: { action: 'archive.policy.change', requested_by: 'person:an' } },
    });
    expect((await ask(an, 'GET', `/v1/archive/policies/${table}`)).body.data).toHaveLength(1);
    // A machine takes no part in it.
    const { secret: machine } = await service.app.access.createKey({ name: 'cron', scopes: ['archive:run'] }, 'local');
    expect(await post(machine, '/v1/archive/runs', { table })).toMatchObject({
      ...{ status: 403, body: { code: 'approvals.unnamed' } },
    });
    const nothing = { table, what: { kind: 'batch', batch: 1 } };
    expect(await post(an, '/v1/archive/restores', nothing)).toMatchObject({
      body: { code: 'archive.nothing_archived' },
    });
  });

  test('is done alone in an emergency, which everybody hears of and somebody else reviews', async () => {
    const [an, binh] = [admin('an'), admin('binh')];
    const asked = {
      action: 'rates.breaker.force',
      payload: { source: 'coingecko', action: 'open' },
      reason: 'everything is wrong',
    };
    const alone = await post(an, '/v1/approvals/break-glass', asked);
    expect(alone).toMatchObject({
      status: 201,
      body: { state: 'executed', break_glass: true, decided_by: 'person:an' },
    });
    expect(service.log.lines).toContainEqual(
      expect.objectContaining({ level: 'error', code: 'approvals.break_glass' }),
    );
    const review = `/v1/approvals/${alone.body.id}/review`;
    expect((await post(an, review, { note: 'all is well, I say' })).body).toMatchObject({
      code: 'approvals.same_person',
    });
    expect((await post(binh, review, { note: 'it was the only way' })).body).toMatchObject({
      reviewed_by: 'person:binh',
    });
    await post(binh, '/v1/rates/providers/coingecko/breaker', { action: 'reset', reason: 'it is over' });
  });

  test('is refused by name where it is unknown, malformed or asked for elsewhere', async () => {
    const an = admin('an');
    const refusal = async (action: string, payload: unknown) =>
      (await post(an, '/v1/approvals', { action, payload, reason: 'to see what is said' })).body;
    expect(await refusal('rates.everything', {})).toMatchObject({ status: 404, code: 'approvals.action_unknown' });
    expect(await refusal('rates.breaker.force', { source: 'binance', action: 'melt' })).toMatchObject({
      ...{ status: 422, code: 'approvals.payload_invalid', errors: [{ pointer: '/payload/action' }] },
    });
    expect(await refusal('rates.breaker.force', { source: 'nobody', action: 'open' })).toMatchObject({ status: 404 });
    expect(await refusal('keys.create', {})).toMatchObject({ code: 'approvals.ask_elsewhere' });
    const machine = service.app.access.createLocalKey('key:machine', ALL_SCOPES, 'service');
    expect((await post(machine, '/v1/rates/USDT/VND/manual', manual())).body).toMatchObject({
      code: 'approvals.unnamed',
    });
    expect((await ask(an, 'GET', '/v1/approvals/denials')).body.data[0]).toMatchObject({ subject: 'key:machine' });
    expect((await ask(an, 'GET', '/v1/approvals/actions')).body).toMatchObject({ required: true });
  });
});

test('of two different submissions of audit entries at the same instant under one key, one is appended', async () => {
  const an = admin('an');
  await post(an, '/v1/audit/streams', { name: 'races' });
  const entry = (id: string) => ({ stream: 'races', record_id: id, op: 'insert', record: { id } });
  const statuses: number[][] = [];
  for (let round = 0; round < 5; round += 1) {
    const headers = { 'idempotency-key': `race-${round}` };
    const sent = [entry('one'), { entries: [entry('one'), entry('two')] }, { entries: [entry('three')] }];
    const answers = await Promise.all(sent.map((body) => ask(an, 'POST', '/v1/audit/entries', body, headers)));
    statuses.push(answers.map(({ status }) => status).sort());
  }
  expect(statuses).toEqual(Array.from({ length: 5 }, () => [201, 422, 422]));
});

test(`random requests of every operation are answered as the document says (seed ${SEED})`, async () => {
  const fuzz = new ApiFuzz(service.app, service.app.server.swagger());
  await fuzz.run(SEED, 300);
  expect(fuzz.violations).toEqual([]);
  expect(fuzz.answers.size).toBeGreaterThan(40);
});
