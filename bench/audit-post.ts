/**
 * `POST /v1/audit/entries`, one entry a request, each durable before its answer: over HTTP with an API key
 * that is stored in the database and a key of idempotency of its own, by as many callers as append to the
 * same log within the process right after. The service, its PostgreSQL and the load share this machine.
 */
import { z } from 'zod';
import { findPostgres, startPostgres } from '../test/support/postgres.ts';
import { type Bench, median } from './bench.ts';
import { runPart, startPart } from './child.ts';

const CALLERS = 64;
const SECONDS = 4;
const ROUNDS = 3;
const BAR = 0.1;
const DURABLE = { fsync: 'on', synchronous_commit: 'on', full_page_writes: 'on', shared_buffers: '512MB' };

const SERVICE = z.object({ url: z.string(), key: z.string() });
const LOAD = z.object({ perSecond: z.number(), p50Ms: z.number(), p99Ms: z.number(), failed: z.number() });
type Load = z.output<typeof LOAD>;

export const run: Bench = async () => {
  const bin = await findPostgres(15);
  if (bin === undefined) throw new Error('PostgreSQL 15 is not installed');
  const server = await startPostgres(bin, DURABLE);
  const service = await startPart('audit-post-service.ts', [server.url], SERVICE);
  try {
    const { url, key } = service.hello;
    const load = (way: 'http' | 'within', seconds: number): Promise<Load> =>
      runPart('audit-post-load.ts', [way, way === 'http' ? url : server.url, `${seconds}`, `${CALLERS}`, key], LOAD);
    await load('http', 1); // what is compiled late is no part of any round
    const [posts, within]: [Load[], Load[]] = [[], []];
    for (let round = 0; round < ROUNDS; round += 1) {
      posts.push(await load('http', SECONDS));
      within.push(await load('within', SECONDS));
    }
    console.log(`  ${CALLERS} callers: over HTTP ${described(posts)}; in one process ${described(within)}`);
    const failed = [...posts, ...within].reduce((sum, each) => sum + each.failed, 0);
    if (failed > 0) console.log(`  ${failed} appends failed`);
    const ratio = median(posts.map(({ perSecond }, round) => perSecond / (within[round]?.perSecond ?? Number.NaN)));
    return [
      {
        ...{ name: 'audit-post-64-callers', value: median(posts.map(({ perSecond }) => perSecond)), unit: 'posts/s' },
        reference: `the same appends without HTTP ${median(within.map(({ perSecond }) => perSecond)).toFixed(0)}/s`,
        ...{ ratio, bar: `>= ${BAR}, none failed`, pass: ratio >= BAR && failed === 0 },
      },
    ];
  } finally {
    await service.stop();
    await server.stop();
  }
};

const described = (loads: readonly Load[]): string => {
  const middle = (figure: keyof Load): number => median(loads.map((load) => load[figure]));
  return `${middle('perSecond').toFixed(0)}/s (p50 ${middle('p50Ms').toFixed(2)} ms, p99 ${middle('p99Ms').toFixed(2)} ms)`;
};
