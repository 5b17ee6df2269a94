/** What is answered is what the document of the API says. */
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
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
import { bookText } from '../support/reconciliation.ts';
import { askAllOfNotifications } from '../support/told.ts';
import { db } from './http-service.ts';

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

export function answersSuite(): void {
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
        const lock = (await act('/v1/quotes', {
          pair: 'USDT/VND',
          side: 'sell',
          amount: '100000',
          currency: 'VND',
        })) as {
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
}
