/**
 * `GET /v1/rates/USDT/VND`, with an API key that is stored in the database, against a bare Fastify route
 * that answers with a constant of the same size. Each server has a process of its own and the load comes
 * from another; the two take turns, and the middle of the rounds counts.
 */
import { z } from 'zod';
import { findPostgres, startPostgres } from '../test/support/postgres.ts';
import { type Bench, type Measurement, median } from './bench.ts';
import { type Part, runPart, startPart } from './child.ts';

const BAR = 0.5;
const ROUNDS = 5;
const SECONDS = 3;
const PATH = '/v1/rates/USDT/VND';

const SERVICE = z.object({ url: z.string(), adminKey: z.string() });
const BARE = z.object({ url: z.string() });
const LOAD = z.object({ total: z.number(), perSecond: z.number(), p99Ms: z.number(), failed: z.number() });
type Round = z.output<typeof LOAD> & { readonly cpuMicros: number };

export const run: Bench = async () => {
  const embedded = await measure('http-rate', undefined);
  const bin = await findPostgres(18);
  if (bin === undefined) {
    console.log('  PostgreSQL 18 is not installed: only the embedded database was measured');
    return [embedded];
  }
  const postgres = await startPostgres(bin);
  try {
    return [embedded, await measure('http-rate-postgresql', postgres.url)];
  } finally {
    await postgres.stop();
  }
};

async function measure(name: string, postgresUrl: string | undefined): Promise<Measurement> {
  const service = await startPart('http-service.ts', postgresUrl === undefined ? [] : [postgresUrl], SERVICE);
  const url = `${service.hello.url}${PATH}`;
  const key = await storedKey(service.hello);
  const text = await (await fetch(url, { headers: { authorization: `Bearer ${key}` } })).text();
  const bare = await startPart('http-bare.ts', [text], BARE);
  try {
    const ours: Round[] = [];
    const floor: Round[] = [];
    await load(service, url, 1, key); // both warm up: what is compiled late is no part of any round
    await load(bare, bare.hello.url, 1);
    for (let round = 0; round < ROUNDS; round += 1) {
      ours.push(await load(service, url, SECONDS, key));
      floor.push(await load(bare, bare.hello.url, SECONDS));
    }
    console.log(`  ${name}, ${text.length} bytes: ours ${described(ours)}; bare ${described(floor)}`);
    const ratio = median(ours.map(({ perSecond }, round) => perSecond / (floor[round]?.perSecond ?? Number.NaN)));
    const failed = ours.reduce((sum, round) => sum + round.failed, 0);
    if (failed > 0) console.log(`  ${failed} requests of ours failed`);
    return {
      ...{ name, value: middle(ours, 'perSecond'), unit: 'req/s', reference: 'bare fastify route', ratio },
      ...{ bar: `>= ${BAR}`, pass: ratio >= BAR && failed === 0 },
    };
  } finally {
    await service.stop();
    await bare.stop();
  }
}

/** As a client gets one: created over HTTP, and known to the database. */
async function storedKey({ url, adminKey }: z.output<typeof SERVICE>): Promise<string> {
  const response = await fetch(`${url}/v1/keys`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${adminKey}`,
      'content-type': 'application/json',
      'idempotency-key': 'bench',
    },
    body: JSON.stringify({ name: 'bench', scopes: ['rates:read'] }),
  });
  return z.object({ secret: z.string() }).parse(await response.json()).secret;
}

async function load(server: Part<unknown>, url: string, seconds: number, key?: string): Promise<Round> {
  const before = await server.cpuMicros();
  const args = [url, String(seconds), ...(key === undefined ? [] : [key])];
  const answer = await runPart('http-load.ts', args, LOAD);
  return { ...answer, cpuMicros: ((await server.cpuMicros()) - before) / answer.total };
}

const middle = (rounds: readonly Round[], figure: keyof Round): number => median(rounds.map((round) => round[figure]));

const described = (rounds: readonly Round[]): string =>
  `${middle(rounds, 'perSecond').toFixed(0)} req/s, p99 ${middle(rounds, 'p99Ms')} ms, ${middle(rounds, 'cpuMicros').toFixed(1)} us of processor a request`;
