/** `GET /v1/rates/USDT/VND` against a bare Fastify route that answers with a constant of the same size. */
import autocannon from 'autocannon';
import Fastify from 'fastify';
import { openPglite } from '../src/platform/db/pglite.ts';
import { startApp } from '../test/support/app.ts';
import type { Bench } from './bench.ts';

const BAR = 0.5;
const LOAD = { connections: 20, duration: 5 };

export const run: Bench = async () => {
  const db = await openPglite();
  const service = await startApp({ db, env: { PLUMBLINE_RATE_LIMIT: '1000000' } });
  const bare = Fastify();
  try {
    const { text } = await service.request('/v1/rates/USDT/VND');
    bare.get('/', (_request, reply) => reply.type('application/json').send(text));
    const bareUrl = await bare.listen({ host: '127.0.0.1', port: 0 });
    const headers = { authorization: `Bearer ${service.key('rates:read')}` };
    const ours = await autocannon({ ...LOAD, url: `${service.url}/v1/rates/USDT/VND`, headers });
    const floor = await autocannon({ ...LOAD, url: bareUrl });
    console.log(
      `  ${text.length} bytes; ours ${ours.requests.average} req/s, p99 ${ours.latency.p99} ms, ${ours.non2xx} not 2xx; bare ${floor.requests.average} req/s, p99 ${floor.latency.p99} ms`,
    );
    const ratio = ours.requests.average / floor.requests.average;
    return [
      {
        name: 'http-rate',
        value: ours.requests.average,
        unit: 'req/s',
        reference: 'bare fastify route',
        ratio,
        bar: `>= ${BAR}`,
        pass: ratio >= BAR && ours.non2xx === 0,
      },
    ];
  } finally {
    await bare.close();
    await service.close();
    await db.close();
  }
};
