/** Reading the log over HTTP. */
import { z } from 'zod';
import { decodeMark, encodeMark } from '../../platform/http-server/cursor.ts';
import { type RegisterRoutes, sendText, TIMESTAMP } from '../../platform/http-server/port.ts';
import { leafText } from './log/leaf.ts';
import { type AuditReader, notPublished, type Page } from './reader.ts';
import {
  CHANGE,
  COUNT,
  changeToJson,
  contentToJson,
  DATE,
  DAY,
  dayToJson,
  ENTRY,
  hex,
  LEAF,
  leafToJson,
  PROOF,
  PUBLISHED,
  proofToJson,
  publishedToJson,
} from './schemas.ts';
import type { PublishedKey } from './signer/port.ts';

const tags = ['audit'];
const config = { access: 'audit:read' };
const NEXT = z.string().nullable().describe('Cursor of the next page');
const PAGE = {
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(200).optional(),
};

export const auditRoutes =
  (reader: AuditReader, keys: () => Promise<readonly PublishedKey[]> = async () => []): RegisterRoutes =>
  (routes) => {
    routes.get(
      '/v1/audit/log',
      {
        config,
        schema: {
          tags,
          summary: 'What the log is called, how long it is, what of it is signed, and by which keys',
          response: {
            200: z.object({
              origin: z.string(),
              zone: z.string().describe('Of its business dates'),
              size: z.int(),
              root: z.string(),
              open_date: z.iso.date().describe('Days before this one are closed'),
              published: PUBLISHED.nullable().describe('The newest signed checkpoint'),
              waiting: z.int().describe('What business transactions have said and no leaf stands for yet'),
              keys: z
                .array(
                  z.object({
                    vkey: z.string().describe('Verifies its checkpoints (c2sp.org/signed-note)'),
                    from: z.int().describe('Size of the first checkpoint that it signed'),
                    until: z.int().nullable().describe('null: it signs on'),
                  }),
                )
                .describe('Empty where this process does not sign'),
            }),
          },
        },
      },
      async () => {
        const { origin, zone, size, root, openDate, published, waiting } = await reader.log();
        return {
          ...{ origin, zone, size, root, open_date: openDate },
          ...{ published: publishedToJson(published), waiting, keys: [...(await keys())] },
        };
      },
    );
    routes.get(
      '/v1/audit/entries',
      {
        config,
        schema: {
          tags,
          summary: 'Leaves, newest first',
          querystring: z.strictObject({
            ...PAGE,
            stream: z.string().max(64).optional(),
            record_id: z.string().max(512).optional(),
            actor: z.string().max(200).optional(),
            from: TIMESTAMP.optional().describe('Sequenced at this time or later'),
            to: TIMESTAMP.optional().describe('Sequenced before this time'),
          }),
          response: { 200: z.object({ data: z.array(LEAF), next: NEXT }) },
        },
      },
      async (request) => {
        const { limit, cursor, stream, record_id, actor, from, to } = request.query;
        const page = await reader.entries({
          ...{ limit, stream, actor, recordId: record_id, before: beforeOf(cursor) },
          ...{ fromUs: microsOf(from), toUs: microsOf(to) },
        });
        return { data: page.data.map(leafToJson), next: nextOf(page, ({ index }) => index) };
      },
    );
    routes.get(
      '/v1/audit/entries/:index',
      {
        config,
        schema: {
          tags,
          summary: 'One leaf, with what was recorded',
          params: z.object({ index: COUNT }),
          response: { 200: ENTRY },
        },
      },
      async (request) => {
        const entry = await reader.entry(request.params.index);
        return { ...leafToJson(entry.leaf), leaf: leafText(entry.leaf), ...contentToJson(entry) };
      },
    );
    routes.get(
      '/v1/audit/entries/:index/receipt',
      {
        config,
        schema: {
          tags,
          summary: 'Proof that the leaf is in the log, to be checked offline (c2sp.org/tlog-proof)',
          description:
            'Under the newest signed checkpoint. 409 `audit.not_published_yet` while none covers the leaf; `published_size` says how far it is.',
          params: z.object({ index: COUNT }),
          response: { 200: z.string() },
        },
      },
      async (request, reply) => sendText(reply, await reader.receipt(request.params.index)),
    );
    routes.get(
      '/v1/audit/records/:stream/:record_id',
      {
        config,
        schema: {
          tags,
          summary: 'What became of a record, newest first: before and after each change, with proofs',
          params: z.object({ stream: z.string(), record_id: z.string() }),
          querystring: z.strictObject({
            ...PAGE,
            limit: z.coerce.number().int().min(1).max(100).default(20),
            proofs: z.enum(['true', 'false']).default('true').describe('With a proof of each leaf'),
          }),
          response: { 200: z.object({ data: z.array(CHANGE), next: NEXT }) },
        },
      },
      async (request) => {
        const { stream, record_id: recordId } = request.params;
        const { limit, cursor, proofs } = request.query;
        const page = await reader.history({ limit, stream, recordId, before: beforeOf(cursor) });
        const size = proofs === 'true' && page.data.length > 0 ? (await reader.log()).size : undefined;
        const data: z.input<typeof CHANGE>[] = [];
        for (const change of page.data) {
          data.push(
            changeToJson(change, size === undefined ? undefined : await reader.inclusion(change.leaf.index, size)),
          );
        }
        return { data, next: nextOf(page, ({ leaf }) => leaf.index) };
      },
    );
    routes.get(
      '/v1/audit/streams',
      {
        config,
        schema: {
          tags,
          summary: 'Streams and their heads',
          response: {
            200: z.object({
              data: z.array(
                z.object({
                  name: z.string(),
                  salted: z.boolean().describe('Its hashes are salted: what is recorded may name people'),
                  size: z.int(),
                  head: z.string().nullable().describe('leaf_hash of its newest leaf'),
                }),
              ),
            }),
          },
        },
      },
      async () => ({ data: [...(await reader.streams())] }),
    );
    routes.get(
      '/v1/audit/days',
      {
        config,
        schema: {
          tags,
          summary: 'Closed days, newest first',
          querystring: z.strictObject(PAGE),
          response: { 200: z.object({ data: z.array(DAY), next: NEXT }) },
        },
      },
      async (request) => {
        const { limit, cursor } = request.query;
        const before = cursor === undefined ? undefined : decodeMark(cursor, /^\d{4}-\d{2}-\d{2}$/);
        const page = await reader.days(before, limit);
        return { data: page.data.map(dayToJson), next: nextOf(page, ({ date }) => date) };
      },
    );
    routes.get(
      '/v1/audit/days/:date',
      {
        config,
        schema: {
          tags,
          summary: 'A closed day, with its signed checkpoint',
          params: z.object({ date: DATE }),
          response: {
            200: DAY.extend({ checkpoint: z.string().nullable().describe('Signed note; null until it is signed') }),
          },
        },
      },
      async (request) => {
        const day = await reader.day(request.params.date);
        return { ...dayToJson(day), checkpoint: day.checkpoint ?? null };
      },
    );
    routes.get(
      '/v1/audit/proof/inclusion',
      {
        config,
        schema: {
          tags,
          summary: 'Proof that a leaf is in the log of a size (RFC 6962 2.1.1)',
          querystring: z.strictObject({
            index: COUNT,
            size: COUNT.optional().describe('The whole log unless told'),
          }),
          response: { 200: PROOF.extend({ index: z.int(), leaf_hash: z.string() }) },
        },
      },
      async (request) => {
        const { index, size } = request.query;
        const proof = await reader.inclusion(index, size);
        return { index, leaf_hash: hex(proof.leafHash), ...proofToJson(proof) };
      },
    );
    routes.get(
      '/v1/audit/proof/consistency',
      {
        config,
        schema: {
          tags,
          summary: 'Proof that the log of one size begins with the log of another (RFC 6962 2.1.2)',
          querystring: z.strictObject({ from: COUNT, to: COUNT }),
          response: {
            200: z.object({
              ...{ from: z.int(), from_root: z.string(), to: z.int(), to_root: z.string() },
              hashes: z.array(z.string()),
            }),
          },
        },
      },
      async (request) => {
        const { from, to } = request.query;
        const proof = await reader.consistency(from, to);
        const { root, hashes } = proofToJson(proof);
        return { from, from_root: hex(proof.fromRoot), to, to_root: root, hashes };
      },
    );
    routes.get(
      '/v1/audit/checkpoint',
      {
        config,
        schema: {
          tags,
          summary: 'The newest signed checkpoint (c2sp.org/tlog-checkpoint)',
          response: { 200: z.string() },
        },
      },
      async (_request, reply) => {
        const published = await reader.checkpoint();
        if (published === undefined) throw notPublished(0);
        sendText(reply, published.note);
      },
    );
  };

const beforeOf = (cursor: string | undefined): number | undefined =>
  cursor === undefined ? undefined : Number(decodeMark(cursor, /^(0|[1-9]\d{0,14})$/));

const microsOf = (time: string | undefined): number | undefined =>
  time === undefined ? undefined : Date.parse(time) * 1_000;

function nextOf<T>({ data, more }: Page<T>, markOf: (row: T) => number | string): string | null {
  const last = data.at(-1);
  return more && last !== undefined ? encodeMark(String(markOf(last))) : null;
}
