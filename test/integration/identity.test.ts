/** People: sessions in a browser and access tokens, against a real identity provider on loopback. */
import { SignJWT } from 'jose';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { Standing } from '../../src/features/access/people/standing.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { describeEachPostgres } from '../support/databases.ts';
import { AUDIENCE, CLIENT, type Oidc, type Person, startOidc } from '../support/oidc.ts';
import { sharedPglite } from '../support/pglite.ts';

const PUBLIC = 'https://plumbline.test';
let db: Db;
let oidc: Oidc;
let service: TestApp;
const people: Record<string, Person> = {};

beforeAll(async () => {
  db = await sharedPglite('migrated');
  oidc = await startOidc(PUBLIC, people);
  Object.assign(people, {
    an: { roles: ['plumb-admins', 'staff'] },
    binh: { roles: ['plumb-admins'] },
    chi: { roles: ['plumb-auditors'] },
    eve: { roles: ['plumb-admins'] },
    dung: { roles: ['admin'] }, // what a group is called makes nobody an admin where there is a map
  });
  service = await startApp({
    db,
    warm: false,
    env: {
      ...{ OIDC_ISSUER: oidc.issuer, OIDC_CLIENT_ID: CLIENT.id, OIDC_CLIENT_SECRET: CLIENT.secret },
      ...{ OIDC_AUDIENCE: AUDIENCE, PLUMBLINE_PUBLIC_URL: PUBLIC, OIDC_STEP_UP_MS: '600000' },
      OIDC_ROLE_MAP: 'plumb-admins=admin plumb-auditors=auditor',
    },
  });
});
afterAll(async () => {
  await service.close();
  await oidc.close();
  await db.close();
});

const inject = async (method: 'GET' | 'POST', url: string, headers: Record<string, string> = {}, body?: object) => {
  const response = await service.app.server.inject({
    method,
    url,
    headers,
    ...(body === undefined ? {} : { payload: body }),
  });
  const cookies = new Map(response.cookies.map((each) => [each.name, each]));
  const isJson = String(response.headers['content-type']).includes('json');
  return {
    status: response.statusCode,
    headers: response.headers,
    cookies,
    body: isJson ? response.json() : undefined,
  };
};

/** @returns the way back, and what the browser carries */
async function begin(sub: string, query = ''): Promise<{ readonly back: string; readonly cookie: string }> {
  const begun = await inject('GET', `/v1/session/login${query}`);
  expect(begun.status).toBe(302);
  const cookie = begun.cookies.get('__Host-plumbline-login');
  const back = await oidc.login(String(begun.headers.location), sub);
  return { back: back.slice(PUBLIC.length), cookie: `__Host-plumbline-login=${cookie?.value}` };
}

async function logIn(sub: string, query = '') {
  const { back, cookie } = await begin(sub, query);
  const done = await inject('GET', back, { cookie });
  return { done, cookie: `__Host-plumbline=${done.cookies.get('__Host-plumbline')?.value}` };
}

describe('a session in a browser', () => {
  test('is begun at the identity provider, reads by its cookie, acts with its token, and ends', async () => {
    const { done, cookie } = await logIn('an', '?return_to=/console');
    expect([done.status, done.headers.location]).toEqual([302, '/console']);
    expect(done.cookies.get('__Host-plumbline')).toMatchObject({
      path: '/',
      httpOnly: true,
      secure: true,
      sameSite: 'Lax',
    });
    const me = await inject('GET', '/v1/me', { cookie });
    expect(me.body).toMatchObject({
      subject: 'person:an',
      role: 'admin',
      name: 'Name of an',
      approvals_required: true,
    });
    const act = { cookie, 'idempotency-key': 'session-1' };
    const asked = {
      action: 'rates.breaker.force',
      payload: { source: 'binance', action: 'open' },
      reason: 'they are down for good',
    };
    expect((await inject('POST', '/v1/approvals', act, asked)).body).toMatchObject({
      status: 403,
      code: 'access.csrf_refused',
    });
    const safe = { ...act, 'x-csrf-token': me.body.csrf_token };
    const { body: approval } = await inject('POST', '/v1/approvals', safe, asked);
    expect(approval).toMatchObject({ state: 'pending', requested_by: 'person:an', requested_via: me.body.via });

    // She has a token as well, and is the same person by it.
    const an = { authorization: `Bearer ${await oidc.accessToken('an')}`, 'idempotency-key': 'token-1' };
    const path = `/v1/approvals/${approval.id}/approve`;
    const { payload_hash } = approval;
    expect((await inject('POST', path, an, { payload_hash })).body).toMatchObject({ code: 'approvals.same_person' });
    // He logged in without saying when he showed who he is, and does so again.
    const stale = await logIn('binh');
    const { csrf_token } = (await inject('GET', '/v1/me', { cookie: stale.cookie })).body;
    const binh = { cookie: stale.cookie, 'x-csrf-token': csrf_token, 'idempotency-key': 'session-2' };
    expect((await inject('POST', path, binh, { payload_hash })).body).toMatchObject({
      status: 401,
      code: 'access.step_up_required',
    });
    const fresh = await logIn('binh', '?again=true');
    const again = (await inject('GET', '/v1/me', { cookie: fresh.cookie })).body;
    const now = { cookie: fresh.cookie, 'x-csrf-token': again.csrf_token, 'idempotency-key': 'session-3' };
    expect((await inject('POST', path, now, { payload_hash })).body).toMatchObject({
      state: 'executed',
      decided_by: 'person:binh',
    });

    expect((await inject('POST', '/v1/session/logout', { cookie })).status).toBe(403);
    const out = await inject('POST', '/v1/session/logout', { cookie, 'x-csrf-token': me.body.csrf_token });
    expect([out.status, out.cookies.get('__Host-plumbline')?.value]).toEqual([200, '']);
    expect((await inject('GET', '/v1/me', { cookie })).body).toMatchObject({
      status: 401,
      code: 'access.session_over',
    });
  });

  test('is not begun by a login that this browser did not begin, twice, or by somebody without a role', async () => {
    const { back, cookie } = await begin('an');
    expect((await inject('GET', back)).body).toMatchObject({ code: 'access.login_foreign' });
    const other = await begin('an');
    expect((await inject('GET', back, { cookie: other.cookie })).body).toMatchObject({ code: 'access.login_foreign' });
    expect((await inject('GET', back, { cookie })).status).toBe(302);
    expect((await inject('GET', back, { cookie })).body).toMatchObject({ status: 401, code: 'identity.code_refused' });
    expect((await logIn('dung')).done.body).toMatchObject({ status: 403, code: 'access.no_role' });
    expect((await inject('GET', '/v1/session/callback?error=access_denied')).body).toMatchObject({
      code: 'access.login_refused',
    });
    for (const path of ['//evil.test', '/\\evil.test', 'https://evil.test', '/v1/session/logout']) {
      expect((await inject('GET', `/v1/session/login?return_to=${encodeURIComponent(path)}`)).status).toBe(422);
    }
  });

  test('is over when nothing was done for a while, and in any case at its end', async () => {
    const { cookie } = await logIn('chi');
    expect((await inject('GET', '/v1/me', { cookie })).body).toMatchObject({ role: 'auditor' });
    await sql`UPDATE console_sessions SET last_seen_at = last_seen_at - interval '31 minutes' WHERE subject = 'person:chi'`.execute(
      db.sql,
    );
    expect((await inject('GET', '/v1/me', { cookie })).body).toMatchObject({ code: 'access.session_over' });
  });
});

describe('a role', () => {
  test('that is lowered or taken away is so at once in every session, and people hear of it', async () => {
    const [one, other] = [await logIn('eve'), await logIn('eve')];
    const keys = async (cookie: string) => (await inject('GET', '/v1/keys', { cookie })).status;
    expect([await keys(one.cookie), await keys(other.cookie)]).toEqual([200, 200]);

    people.eve = { roles: ['plumb-auditors'] };
    const lowered = { authorization: `Bearer ${await oidc.accessToken('eve')}` };
    expect((await inject('GET', '/v1/me', lowered)).body).toMatchObject({ role: 'auditor' });
    for (const { cookie } of [one, other]) {
      expect(await keys(cookie)).toBe(403);
      expect((await inject('GET', '/v1/me', { cookie })).body).toMatchObject({ role: 'auditor' });
    }

    people.eve = { roles: ['staff'] };
    expect((await logIn('eve')).done.body).toMatchObject({ code: 'access.no_role' });
    for (const { cookie } of [one, other]) {
      expect((await inject('GET', '/v1/me', { cookie })).body).toMatchObject({
        status: 401,
        code: 'access.session_over',
      });
    }
    const { rows } = await sql<{ message: string }>`
      SELECT message FROM notification_logs WHERE event_type = 'role.changed' ORDER BY created_at`.execute(db.sql);
    expect(rows.map(({ message }) => message)).toEqual([
      'person:eve was admin and is auditor now: their sessions follow at once',
      'person:eve was auditor and is without one now: their sessions follow at once',
    ]);

    // An older word does not undo a newer one.
    people.eve = { roles: ['plumb-admins'] };
    const again = await logIn('eve');
    expect(await keys(again.cookie)).toBe(200);
    await sql`UPDATE console_people SET claimed = '["plumb-auditors"]', said_at = said_at + interval '1 minute' WHERE subject = 'person:eve'`.execute(
      db.sql,
    );
    expect(await keys(again.cookie)).toBe(403);
    const late = await logIn('eve');
    expect(await keys(late.cookie)).toBe(403);
  });

  test('is not waited for: somebody ends all sessions of a person', async () => {
    const [one, other, an] = [await logIn('binh'), await logIn('binh'), await logIn('an')];
    const { csrf_token } = (await inject('GET', '/v1/me', { cookie: an.cookie })).body;
    const act = { cookie: an.cookie, 'x-csrf-token': csrf_token, 'idempotency-key': 'end-1' };
    const ended = await inject('POST', '/v1/sessions/end', act, { owner: 'Binh' });
    expect(ended.body).toMatchObject({ subject: 'person:binh' });
    for (const { cookie } of [one, other]) expect((await inject('GET', '/v1/me', { cookie })).status).toBe(401);
    expect((await inject('GET', '/v1/me', { cookie: an.cookie })).status).toBe(200);
  });
});

describe('an access token', () => {
  const use = async (token: string) => (await inject('GET', '/v1/me', { authorization: `Bearer ${token}` })).body;

  test('is taken for its audience, with the role that the provider says', async () => {
    expect(await use(await oidc.accessToken('chi'))).toMatchObject({
      subject: 'person:chi',
      role: 'auditor',
      via: 'token',
    });
    expect(await use(await oidc.accessToken('dung'))).toMatchObject({ code: 'access.no_role' });
  });

  test('is refused where it was altered, made by somebody else, or signed by nobody', async () => {
    const token = await oidc.accessToken('chi');
    const [head = '', body = '', signature = ''] = token.split('.');
    const claims = JSON.parse(Buffer.from(body, 'base64url').toString());
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const forged = await new SignJWT({ ...claims, roles: ['plumb-admins'] })
      .setProtectedHeader({ alg: 'HS256' })
      .sign(Buffer.from(CLIENT.secret.padEnd(32)));
    for (const wrong of [
      `${head}.${part({ ...claims, roles: ['plumb-admins'] })}.${signature}`,
      `${part({ alg: 'none' })}.${part(claims)}.${signature}`,
      forged,
    ]) {
      expect(await use(wrong)).toMatchObject({ status: 401, code: 'identity.token_invalid' });
    }
  });

  test('is verified by keys that are kept, also after the provider has rotated them', async () => {
    const before = oidc.keyRequests();
    await use(await oidc.accessToken('chi'));
    expect(oidc.keyRequests()).toBe(before);
    await oidc.rotate();
    const rotated = await oidc.accessToken('chi');
    // Within half a minute of the last look, nobody makes it look again.
    expect(await use(rotated)).toMatchObject({ code: 'identity.token_invalid' });
    expect(oidc.keyRequests()).toBe(before);
  });
});

describeEachPostgres('what a provider says of a person', (open) => {
  it('counts of a token although every connection is in use, and is kept at the next', async () => {
    const busy = await open({ postgres: { poolSize: 1, connectTimeoutMs: 200 } });
    const notices = { raise: async (): Promise<void> => undefined };
    const standing = new Standing({ db: busy, notices, settings: { roleMap: new Map() } });
    const word = { subject: 'person:chi', claimed: ['auditor'], at: Date.UTC(2026, 10, 25) };
    await busy.transaction({}, async () => {
      await standing.heardByToken(word);
      await expect(standing.heard(word)).rejects.toMatchObject({ code: 'db.pool_exhausted' });
    });
    const known = sql<{ claimed: string[] }>`SELECT claimed FROM console_people WHERE subject = 'person:chi'`;
    expect((await known.execute(busy.sql)).rows).toEqual([]);
    await standing.heardByToken(word);
    expect((await known.execute(busy.sql)).rows).toEqual([{ claimed: ['auditor'] }]);
  });
});
