/** Archival over HTTP: policies, plans, runs, and what became of the rows. */
import { z } from 'zod';
import { type ApprovalGate, PENDING_APPROVAL } from '../../platform/http-server/approval.ts';
import { LINE_OF_TEXT, type RegisterRoutes } from '../../platform/http-server/port.ts';
import { CHANGE_POLICY, PERMIT_DELETION } from './dangerous.ts';
import { dangersOf } from './policies/danger.ts';
import { POLICY } from './policies/policy.ts';
import { STATES } from './run/batch.ts';
import type { Wanted } from './run/store-runs.ts';
import {
  BATCH,
  batchToJson,
  CHECKSUMS,
  CHECKSUMS_BEGUN,
  checksumsToJson,
  PLAN,
  POLICY_SET,
  planToJson,
  policyToJson,
  RECONCILED,
  RECORD,
  RUN,
  reconciledToJson,
  recordToJson,
  runToJson,
  SUMMARY,
  summaryToJson,
  VERDICT,
  verdictToJson,
} from './schemas.ts';
import type { ArchivalService } from './service.ts';

const tags = ['archive'];
const TABLE = z.string().min(1).max(130).describe('schema.table, in the database of DATABASE_URL');
const REASON = LINE_OF_TEXT.optional().describe('For whoever approves it');
const LIMIT = z.coerce.number().int().min(1).max(200).default(50);
const RUN_PARAMS = z.object({ id: z.string().max(60) });

export const archivalRoutes =
  (service: ArchivalService, approvals: ApprovalGate): RegisterRoutes =>
  (routes) => {
    routes.get(
      '/v1/archive/policies',
      {
        config: { access: 'archive:read' },
        schema: {
          tags,
          summary: 'The policy in force of each table',
          response: { 200: z.object({ data: z.array(POLICY_SET) }) },
        },
      },
      async () => ({ data: (await service.policies()).map(policyToJson) }),
    );
    routes.get(
      '/v1/archive/policies/:table',
      {
        config: { access: 'archive:read' },
        schema: {
          tags,
          summary: "Every version of a table's policy, newest first",
          params: z.object({ table: TABLE }),
          response: { 200: z.object({ data: z.array(POLICY_SET) }) },
        },
      },
      async (request) => ({ data: (await service.versions(request.params.table)).map(policyToJson) }),
    );
    routes.post(
      '/v1/archive/policies',
      {
        config: { access: 'archive:admin', acts: true },
        schema: {
          tags,
          summary: "Set a table's policy: a new version of it, recorded in the audit log",
          description:
            'What keeps less than before (retention, a hold, an age, an archive at all) needs two people where approvals are required.',
          body: z.strictObject({ table: TABLE, policy: POLICY, reason: REASON }),
          response: { 201: POLICY_SET, 202: PENDING_APPROVAL },
        },
      },
      async (request, reply) => {
        const { policy, reason } = request.body;
        const { table, inForce } = await service.preparePolicy(request.body.table, policy);
        const dangers = dangersOf(inForce?.policy, policy);
        if (inForce !== undefined && dangers.length > 0) {
          const asked = { caller: request.caller, reason: reason ?? dangers.join('; ').slice(0, 500) };
          const pending = await approvals.propose(CHANGE_POLICY, { table, based_on: inForce.version, policy }, asked);
          if (pending !== undefined) {
            reply.code(202);
            return pending;
          }
        }
        const set = await service.setPolicy(table, policy, request.subject);
        reply.code(201);
        return policyToJson(set);
      },
    );
    routes.get(
      '/v1/archive/plan',
      {
        config: { access: 'archive:read' },
        schema: {
          tags,
          summary: "What a table's policy would do, what it costs, and what stands against it; nothing is changed",
          querystring: z.strictObject({ table: TABLE }),
          response: { 200: PLAN },
        },
      },
      async (request) => planToJson(await service.plan(request.query.table)),
    );
    routes.post(
      '/v1/archive/plan',
      {
        config: { access: 'archive:read' },
        schema: {
          tags,
          summary: 'The same for a policy that is not in force',
          body: z.strictObject({ table: TABLE, policy: POLICY }),
          response: { 200: PLAN },
        },
      },
      async (request) => planToJson(await service.plan(request.body.table, request.body.policy)),
    );
    routes.get(
      '/v1/archive/summary',
      {
        config: { access: 'archive:read' },
        schema: {
          tags,
          summary: 'How far archival is behind, and what it saves',
          description: 'Estimated from the bytes of rows as they were written; indexes come on top of that.',
          response: { 200: SUMMARY },
        },
      },
      async () => summaryToJson(await service.summary()),
    );
    routes.post(
      '/v1/archive/runs',
      {
        config: { access: 'archive:run', acts: true },
        schema: {
          tags,
          summary: 'Begin to archive a table by its policy',
          description:
            "Answers at once; the run goes on in the service, whatever the window of the policy says. Where approvals are required, and rows of the table were never deleted, the answer is what now waits for somebody else's approval, and nothing is begun.",
          body: z.strictObject({ table: TABLE, reason: REASON }),
          response: { 202: z.union([RUN, PENDING_APPROVAL]) },
        },
      },
      async (request, reply) => {
        reply.code(202);
        const { table, inForce, permitted } = await service.deletion(request.body.table);
        if (!permitted) {
          const why =
            request.body.reason ?? `rows of ${table} older than ${inForce.policy.age_days} days are to be archived`;
          const asked = { caller: request.caller, reason: why };
          const pending = await approvals.propose(PERMIT_DELETION, { table, policy_version: inForce.version }, asked);
          if (pending !== undefined) return pending;
        }
        const run = await service.start(table, request.subject);
        return runToJson(run);
      },
    );
    routes.get(
      '/v1/archive/runs',
      {
        config: { access: 'archive:read' },
        schema: {
          tags,
          summary: 'Runs, newest first',
          querystring: z.strictObject({ limit: LIMIT }),
          response: { 200: z.object({ data: z.array(RUN) }) },
        },
      },
      async (request) => ({ data: (await service.runs(request.query.limit)).map(runToJson) }),
    );
    routes.get(
      '/v1/archive/runs/:id',
      {
        config: { access: 'archive:read' },
        schema: { tags, summary: 'How far a run is', params: RUN_PARAMS, response: { 200: RUN } },
      },
      async (request) => runToJson(await service.run(request.params.id)),
    );
    for (const [word, wanted, summary] of [
      ['pause', 'pause', 'Let a run wait; its batch goes on where it is'],
      ['resume', 'run', 'Let a paused run go on'],
      ['stop', 'stop', 'End a run at the next good place; the next run goes on with its batch'],
    ] as const satisfies readonly (readonly [string, Wanted, string])[]) {
      routes.post(
        `/v1/archive/runs/:id/${word}`,
        {
          config: { access: 'archive:run', acts: true },
          schema: { tags, summary, params: RUN_PARAMS, body: z.strictObject({}).optional(), response: { 200: RUN } },
        },
        async (request) => runToJson(await service.control(request.params.id, wanted)),
      );
    }
    routes.get(
      '/v1/archive/batches',
      {
        config: { access: 'archive:read' },
        schema: {
          tags,
          summary: 'Batches, newest first: one object each',
          querystring: z.strictObject({
            table: TABLE.optional(),
            state: z.enum(STATES).optional(),
            before: z.coerce
              .number()
              .int()
              .min(1)
              .max(2_147_483_647)
              .optional()
              .describe('Only batches below this number'),
            limit: LIMIT,
          }),
          response: { 200: z.object({ data: z.array(BATCH) }) },
        },
      },
      async (request) => {
        const { state, ...query } = request.query;
        const states = state === undefined ? {} : { states: [state] };
        return { data: (await service.batches({ ...query, ...states })).map(batchToJson) };
      },
    );
    routes.get(
      '/v1/archive/records',
      {
        config: { access: 'archive:read' },
        schema: {
          tags,
          summary: 'Where an archived row is, and its hash',
          querystring: z.strictObject({
            table: TABLE,
            id: z.string().max(60).describe('Its key: UUID or whole number'),
          }),
          response: { 200: z.object({ data: z.array(RECORD) }) },
        },
      },
      async (request) => ({ data: (await service.find(request.query.table, request.query.id)).map(recordToJson) }),
    );
    routes.get(
      '/v1/archive/verification',
      {
        config: { access: 'archive:read' },
        schema: {
          tags,
          summary: 'Batches held against database and store, newest first; nothing is restored',
          querystring: z.strictObject({
            table: TABLE.optional(),
            batch: z.coerce.number().int().min(1).max(2_147_483_647).optional(),
            before: z.coerce
              .number()
              .int()
              .min(1)
              .max(2_147_483_647)
              .optional()
              .describe('Only batches below this number'),
            bytes: z.stringbool().default(false).describe('Read the objects that can be read'),
            limit: LIMIT,
          }),
          response: { 200: z.object({ data: z.array(VERDICT) }) },
        },
      },
      async (request) => {
        const { table, batch, before, bytes, limit } = request.query;
        const data: z.output<typeof VERDICT>[] = [];
        for await (const verdict of service.verify({ table, no: batch, before, limit }, { bytes }))
          data.push(verdictToJson(verdict));
        return { data };
      },
    );
    routes.post(
      '/v1/archive/checksums',
      {
        config: { access: 'archive:run', acts: true },
        schema: {
          tags,
          summary: 'Have the store read its objects where they lie: nothing is restored, whatever their class',
          description:
            'A job of S3 Batch Operations, which takes minutes to hours and is charged by AWS; by the role of S3_BATCH_ROLE. Where the store has no such jobs, 404 says so.',
          body: z.strictObject({ table: TABLE.optional() }),
          response: { 202: CHECKSUMS_BEGUN },
        },
      },
      async (request, reply) => {
        const begun = await service.beginChecksums(request.body.table);
        reply.code(202);
        return begun;
      },
    );
    routes.get(
      '/v1/archive/checksums/:job',
      {
        config: { access: 'archive:read' },
        schema: {
          tags,
          summary: 'What the store found, held against the hashes of the batches',
          params: z.object({ job: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/) }),
          response: { 200: CHECKSUMS },
        },
      },
      async (request) => checksumsToJson(await service.checksums(request.params.job)),
    );
    routes.get(
      '/v1/archive/reconciliation',
      {
        config: { access: 'archive:read' },
        schema: {
          tags,
          summary: 'Database, store, manifests and audit log against each other',
          response: { 200: RECONCILED },
        },
      },
      async () => reconciledToJson(await service.reconcile()),
    );
  };
