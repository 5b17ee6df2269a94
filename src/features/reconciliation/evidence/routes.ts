/** Reports for people and for auditors over HTTP: PDF, CSV, bundles, and the key that signs them. */
import { z } from 'zod';
import { type BusinessDate, parseBusinessDate } from '../../../kernel/business-date.ts';
import { PlumblineError } from '../../../kernel/errors.ts';
import { type RegisterRoutes, sendCsv, sendFile, sendJson, uuid } from '../../../platform/http-server/port.ts';
import { reportToJson } from '../routes.ts';
import type { ReconciliationService } from '../service.ts';
import type { Signer } from '../signing.ts';
import type { ReconciliationRow } from '../store.ts';
import { formatBundle } from './bundle.ts';
import { reportCsv } from './csv.ts';
import { REPORT_DOCUMENT, type ReportDocument } from './document.ts';
import { type BundleDeps, exportBundle } from './export.ts';
import { LANGUAGES } from './messages.ts';
import { reportPdf } from './pdf.ts';

const DATE = z.string().describe('Business date, YYYY-MM-DD').transform(parseBusinessDate);
const PARAMS = z.object({ id: uuid('reconciliation') });
/** What it says in full stands in docs/verify/reconciliation-bundles.md. */
const BUNDLE_ANSWER = z.object({
  payload: z.record(z.string(), z.unknown()),
  signature: z.object({ algorithm: z.string(), key_id: z.string(), public_key: z.string(), value: z.string() }),
});
const KEY = z.object({
  algorithm: z.literal('Ed25519'),
  key_id: z.string().describe('The first 16 hexadecimal digits of the SHA-256 of the key'),
  public_key: z.string().describe('32 bytes in base64'),
  pem: z.string().describe('The same as SubjectPublicKeyInfo'),
});

const tags = ['reconciliation'];
const config = { access: 'reconciliation:read' };

export const evidenceRoutes =
  (service: ReconciliationService, deps: BundleDeps): RegisterRoutes =>
  (routes) => {
    routes.get(
      '/v1/reconciliations/:id/report.pdf',
      {
        config,
        schema: {
          tags,
          summary: 'A report as PDF, in Vietnamese or English',
          params: PARAMS,
          querystring: z.strictObject({ lang: z.enum(LANGUAGES).default('vi') }),
          response: { 200: z.string().describe('application/pdf') },
        },
      },
      async (request, reply) => {
        const document = documentOf(await service.get(request.params.id));
        const { lang } = request.query;
        sendFile(reply, 'application/pdf', `${fileName(document)}-${lang}.pdf`, await reportPdf(document, lang));
        return reply;
      },
    );
    routes.get(
      '/v1/reconciliations/:id/report.csv',
      {
        config,
        schema: {
          tags,
          summary: 'The lines of a report as CSV (RFC 4180)',
          params: PARAMS,
          querystring: z.strictObject({
            bom: z.stringbool().default(false).describe('Begin with a byte order mark, as Excel likes it'),
          }),
          response: { 200: z.string().describe('text/csv') },
        },
      },
      async (request, reply) => {
        const document = documentOf(await service.get(request.params.id));
        sendCsv(reply, fileName(document), reportCsv(document, request.query));
        return reply;
      },
    );
    routes.get(
      '/v1/reconciliations/:id/bundle.json',
      {
        config,
        schema: {
          tags,
          summary: 'The evidence of a final report, which verifies offline: plumbline reconcile verify',
          params: PARAMS,
          response: { 200: BUNDLE_ANSWER },
        },
      },
      async (request, reply) => {
        const row = await service.get(request.params.id);
        if (row.status === 'error' || row.status === 'in_progress' || row.kind !== 'daily') throw notFinal(row);
        const { business_date: date } = row;
        const bundle = await exportBundle(deps, { from: date, to: date });
        const inForce = bundle.payload.reports[0]?.header.report_id;
        if (inForce !== row.id) throw superseded(row, inForce);
        sendJson(reply, formatBundle(bundle));
        return reply;
      },
    );
    routes.get(
      '/v1/reconciliations/bundle',
      {
        config,
        schema: {
          tags,
          summary: 'The evidence of all final reports of a time, which verifies offline',
          querystring: z.strictObject({
            from: DATE.optional(),
            to: DATE.optional().describe('Inclusive'),
            year: z
              .string()
              .regex(/^\d{4}$/, 'a year such as 2026')
              .optional()
              .describe('Instead of `from` and `to`: from the first report of the year to its last'),
          }),
          response: { 200: BUNDLE_ANSWER },
        },
      },
      async (request, reply) => {
        sendJson(reply, formatBundle(await exportBundle(deps, rangeOf(request.query))));
        return reply;
      },
    );
    routes.get(
      '/v1/reconciliations/signing-key',
      {
        config: { access: 'reconciliation:read' },
        schema: { tags, summary: 'The key that signs bundles', response: { 200: KEY } },
      },
      async () => keyOf(deps.signer),
    );
  };

/** @throws where the row is none that this program wrote */
const documentOf = (row: ReconciliationRow): ReportDocument => REPORT_DOCUMENT.parse(reportToJson(row));

const fileName = ({ book, business_date, attempt }: ReportDocument): string =>
  `reconciliation-${book}-${business_date}-${attempt}`;

function rangeOf(query: {
  readonly from?: BusinessDate | undefined;
  readonly to?: BusinessDate | undefined;
  readonly year?: string | undefined;
}): Parameters<typeof exportBundle>[1] {
  const { from, to, year } = query;
  if (year !== undefined && from === undefined && to === undefined)
    return { from: parseBusinessDate(`${year}-01-01`), to: parseBusinessDate(`${year}-12-31`), shrink: true };
  if (year === undefined && from !== undefined && to !== undefined) return { from, to };
  throw new PlumblineError(
    'invalid',
    'reconciliation.bundle_of_what',
    'ask for one thing: ?from=2026-11-01&to=2026-11-30, or ?year=2026',
    { faults: [{ pointer: 'query', message: 'must have from and to, or year' }] },
  );
}

function keyOf(signer: Signer | undefined): z.input<typeof KEY> {
  if (signer !== undefined)
    return { algorithm: 'Ed25519', key_id: signer.keyId, public_key: signer.publicKey, pem: signer.publicPem };
  throw new PlumblineError('missing', 'reconciliation.no_signing_key', 'this process signs nothing: it has no key');
}

const notFinal = ({ id, kind, status, business_date }: ReconciliationRow): PlumblineError =>
  new PlumblineError(
    'conflict',
    'reconciliation.not_final',
    `attempt ${id} is ${kind === 'daily' ? status : kind}, and has no evidence; the final report of ${business_date} is GET /v1/reconciliations/dates/${business_date}`,
  );

const superseded = ({ id }: ReconciliationRow, by: string | undefined): PlumblineError =>
  new PlumblineError(
    'conflict',
    'reconciliation.superseded',
    `report ${id} is in force no more; ask for the bundle of ${by ?? 'the one that replaced it'}, which names it`,
  );
