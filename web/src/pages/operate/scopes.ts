/** What a key may be allowed, as the service's own description lists it. */
export const SCOPES = [
  'rates:read',
  'rates:operate',
  'quotes:lock',
  'reconciliation:read',
  'reconciliation:run',
  'reconciliation:accept',
  'reconciliation:prove',
  'payouts:read',
  'payouts:override',
  'payouts:approve',
  'audit:read',
  'audit:append',
  'audit:admin',
  'keys:admin',
  'sandbox:control',
] as const;
