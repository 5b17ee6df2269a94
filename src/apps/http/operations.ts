/** What operators and machines ask of the process itself; no key is needed. */
import { z } from 'zod';
import { isPlumblineError } from '../../kernel/errors.ts';
import type { RegisterRoutes } from '../../platform/http-server/port.ts';

type Checks = Readonly<Record<string, () => Promise<unknown>>>;

export interface Readiness {
  /** Each part that must answer before traffic is sent here; rejects with what is wrong. */
  readonly required: Checks;
  /** Shown, without a say. */
  readonly optional: Checks;
  readonly mode: 'live' | 'sandbox';
  readonly version: string;
  metricsPage(): Promise<string>;
  readonly metricsType: string;
}

const PART = z.object({ ok: z.boolean(), error: z.string().optional() });
const READY = z.object({ ready: z.boolean(), parts: z.record(z.string(), PART) });

export const operationRoutes =
  (readiness: Readiness): RegisterRoutes =>
  (routes) => {
    routes.get(
      '/healthz',
      {
        config: { access: 'public' },
        schema: {
          tags: ['operations'],
          summary: 'The process runs',
          response: {
            200: z.object({ status: z.literal('ok'), mode: z.enum(['live', 'sandbox']), version: z.string() }),
          },
        },
      },
      () => ({ status: 'ok' as const, mode: readiness.mode, version: readiness.version }),
    );
    routes.get(
      '/readyz',
      {
        config: { access: 'public' },
        schema: { tags: ['operations'], summary: 'The process can do its work', response: { 200: READY, 503: READY } },
      },
      async (_request, reply) => {
        const required = await look(readiness.required);
        const optional = await look(readiness.optional);
        const ready = required.every(([, { ok }]) => ok);
        return reply.code(ready ? 200 : 503).send({ ready, parts: Object.fromEntries([...required, ...optional]) });
      },
    );
    routes.get(
      '/metrics',
      {
        config: { access: 'public' },
        schema: {
          tags: ['operations'],
          summary: 'Metrics in the text format of Prometheus',
          response: { 200: z.string() },
        },
      },
      async (_request, reply) =>
        reply
          .type(readiness.metricsType)
          .serializer(String)
          .send(await readiness.metricsPage()),
    );
  };

const look = (checks: Checks): Promise<readonly (readonly [string, z.input<typeof PART>])[]> =>
  Promise.all(
    Object.entries(checks).map(async ([name, check]) => {
      try {
        await check();
        return [name, { ok: true }] as const;
      } catch (error) {
        // The reason may name hosts; the log and `plumbline doctor` have it. What is missing is ours to say.
        const isMissing = isPlumblineError(error) && error.kind === 'missing';
        return [name, { ok: false, error: isMissing ? error.message : 'does not answer' }] as const;
      }
    }),
  );
