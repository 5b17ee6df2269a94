/**
 * One process whose HTTP client asks for more than it wants, and says what that cost in memory.
 * Arguments: the URL, how many times, the cap of a body in bytes. It warms up on bodies that are about as
 * large as the cap of the client, so that what is measured is the flood and not the first call.
 */
import { isPlumblineError } from '../../src/kernel/errors.ts';
import { systemClock } from '../../src/platform/clock/system.ts';
import { createHttpClient } from '../../src/platform/http-client/undici.ts';

const [url = '', calls = '1', cap = '65536'] = process.argv.slice(2);
const WARM_UP_CALLS = 50;
const client = createHttpClient({ clock: systemClock });

/** @returns how it ended */
async function ask(from: string, maxBytes: number): Promise<string> {
  try {
    const { body } = await client.send({ url: from, timeoutMs: 60_000, maxBytes });
    return `read ${body.length}`;
  } catch (error) {
    return isPlumblineError(error) ? error.code : String(error);
  }
}

/** Bytes in use: the heap's, and those outside of it that it holds. */
function used(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Without garbage: what is held outside of the heap is freed some rounds later. */
async function usedAtRest(): Promise<number> {
  for (let round = 0; round < 4; round += 1) {
    globalThis.gc?.();
    await systemClock.sleep(20);
  }
  return used();
}

for (let call = 0; call < WARM_UP_CALLS; call += 1) {
  await ask(new URL('/small', url).href, 65_536);
  await ask(new URL('/over', url).href, 65_536);
}

const ends = new Set<string>();
const restAtFirst = await usedAtRest();
const rssAtFirst = process.memoryUsage.rss();
let [rssPeak, costliest] = [0, 0];
for (let call = 0; call < Number(calls); call += 1) {
  const before = await usedAtRest();
  const sample = (): void => {
    rssPeak = Math.max(rssPeak, process.memoryUsage.rss());
    costliest = Math.max(costliest, used() - before);
  };
  const sampler = setInterval(sample, 1);
  ends.add(await ask(url, Number(cap)));
  sample();
  clearInterval(sampler);
}
const kept = (await usedAtRest()) - restAtFirst;
await client.close();
process.stdout.write(JSON.stringify({ ends: [...ends], costliest, kept, rssGrowth: rssPeak - rssAtFirst }));
