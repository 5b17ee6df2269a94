/** What operations asks: health, metrics, pressure, an orderly end. */
import { describe, expect, test } from 'vitest';
import { service } from './http-service.ts';

export function operationsSuite(): void {
  describe('operations', () => {
    test('health, readiness and metrics need no key', async () => {
      const open = { headers: { authorization: '' } };
      expect(await service.request('/healthz', open)).toMatchObject({
        status: 200,
        body: { status: 'ok', mode: 'live' },
      });
      expect(await service.request('/readyz', open)).toMatchObject({
        status: 200,
        body: { ready: true, parts: { database: { ok: true }, cache: { ok: true } } },
      });
      const { text } = await service.request('/metrics', open);
      expect(text).toMatch(/plumbline_rate_attempts_total\{source="coingecko",outcome="ok"\} \d/);
      expect(text).toMatch(/plumbline_reconciliations_total\{book="test",status="balanced"\} \d/);
      expect(text).toContain('plumbline_reconciliations_total{book="test",status="deficit"} 0');
      expect(text).toMatch(/plumbline_reconciliation_last_final_timestamp_seconds\{book="test"\} \d{10}/);
      expect(text).toMatch(/plumbline_incidents_live\{severity="critical",status="open"\} \d/);
      expect(text).toMatch(/plumbline_notifications_due \d/);
      expect(text).toMatch(
        /plumbline_http_request_seconds_count\{method="GET",route="\/v1\/rates\/:base\/:quote",status="200"\} \d/,
      );
    });

    test('the OpenAPI document describes every route, with its security and its problems', async () => {
      const { body } = await service.request('/openapi.json', { headers: { authorization: '' } });
      const document = body as {
        openapi: string;
        paths: Record<string, Record<string, { security?: object[]; responses: object }>>;
      };
      expect(document.openapi).toBe('3.1.0');
      expect(Object.keys(document.paths).sort()).toEqual([
        '/healthz',
        '/metrics',
        '/readyz',
        '/v1/approvals',
        '/v1/approvals/actions',
        '/v1/approvals/break-glass',
        '/v1/approvals/denials',
        '/v1/approvals/{id}',
        '/v1/approvals/{id}/approve',
        '/v1/approvals/{id}/reject',
        '/v1/approvals/{id}/review',
        '/v1/approvals/{id}/withdraw',
        '/v1/archive/batches',
        '/v1/archive/checksums',
        '/v1/archive/checksums/{job}',
        '/v1/archive/events',
        '/v1/archive/holds',
        '/v1/archive/holds/{id}',
        '/v1/archive/holds/{id}/release',
        '/v1/archive/plan',
        '/v1/archive/policies',
        '/v1/archive/policies/{table}',
        '/v1/archive/query',
        '/v1/archive/rebuild',
        '/v1/archive/reconciliation',
        '/v1/archive/records',
        '/v1/archive/records/{table}/{id}',
        '/v1/archive/restores',
        '/v1/archive/restores/quote',
        '/v1/archive/restores/{id}',
        '/v1/archive/restores/{id}/speed-up',
        '/v1/archive/runs',
        '/v1/archive/runs/{id}',
        '/v1/archive/runs/{id}/pause',
        '/v1/archive/runs/{id}/resume',
        '/v1/archive/runs/{id}/stop',
        '/v1/archive/summary',
        '/v1/archive/verification',
        '/v1/audit/bundle',
        '/v1/audit/checkpoint',
        '/v1/audit/days',
        '/v1/audit/days/{date}',
        '/v1/audit/entries',
        '/v1/audit/entries/{index}',
        '/v1/audit/entries/{index}/receipt',
        '/v1/audit/log',
        '/v1/audit/proof/consistency',
        '/v1/audit/proof/inclusion',
        '/v1/audit/records/{stream}/{record_id}',
        '/v1/audit/redactions',
        '/v1/audit/streams',
        '/v1/audit/watches',
        '/v1/audit/watches/{table}',
        '/v1/incident-catalogue',
        '/v1/incident-silences',
        '/v1/incident-silences/{id}/end',
        '/v1/incidents',
        '/v1/incidents/{id}',
        '/v1/incidents/{id}/acknowledge',
        '/v1/incidents/{id}/notes',
        '/v1/incidents/{id}/resolve',
        '/v1/jobs',
        '/v1/keys',
        '/v1/keys/{id}/revoke',
        '/v1/liability-proofs',
        '/v1/liability-proofs/dates/{date}',
        '/v1/liability-proofs/{id}',
        '/v1/liability-proofs/{id}/merchants/{merchant}',
        '/v1/liability-proofs/{id}/merchants/{merchant}/packed',
        '/v1/liability-proofs/{id}/merchants/{merchant}/verified',
        '/v1/liability-proofs/{id}/publication',
        '/v1/me',
        '/v1/notification-channels',
        '/v1/notification-endpoints',
        '/v1/notification-endpoints/{id}',
        '/v1/notification-endpoints/{id}/delete',
        '/v1/notification-endpoints/{id}/disable',
        '/v1/notification-endpoints/{id}/enable',
        '/v1/notification-endpoints/{id}/preferences',
        '/v1/notification-endpoints/{id}/recover',
        '/v1/notification-endpoints/{id}/rotate',
        '/v1/notification-endpoints/{id}/secret',
        '/v1/notification-endpoints/{id}/test',
        '/v1/notification-receipts',
        '/v1/notification-templates',
        '/v1/notification-templates/preview',
        '/v1/notifications',
        '/v1/notifications/{id}',
        '/v1/notifications/{id}/owner',
        '/v1/notifications/{id}/redrive',
        '/v1/notifications/{id}/resend',
        '/v1/notifications/{id}/reveal',
        '/v1/payouts/halts',
        '/v1/payouts/overrides',
        '/v1/payouts/overrides/{id}/approve',
        '/v1/payouts/overrides/{id}/end',
        '/v1/payouts/permission',
        '/v1/quotes',
        '/v1/quotes/{id}',
        '/v1/quotes/{id}/accept',
        '/v1/rates/manual',
        '/v1/rates/operations',
        '/v1/rates/providers',
        '/v1/rates/providers/{source}',
        '/v1/rates/providers/{source}/breaker',
        '/v1/rates/quotes/{id}',
        '/v1/rates/stream',
        '/v1/rates/{base}/{quote}',
        '/v1/rates/{base}/{quote}/history',
        '/v1/rates/{base}/{quote}/manual',
        '/v1/rates/{base}/{quote}/manual/end',
        '/v1/rates/{base}/{quote}/quotes',
        '/v1/reconciliation-breaks',
        '/v1/reconciliation-breaks/{id}',
        '/v1/reconciliation-breaks/{id}/accept',
        '/v1/reconciliations',
        '/v1/reconciliations/bundle',
        '/v1/reconciliations/dates/{date}',
        '/v1/reconciliations/signing-key',
        '/v1/reconciliations/{id}',
        '/v1/reconciliations/{id}/bundle.json',
        '/v1/reconciliations/{id}/compare',
        '/v1/reconciliations/{id}/lines/{line}/movements',
        '/v1/reconciliations/{id}/report.csv',
        '/v1/reconciliations/{id}/report.pdf',
        '/v1/settings',
        '/v1/statement-matchings',
        '/v1/statement-matchings/{id}',
        '/v1/statement-matchings/{id}/matches',
        '/v1/statement-matchings/{id}/unmatched',
      ]);
      for (const [path, methods] of Object.entries(document.paths)) {
        for (const { security, responses } of Object.values(methods)) {
          if (!path.startsWith('/v1/')) continue;
          const [{ apiKey: scopes } = {}] = (security ?? []) as { apiKey?: string[] }[];
          expect(security, path).toEqual([{ apiKey: scopes }, { session: scopes }]);
          expect(scopes, path).toHaveLength(path === '/v1/me' ? 0 : 1);
          expect(responses, path).toHaveProperty('4xx'.toUpperCase());
        }
      }
    });
  });
}
