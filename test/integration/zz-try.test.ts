import { it } from 'vitest';
import { startRates } from '/work/main/test/support/rates.ts';
import { quoteToJson } from '/work/main/src/features/rates/quote-json.ts';
import { pair } from '/work/main/src/kernel/rate.ts';
it('x', async () => {
  const r = await startRates();
  const t = performance.now();
  const q = await r.service.getQuote(pair('USDT','VND'));
  console.log(performance.now()-t, JSON.stringify(quoteToJson(q), null, 1));
  await new Promise(res=>setTimeout(res,300));
  const q2 = await r.service.getQuote(pair('USDT','VND'));
  console.log(JSON.stringify(quoteToJson(q2), null, 1));
  console.log(r.lines.map(l=>l.message), r.published.length, r.published.at(-1)?.evidence.length);
  await r.close();
});
