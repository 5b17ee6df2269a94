/** Rates: a source that fails, its breaker, and a rate by hand. */
import type { Task } from './hands.ts';

export const controlsRates: Task = async (hands, { service }) => {
  const { ui, page, words, mine, press, fill, choose, submit, sees, isClean } = hands;
  const { rates, sandbox, common, nav } = words;
  const control = `${rates.control} coingecko`;
  await ui.open('/sandbox');
  await press(sandbox.killFirst);
  await sees('dead', true);
  await ui.open('/rates');
  await press(control);
  await choose(rates.action, 'open');
  await fill(common.reason, `it answers nonsense, ${mine}`);
  await isClean();
  await submit(rates.actions.open);
  const forced = page.locator('#providers .badge', { hasText: rates.breakerStates['forced-open'] });
  await forced.waitFor();
  await page.locator('.timeline').getByText(`it answers nonsense, ${mine}`).waitFor();

  await press(rates.setManual);
  await fill(`${rates.rate} (VND/USDT)`, '25935.5');
  await fill(rates.until, localTime(3_600_000));
  await fill(common.reason, 'maintenance of the sources');
  await submit(rates.setManual);
  await sees(rates.levels.manual, true);
  await press(rates.endManual);
  await fill(common.reason, 'the sources are back');
  await submit(rates.endManual);
  await sees(rates.noManual);

  await service.post('/v1/sandbox/faults', { provider: 'coingecko', fault: { kind: 'none' } });
  await ui.open('/sandbox');
  await page.getByText('dead', { exact: true }).waitFor({ state: 'detached' });
  await page.getByRole('link', { name: nav.ratesNow }).first().click();
  await press(control);
  await fill(common.reason, 'mended');
  await submit(rates.actions.reset);
  await forced.waitFor({ state: 'detached' });
  await isClean();
};

/** Of a field that takes a time of day in Viet Nam. */
const localTime = (fromNowMs: number): string =>
  new Date(Date.now() + fromNowMs + 7 * 3_600_000).toISOString().slice(0, 16);
