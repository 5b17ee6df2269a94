/** Reconciliation over HTTP. */
import { describe, expect, test } from 'vitest';
import { expectProblem, service } from './http-service.ts';

export function reconciliationSuite(): void {
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
        const { body } = await service.request(
          `/v1/reconciliations?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`,
        );
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
        await service.post('/v1/reconciliations', 'again=true', {
          'content-type': 'application/x-www-form-urlencoded',
        }),
        415,
        'request.media_type',
      );
    });
  });
}
