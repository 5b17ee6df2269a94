/** Appending to the log over HTTP. */
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Json } from '../../kernel/canonical.ts';
import { PlumblineError } from '../../kernel/errors.ts';
import { sha256Hex } from '../../kernel/hash.ts';
import type { Db } from '../../platform/db/port.ts';
import { idempotencyKey } from '../../platform/http-server/idempotency-key.ts';
import { type RegisterRoutes, sendText } from '../../platform/http-server/port.ts';
import { parseEntryBody } from './entry-body.ts';
import { MAX_LEAF_BYTES } from './log/leaf.ts';
import type { AuditReader } from './reader.ts';
import { LEAF, leafToJson } from './schemas.ts';
import type { AuditLog, NewEntry } from './service.ts';
import { Submitter } from './submit.ts';

export interface AppendRoutesDeps {
  readonly log: AuditLog;
  readonly reader: AuditReader;
  readonly db: Db;
  /** The stream that takes what is added without more; undefined: nothing is. */
  readonly addStream?: string | undefined;
}

const MAX_ENTRIES = 1_000;
const BODY_LIMIT = 16 * 1024 * 1024;
/** How long somebody waits for a signed checkpoint, milliseconds. */
const PUBLISH_WAIT_MS = 10_000;

const NEW_ENTRY = z
  .strictObject({
    stream: z.string(),
    record_id: z.string(),
    op: z.string().describe('A word such as `update`'),
    actor: z.string().optional().describe('Who did it; whose key it is unless told'),
    record: z
      .unknown()
      .optional()
      .describe('Any JSON whose numbers are whole, up to 65,535 bytes; it can be forgotten'),
    data_hash: z
      .string()
      .regex(/^[0-9a-f]{64}$/, 'must be 64 hexadecimal digits in lower case')
      .optional()
      .describe('In place of a record that is kept elsewhere: its SHA-256'),
  })
  .refine(
    ({ record, data_hash }) => (record === undefined) !== (data_hash === undefined),
    'must have a record, or the data_hash of one',
  );
const MANY = z.strictObject({ entries: z.array(NEW_ENTRY).min(1).max(MAX_ENTRIES) });

/** Of the one of the two that was meant. */
function whatIsWrong({ input, errors }: { readonly input?: unknown; readonly errors?: unknown }): string {
  const many = typeof input === 'object' && input !== null && 'entries' in input;
  const [one, all] = UNION_ERRORS.parse(errors);
  return (many ? all : one).map(({ path, message }) => [...path, message].join(': ')).join('; ');
}
const ISSUES = z.array(z.object({ path: z.array(z.union([z.string(), z.number()])), message: z.string() }));
const UNION_ERRORS = z.tuple([ISSUES, ISSUES]);

const APPENDED = LEAF.extend({ receipt: z.string().nullable().describe('With wait=published (c2sp.org/tlog-proof)') });
const ALL_APPENDED = z.object({ data: z.array(APPENDED) });

const tags = ['audit'];
const config = { access: 'audit:append' };

export const auditAppendRoutes =
  ({ log, reader, db, addStream }: AppendRoutesDeps): RegisterRoutes =>
  (routes) => {
    const submitter = new Submitter({ log, db });
    void routes.register((plain, _options, done) => {
      const own = plain.withTypeProvider<ZodTypeProvider>();
      own.removeAllContentTypeParsers();
      own.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, parsed) => {
        try {
          parsed(null, parseEntryBody(body.toString()));
        } catch (error) {
          parsed(error instanceof Error ? error : new Error(String(error)));
        }
      });
      own.post(
        '/v1/audit/entries',
        {
          config: { ...config, remembersKeys: true },
          bodyLimit: BODY_LIMIT,
          schema: {
            tags,
            summary: 'Append one entry, or up to 1,000 at once',
            description:
              'Answers when they are durable; with `wait=published` when a signed checkpoint covers them, and without receipts where none did within 10 seconds. The Idempotency-Key is that of the entries: sent again, they are answered with the same leaves for as long as the log exists. Nothing is appended where one of them is refused.',
            querystring: z.strictObject({ wait: z.enum(['sequenced', 'published']).default('sequenced') }),
            body: z.union([NEW_ENTRY, MANY], { error: whatIsWrong }),
            response: { 201: z.union([APPENDED, ALL_APPENDED]) },
          },
        },
        async (request, reply) => {
          const { body } = request;
          const many = 'entries' in body;
          const entries = (many ? body.entries : [body]).map((entry) => newEntry(entry, request.subject));
          const key = idempotencyKey(request);
          const appended = await submitter.submit({ caller: request.subject, key, entries });
          if (appended.every(({ replayed }) => replayed)) reply.header('idempotency-replayed', 'true');
          const indices = appended.map(({ leaf }) => leaf.index);
          const receipts = request.query.wait === 'published' ? await receiptsOf(reader, indices) : undefined;
          reply.code(201);
          const data = appended.map(({ leaf }, at) => ({ ...leafToJson(leaf), receipt: receipts?.[at] ?? null }));
          const [first] = data;
          return many || first === undefined ? { data } : first;
        },
      );
      done();
    });
    if (addStream === undefined) return;
    void routes.register((plain, _options, done) => {
      const own = plain.withTypeProvider<ZodTypeProvider>();
      own.removeAllContentTypeParsers();
      own.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, parsed) => parsed(null, body));
      own.post(
        '/log/add',
        {
          config,
          bodyLimit: MAX_LEAF_BYTES,
          schema: {
            tags,
            summary: 'Append the hash of any bytes; answers with the index',
            response: { 200: z.string() },
          },
        },
        async (request, reply) => {
          const body: unknown = request.body ?? Buffer.alloc(0);
          if (!Buffer.isBuffer(body)) throw new PlumblineError('internal', 'audit.no_bytes', 'the body is no bytes');
          const dataHash = sha256Hex(body);
          const fields = { stream: addStream, recordId: dataHash, op: 'add', actor: request.subject };
          const { leaf } = await log.append({ ...fields, content: { dataHash }, key: `add ${dataHash}` });
          sendText(reply, String(leaf.index));
        },
      );
      done();
    });
  };

/** One after the other, so that what many wait for is not read many times at once. */
async function receiptsOf(reader: AuditReader, indices: readonly number[]): Promise<readonly string[] | undefined> {
  const last = await reader.awaitReceipt(Math.max(...indices), PUBLISH_WAIT_MS);
  if (last === undefined) return undefined;
  const receipts: string[] = [];
  for (const index of indices) receipts.push(await reader.receipt(index));
  return receipts;
}

function newEntry(entry: z.output<typeof NEW_ENTRY>, subject: string): Omit<NewEntry, 'key' | 'caller'> {
  const { stream, record_id: recordId, op, actor = subject, record, data_hash: dataHash } = entry;
  assertActor(actor, subject);
  // What the parser made of the body is JSON.
  const content = dataHash === undefined ? { record: record as Json } : { dataHash };
  return { stream, recordId, op, actor, content };
}

/** Names that Plumbline gives are given by Plumbline. */
function assertActor(actor: string, subject: string): void {
  if (actor === subject || !/^(plumbline$|local$|key:|person:)/.test(actor)) return;
  throw new PlumblineError(
    'invalid',
    'audit.actor_reserved',
    `actor "${actor.slice(0, 60)}" is a name that Plumbline gives to callers; yours is "${subject}"`,
    { faults: [{ pointer: '/actor', message: 'must be your own, or none of Plumbline' }] },
  );
}
