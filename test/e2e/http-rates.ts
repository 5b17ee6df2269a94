/** Rates over HTTP. */
import { describe, expect, test } from 'vitest';
import { expectProblem, service } from './http-service.ts';

export function ratesSuite(): void {
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
}
