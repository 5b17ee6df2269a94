/** The API: every part asks one service. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startApp } from '../support/app.ts';
import { answersSuite } from './http-answers.ts';
import { keysSuite } from './http-keys.ts';
import { operationsSuite } from './http-operations.ts';
import { ratesSuite } from './http-rates.ts';
import { reconciliationSuite } from './http-reconciliation.ts';
import { requestsSuite } from './http-requests.ts';
import { db, expectProblem, startService, stopService } from './http-service.ts';

beforeAll(startService);
afterAll(stopService);

ratesSuite();
reconciliationSuite();
keysSuite();
requestsSuite();
answersSuite();

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

operationsSuite();
