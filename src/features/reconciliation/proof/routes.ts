/** Proofs of liabilities over HTTP: thin, for service.ts decides. */
import { Readable } from 'node:stream';
import { z } from 'zod';
import { parseBusinessDate } from '../../../kernel/business-date.ts';
import { isUuid } from '../../../kernel/ids.ts';
import { DECIMAL, type RegisterRoutes, sendText, TIMESTAMP, uuid } from '../../../platform/http-server/port.ts';
import { HEADER } from './header.ts';
import { PROOF, packProof } from './proof.ts';
import type { ProofOfLiabilities } from './service.ts';
import type { ProofRow } from './store.ts';

const DATE = z.string().describe('Business date, YYYY-MM-DD').transform(parseBusinessDate);
const ASSET = z.string().max(8).default('VND').describe('Code of the currency');
const MERCHANT = z.string().refine(isUuid, 'must be a UUID in lower case').describe('UUID of the merchant');
const SUMMARY = z.object({
  id: z.uuid(),
  report_id: z.uuid(),
  header: HEADER.describe('What is signed, as canonical JSON (RFC 8785) after its prefix'),
  header_hash: z.string(),
  signature: z.string().describe('Ed25519, base64'),
  public_key: z.string().describe('Take it from where it is published, not from here'),
  merchants: z.int(),
  total: DECIMAL,
  negative_count: z.int(),
  negative_total: DECIMAL,
  created_at: TIMESTAMP,
});
const DETAIL = SUMMARY.extend({
  negatives: z
    .array(z.object({ merchant: z.string(), part: z.string(), amount: DECIMAL }))
    .describe('Parts of balances below zero, the first 1,000: in no leaf and in no total'),
  verified: z.int().describe('Merchants who have verified'),
});
const COUNT = z.object({ merchants: z.int(), verified: z.int() });
const PACKED = z.object({ header_hash: z.string(), packed: z.base64() });
const tags = ['reconciliation'];
const read = { access: 'reconciliation:read' } as const;
const prove = { access: 'reconciliation:prove' } as const;
const ID = z.object({ id: uuid('liability-proof') });

/** @param book whose proofs are listed and found by date */
export const proofRoutes =
  (proofs: ProofOfLiabilities, book: string): RegisterRoutes =>
  (routes) => {
    const detail = async (row: ProofRow): Promise<z.input<typeof DETAIL>> => ({
      ...summaryOf(row),
      negatives: DETAIL.shape.negatives.parse(row.negatives),
      verified: (await proofs.verified(row.id)).verified,
    });
    routes.get(
      '/v1/liability-proofs',
      {
        config: read,
        schema: {
          tags,
          summary: 'The chain of signed headers, newest first',
          querystring: z.strictObject({
            asset: ASSET,
            limit: z.coerce.number().int().min(1).max(200).default(50),
            before: z.coerce.number().int().min(0).optional().describe('Place in the chain'),
          }),
          response: {
            200: z.object({ data: z.array(SUMMARY), next: z.int().nullable().describe('`before` of the next page') }),
          },
        },
      },
      async ({ query: { asset, limit, before } }) => {
        const rows = await proofs.list(book, asset, { limit, ...(before === undefined ? {} : { before }) });
        const last = rows.at(-1)?.seq ?? 0;
        return { data: rows.map(summaryOf), next: rows.length === limit && last > 0 ? last : null };
      },
    );
    routes.get(
      '/v1/liability-proofs/:id',
      {
        config: read,
        schema: { tags, summary: 'One signed header, and who is below zero', params: ID, response: { 200: DETAIL } },
      },
      async ({ params }) => detail(await proofs.get(params.id)),
    );
    routes.get(
      '/v1/liability-proofs/dates/:date',
      {
        config: read,
        schema: {
          tags,
          summary: 'The newest proof of a business date',
          params: z.object({ date: DATE }),
          querystring: z.strictObject({ asset: ASSET }),
          response: { 200: DETAIL },
        },
      },
      async ({ params, query }) => detail(await proofs.getForDate(book, query.asset, params.date)),
    );
    routes.get(
      '/v1/liability-proofs/:id/merchants/:merchant',
      {
        config: prove,
        schema: {
          tags,
          summary: "A merchant's proof: for that merchant alone, since it holds the salt",
          params: ID.extend({ merchant: MERCHANT }),
          response: { 200: PROOF },
        },
      },
      async ({ params }) => proofs.proofFor(params.id, params.merchant),
    );
    routes.get(
      '/v1/liability-proofs/:id/merchants/:merchant/packed',
      {
        config: prove,
        schema: {
          tags,
          summary: 'The same without the header, in about 1 kB',
          params: ID.extend({ merchant: MERCHANT }),
          response: { 200: PACKED },
        },
      },
      async ({ params }) => {
        const proof = await proofs.proofFor(params.id, params.merchant);
        const { header_hash } = await proofs.get(params.id);
        return { header_hash, packed: Buffer.from(packProof(proof)).toString('base64') };
      },
    );
    routes.post(
      '/v1/liability-proofs/:id/merchants/:merchant/verified',
      {
        config: { ...prove, acts: true },
        schema: {
          tags,
          summary: 'Count a merchant who has verified',
          description:
            'Once a merchant and proof, however often it is said. What was left out is found by those who verify alone.',
          params: ID.extend({ merchant: MERCHANT }),
          response: { 200: COUNT },
        },
      },
      async ({ params, subject }) => proofs.markVerified(params.id, params.merchant, subject),
    );
    routes.get(
      '/v1/liability-proofs/:id/publication',
      {
        config: read,
        schema: {
          tags,
          summary: 'Everything that may be shown to anybody: the signed header and all leaves, as text',
          description: 'Three lines of a head, then a line for each leaf: the base64 of its hash and its sum.',
          params: ID,
          querystring: z.strictObject({
            first: z.coerce.number().int().min(0).default(0).describe('The first leaf; with 0 comes the head'),
            count: z.coerce.number().int().min(1).max(100_000_000).optional().describe('All unless told'),
          }),
          response: { 200: z.string() },
        },
      },
      async ({ params, query }, reply) => {
        await proofs.get(params.id); // what is unknown is a problem, and not half an answer
        const pieces = proofs.publication(params.id, query.first, query.count);
        sendText(reply, Readable.from(pieces));
        return reply;
      },
    );
  };

function summaryOf(row: ProofRow): z.input<typeof SUMMARY> {
  return {
    id: row.id,
    report_id: row.report_id,
    header: HEADER.parse(JSON.parse(row.header)),
    header_hash: row.header_hash,
    signature: row.signature,
    public_key: row.public_key,
    merchants: Number(row.merchants),
    total: row.total,
    negative_count: Number(row.negative_count),
    negative_total: row.negative_total,
    created_at: row.created_at.toISOString(),
  };
}
