/** Addresses and their pages. */
import type { ComponentType } from 'preact';
import { Overview } from './pages/overview/overview.tsx';
import type { PageParts } from './ui/lazy-page.tsx';

export interface Route {
  readonly load: () => Promise<ComponentType<PageParts>>;
  /** Seen without signing in. */
  readonly open?: true;
}

const overview: Route = { load: async () => Overview };
const missing: Route = { load: async () => (await import('./pages/missing.tsx')).Missing };

/** `:` stands for one part of the address. */
const ROUTES: Readonly<Record<string, Route>> = {
  '': overview,
  solvency: { load: async () => (await import('./pages/solvency/solvency.tsx')).Solvency },
  'solvency/runs/:': { load: async () => (await import('./pages/solvency/run.tsx')).Run },
  'solvency/runs/:/compare': { load: async () => (await import('./pages/solvency/compare.tsx')).Compare },
  'solvency/runs/:/lines/:': { load: async () => (await import('./pages/solvency/movements.tsx')).Movements },
  'solvency/breaks': { load: async () => (await import('./pages/solvency/breaks.tsx')).Breaks },
  'solvency/breaks/:': { load: async () => (await import('./pages/solvency/break.tsx')).Break },
  'solvency/payouts': { load: async () => (await import('./pages/solvency/payouts.tsx')).Payouts },
  'solvency/proofs': { load: async () => (await import('./pages/proof/proofs.tsx')).Proofs },
  rates: { load: async () => (await import('./pages/rates/rates.tsx')).Rates },
  'rates/quotes/:': { load: async () => (await import('./pages/rates/quote.tsx')).QuotePage },
  audit: { load: async () => (await import('./pages/audit/audit.tsx')).Audit },
  'audit/verify': { load: async () => (await import('./pages/audit/verify-log.tsx')).VerifyLog },
  'audit/entries/:': { load: async () => (await import('./pages/audit/entry.tsx')).Entry },
  'audit/records/:/:': { load: async () => (await import('./pages/audit/record.tsx')).RecordPage },
  proof: { load: async () => (await import('./pages/proof/proof.tsx')).ProofPage, open: true },
  incidents: { load: async () => (await import('./pages/incidents/incidents.tsx')).Incidents },
  'incidents/:': { load: async () => (await import('./pages/incidents/incident.tsx')).Incident },
  notifications: { load: async () => (await import('./pages/notifications/notifications.tsx')).Notifications },
  'notifications/templates': { load: async () => (await import('./pages/notifications/templates.tsx')).Templates },
  'notifications/endpoints/:': { load: async () => (await import('./pages/notifications/endpoint.tsx')).EndpointPage },
  'notifications/:': { load: async () => (await import('./pages/notifications/notification.tsx')).Notification },
  approvals: { load: async () => (await import('./pages/approvals/approvals.tsx')).Approvals },
  archive: { load: async () => (await import('./pages/archive/archive.tsx')).Archive },
  keys: { load: async () => (await import('./pages/operate/keys.tsx')).Keys },
  jobs: { load: async () => (await import('./pages/operate/jobs.tsx')).Jobs },
  settings: { load: async () => (await import('./pages/operate/settings.tsx')).Settings },
  service: { load: async () => (await import('./pages/operate/service.tsx')).Service },
  sandbox: { load: async () => (await import('./pages/operate/sandbox.tsx')).SandboxPage },
};

export function routeOf(parts: readonly string[]): Route {
  const found = Object.entries(ROUTES).find(([pattern]) => matches(pattern === '' ? [] : pattern.split('/'), parts));
  return found?.[1] ?? missing;
}

const matches = (pattern: readonly string[], parts: readonly string[]): boolean =>
  pattern.length === parts.length && pattern.every((each, at) => each === ':' || each === parts[at]);
