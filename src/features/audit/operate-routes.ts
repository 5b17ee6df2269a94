/** What operators do with the log, over HTTP: streams, watched tables, forgetting. */
import { z } from 'zod';
import type { Clock, Random } from '../../kernel/clock.ts';
import { PlumblineError } from '../../kernel/errors.ts';
import type { Db } from '../../platform/db/port.ts';
import { LINE_OF_TEXT, type RegisterRoutes, TIMESTAMP } from '../../platform/http-server/port.ts';
import { listWatches, type Watch } from './capture/store.ts';
import { unwatch, watch } from './capture/watch.ts';
import { forget } from './forget.ts';
import type { AuditLog } from './service.ts';
import type { Forgotten } from './store.ts';
import { createStream } from './streams.ts';

const tags = ['audit'];
const acts = { access: 'audit:admin', acts: true };
const STREAM = z.object({ name: z.string(), salted: z.boolean() });
const WATCH = z.object({
  table: z.string(),
  stream: z.string(),
  key: z.array(z.string()).describe('Columns whose values name a row'),
  without: z.array(z.string()).describe('Columns that are left out'),
  enabled: z.boolean().describe('false: somebody has switched its trigger off'),
});
const NAMES = z.array(z.string().min(1).max(512)).min(1).max(1_000);

export interface OperateDeps {
  readonly log: AuditLog;
  readonly db: Db;
  readonly clock: Clock;
  readonly random: Random;
}

export const auditOperateRoutes =
  (deps: OperateDeps): RegisterRoutes =>
  (routes) => {
    const { log, db } = deps;
    routes.post(
      '/v1/audit/streams',
      {
        config: acts,
        schema: {
          tags,
          summary: 'Create a stream',
          description: '200 where there is one like it already.',
          body: z.strictObject({
            name: z.string(),
            salted: z
              .boolean()
              .default(true)
              .describe('What is recorded may name people: its hashes are salted, so that nobody can guess'),
          }),
          response: { 200: STREAM, 201: STREAM },
        },
      },
      async (request, reply) => {
        const { created, ...stream } = await createStream({ log, db }, { ...request.body, actor: request.subject });
        reply.code(created ? 201 : 200);
        return stream;
      },
    );
    routes.get(
      '/v1/audit/watches',
      {
        config: { access: 'audit:read' },
        schema: {
          tags,
          summary: 'Watched tables: each change of theirs becomes a leaf',
          response: { 200: z.object({ data: z.array(WATCH) }) },
        },
      },
      async () => ({ data: (await listWatches(db.sql)).map(watchToJson) }),
    );
    routes.post(
      '/v1/audit/watches',
      {
        config: acts,
        schema: {
          tags,
          summary: 'Watch a table: from now on each change of it is recorded in the transaction that makes it',
          description:
            "The table is in Plumbline's own database. What watched it before is replaced. Its role must own the table.",
          body: z.strictObject({
            table: LINE_OF_TEXT.max(140).describe('As SQL names it, with its schema: gateway.payments'),
            stream: z.string().optional().describe("The table's name unless told; it is created where there is none"),
            without: z.array(z.string().min(1).max(63)).max(200).default([]).describe('Columns to leave out'),
            salted: z.boolean().default(true).describe('Of the stream, where it is created'),
            snapshot: z.boolean().default(true).describe('Record the rows that are there already'),
          }),
          response: { 201: WATCH.extend({ rows: z.int().describe('Rows that were there already, and are recorded') }) },
        },
      },
      async (request, reply) => {
        const { rows, ...watched } = await watch(db, { ...request.body, actor: request.subject });
        const { table, stream, without } = watched;
        await log.record(table, 'watch', { stream, without, rows, by: request.subject });
        reply.code(201);
        return { ...watchToJson(watched), rows };
      },
    );
    routes.delete(
      '/v1/audit/watches/:table',
      {
        config: { access: 'audit:admin' },
        schema: {
          tags,
          summary: 'Watch a table no longer; what was recorded stays',
          params: z.object({ table: z.string() }),
          response: { 204: z.null() },
        },
      },
      async (request, reply) => {
        const { table } = request.params;
        await unwatch(db, table);
        await log.record(table, 'unwatch', { by: request.subject });
        return reply.code(204).send(null);
      },
    );
    routes.post(
      '/v1/audit/redactions',
      {
        config: acts,
        schema: {
          tags,
          summary: 'Forget what was recorded of a record, of a person, or in a time',
          description:
            'The payloads and their salts are deleted for good; the leaves stay, every proof still verifies, and a new leaf says who did it and why. Neither that leaf nor `reason` may name the person.',
          body: z.strictObject({
            reason: LINE_OF_TEXT.describe('Kept in the log for good'),
            dry_run: z.boolean().default(false).describe('Only count'),
            record: z.strictObject({ stream: z.string(), record_id: z.string() }).optional(),
            person: z
              .strictObject({ actors: NAMES.optional(), record_ids: NAMES.optional() })
              .optional()
              .describe('All that these actors did, and all of these records in any stream'),
            range: z.strictObject({ stream: z.string().optional(), from: TIMESTAMP, to: TIMESTAMP }).optional(),
          }),
          response: {
            201: z.object({
              forgotten: z.int().describe('Payloads'),
              leaves: z.array(z.int()).describe('Indices of the leaves that say so'),
            }),
          },
        },
      },
      async (request, reply) => {
        const { reason, dry_run: dryRun, ...selectors } = request.body;
        const { forgotten, leaves } = await forget(deps, forgottenBy(selectors), {
          ...{ reason, dryRun, actor: request.subject },
        });
        reply.code(201);
        return { forgotten, leaves: [...leaves] };
      },
    );
  };

const watchToJson = ({ table, stream, key, without, enabled }: Watch): z.input<typeof WATCH> => ({
  ...{ table, stream, enabled },
  ...{ key: [...key], without: [...without] },
});

interface Selectors {
  readonly record?: { readonly stream: string; readonly record_id: string } | undefined;
  readonly person?:
    | { readonly actors?: readonly string[] | undefined; readonly record_ids?: readonly string[] | undefined }
    | undefined;
  readonly range?: { readonly stream?: string | undefined; readonly from: string; readonly to: string } | undefined;
}

/** @throws `audit.redaction_unclear` (invalid) */
function forgottenBy({ record, person, range }: Selectors): Forgotten {
  const given = [
    record && { stream: record.stream, recordId: record.record_id },
    person && { actors: person.actors ?? [], recordIds: person.record_ids ?? [] },
    range && { stream: range.stream, fromUs: Date.parse(range.from) * 1_000, toUs: Date.parse(range.to) * 1_000 },
  ].filter((each) => each !== undefined);
  const [only] = given;
  if (only !== undefined && given.length === 1) return only;
  throw new PlumblineError(
    'invalid',
    'audit.redaction_unclear',
    `${given.length} of record, person and range are given; give one of them`,
    { faults: [{ pointer: '/', message: 'must have one of record, person and range' }] },
  );
}
