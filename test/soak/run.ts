/** `npm run soak [-- NAME] [--seeds N] [--first-seed N]`: one closing line each. */
import { parseArgs } from 'node:util';
import { run as apiFuzz } from './api-fuzz.ts';
import { run as approvals } from './approvals.ts';
import { run as archival } from './archival.ts';
import { run as archivalDamages } from './archival-damages.ts';
import { run as archivalFaults } from './archival-faults.ts';
import { run as audit } from './audit.ts';
import { run as auditKills } from './audit-kills.ts';
import { run as auditMillion } from './audit-million.ts';
import { run as coldStore } from './cold-store.ts';
import { run as incidents } from './incidents/incidents.ts';
import { run as notifications } from './notifications/notifications.ts';
import { run as payouts } from './payouts.ts';
import { run as rates } from './rates.ts';
import { run as reconciliation } from './reconciliation.ts';
import { run as reconciliationGateway } from './reconciliation-gateway.ts';
import { run as reconciliationTransfers } from './reconciliation-transfers.ts';
import { run as reconciliationYear } from './reconciliation-year.ts';
import type { Soak } from './soak.ts';
import { run as statements } from './statements.ts';

const SOAKS: Readonly<Record<string, { readonly soak: Soak; readonly seeds: number }>> = {
  'api-fuzz': { soak: apiFuzz, seeds: 200 },
  approvals: { soak: approvals, seeds: 1_000_000 },
  archival: { soak: archival, seeds: 200 },
  'archival-damages': { soak: archivalDamages, seeds: 10_000 },
  'archival-faults': { soak: archivalFaults, seeds: 10_000 },
  audit: { soak: audit, seeds: 10 },
  'audit-kills': { soak: auditKills, seeds: 100 },
  'cold-store': { soak: coldStore, seeds: 300 },
  'audit-million': { soak: auditMillion, seeds: 1 },
  incidents: { soak: incidents, seeds: 2_000 },
  notifications: { soak: notifications, seeds: 10_000 },
  payouts: { soak: payouts, seeds: 4 },
  rates: { soak: rates, seeds: 200 },
  reconciliation: { soak: reconciliation, seeds: 30 },
  'reconciliation-gateway': { soak: reconciliationGateway, seeds: 3 },
  'reconciliation-transfers': { soak: reconciliationTransfers, seeds: 1 },
  'reconciliation-year': { soak: reconciliationYear, seeds: 1 },
  statements: { soak: statements, seeds: 20 },
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seeds: { type: 'string' }, 'first-seed': { type: 'string', default: '1' } },
});
const wholeNumber = (name: string, text: string): number => {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new Error(`--${name}: "${text}" is not a whole number above 0`);
  return value;
};
const unknown = positionals.filter((name) => SOAKS[name] === undefined);
if (unknown.length > 0) throw new Error(`no soak ${unknown.join(', ')}; there are ${Object.keys(SOAKS).join(', ')}`);

const firstSeed = wholeNumber('first-seed', values['first-seed']);
for (const [name, { soak, seeds: usual }] of Object.entries(SOAKS)) {
  if (positionals.length > 0 && !positionals.includes(name)) continue;
  const seeds = values.seeds === undefined ? usual : wholeNumber('seeds', values.seeds);
  const { runs, violations } = await soak({ seeds, firstSeed });
  for (const violation of violations) console.error(`${name}: ${violation}`);
  console.log(
    `soak ${name} runs ${runs} violations ${violations.length} seed-range ${firstSeed}..${firstSeed + seeds - 1}`,
  );
  if (violations.length > 0) process.exitCode = 1;
}
