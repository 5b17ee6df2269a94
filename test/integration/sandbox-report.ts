/** The whole service over a filled sandbox: the same report from every engine and cache, digit for digit. */
import { expect, inject, it } from 'vitest';
import { openRedis } from '../../src/platform/cache/redis.ts';
import { startApp } from '../support/app.ts';
import { startRedis } from '../support/redis.ts';
import type { FilledSandbox } from '../support/sandbox.ts';

interface ReportLine {
  readonly id: string;
  readonly amount: string;
  readonly rate: string | null;
  readonly value_vnd: string;
}

/** Of seed 42 on 2026-11-23 at the last recorded rate. */
const REPORT = {
  status: 'surplus',
  difference_vnd: '16487733827.64',
  lines: [
    'hot_wallet_tron 221885.874117000000000000 25934.21778743 5754436583.30',
    'hot_wallet_ethereum 34966.923599000000000000 25934.21778743 906839811.97',
    'hot_wallet_bsc 67366.471767039824251139 25934.21778743 1747096750.37',
    'vnd_pool 689848835832.00 689848835832.00',
    'fee_revenue 32030521872.00 32030521872.00',
    'otc_spread 4437127938.00 4437127938.00',
    'expenses 20064000000.00 -20064000000.00',
    'merchant_available 598933024351.00 598933024351.00',
    'merchant_pending 8324289128.00 8324289128.00',
    'merchant_reserved 90915811481.00 90915811481.00',
  ],
};

export function reportSuite(of: () => FilledSandbox): void {
  it('reconciles to the same report with memory and with a real Redis', async () => {
    const { db } = of();
    const redis =
      db.engine === 'postgresql' && inject('redisProgram') !== ''
        ? await startRedis(inject('redisProgram'))
        : undefined;
    const service = await startApp({
      db,
      env: redis === undefined ? {} : { REDIS_URL: redis.url },
      compose: { migrate: true, mode: 'sandbox', book: { name: 'sandbox', schema: 'sandbox' } },
    });
    try {
      const { status, body, headers } = await service.post('/v1/reconciliations', {});
      expect(status).toBe(201);
      expect(headers.get('x-plumbline-mode')).toBe('sandbox');
      const {
        report,
        difference_vnd,
        status: verdict,
      } = body as { report: { lines: ReportLine[] }; difference_vnd: string; status: string };
      const lines = report.lines.map(({ id, amount, rate, value_vnd }) =>
        [id, amount, rate, value_vnd].filter((cell) => cell !== null).join(' '),
      );
      expect({ status: verdict, difference_vnd, lines }).toEqual(REPORT);
      if (redis !== undefined) {
        expect(service.app.cache.kind).toBe('redis');
        const shared = await openRedis({ url: redis.url });
        // Simulated rates lie apart from real ones: a real service on the same Redis never reads them.
        const { found } = await shared.read(['rates:v2:pair:USDT/VND', 'sandbox:rates:v2:pair:USDT/VND']);
        expect(found).toEqual([
          undefined,
          { tag: expect.any(String), value: expect.stringContaining('25934.21778743') },
        ]);
        await shared.close();
      }
    } finally {
      await service.close();
      await redis?.stop();
    }
  });
}
