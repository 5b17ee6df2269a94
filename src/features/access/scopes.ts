/** What a caller may do. A route names the one scope that it asks for. */
export const SCOPES = {
  'rates:read': 'read rates and the state of their providers',
  'rates:operate': 'set manual rates, force and reset circuit breakers',
  'quotes:lock': 'lock a rate for a payment, and accept it',
  'reconciliation:read': 'read reconciliation reports',
  'reconciliation:run': 'start a reconciliation',
  'reconciliation:accept': 'accept breaks with a reason',
  'payouts:read': 'read whether payouts are permitted, and what was decided about them',
  'payouts:override': 'ask for an override of a halt of payouts, and end one',
  'payouts:approve': 'approve the override that somebody else asked for',
  'reconciliation:prove': "read merchants' proofs of liabilities, and count who has verified",
  'notifications:read': 'read who was told of what, endpoints and templates',
  'notifications:send': "tell of the platform's own events",
  'notifications:operate': 'change endpoints and templates, send again, redrive',
  'notifications:reveal': 'see the address behind a notification',
  'incidents:read': 'read incidents and their timelines',
  'incidents:operate': 'acknowledge, resolve and silence incidents',
  'audit:read': 'read the audit log with what was recorded, and its proofs',
  'audit:append': 'append to the audit log',
  'audit:admin': 'create streams, watch tables, and forget what was recorded',
  'archive:read': 'read archive policies, plans, runs and where archived rows are, and verify the archive',
  'archive:run': 'start, pause and stop archive runs',
  'archive:admin': 'set archive policies, place and release legal holds',
  'archive:restore': 'restore archived rows, read and query them, and rebuild the catalogue from the store',
  'keys:admin': 'create, list and revoke API keys',
  'approvals:read': 'read what was asked for that needs two people, and what was decided',
  'approvals:decide': 'ask for what needs two people, and decide what somebody else asked for',
  'approvals:break-glass': 'act alone in an emergency: everybody is told, and somebody else reviews it',
  'service:read': 'read what the service does by the clock, and how it went',
  'sandbox:control': 'break, rob and mend the sandbox',
} as const;

export type Scope = keyof typeof SCOPES;

export const ALL_SCOPES = Object.keys(SCOPES).filter((name): name is Scope => name in SCOPES);
export const isScope = (name: string): name is Scope => Object.hasOwn(SCOPES, name);
