/** What a report means for others, in the transaction that ends it: payouts are halted, incidents end. */
import type { IncidentService } from '../features/incidents/service.ts';
import type { PayoutHalts, PayoutVerdict } from '../features/reconciliation/ports.ts';
import type { Tx } from '../platform/db/port.ts';

export const verdictsTo = (payouts: PayoutHalts, incidents: IncidentService): PayoutHalts => ({
  onVerdict: async (tx, verdict) => {
    await endIncidents(tx, verdict, incidents);
    // Last, for a halt waits for the payouts that are being reserved.
    await payouts.onVerdict(tx, verdict);
  },
});

async function endIncidents(tx: Tx, verdict: PayoutVerdict, incidents: IncidentService): Promise<void> {
  const payload = { book: verdict.book };
  if (verdict.outcome === 'error') return;
  await incidents.end(tx, { event: 'solvency.error', payload, reason: verdict.reason });
  if (verdict.outcome === 'deficit') await incidents.spokeOf(tx, 'solvency.deficit', payload, verdict.asOf);
  // A report of an earlier instant, such as one that was caught up, does not say that a later hole is filled.
  else await incidents.end(tx, { event: 'solvency.deficit', payload, reason: verdict.reason, asOf: verdict.asOf });
}
