/**
 * What the platform itself raises: the names that whoever raises them and the catalogue of incidents share. A name
 * that is not here can neither be raised nor have an entry in the catalogue.
 */
export const ALARMS = [
  'solvency.deficit',
  'solvency.error',
  'reconciliation.missing',
  'reconciliation.resumed',
  'reconciliation.breaks',
  'rates.moved',
  'rates.contested',
  'rates.settled',
  'rates.off_peg',
  'rates.manual_ended',
  'rates.stale',
  'rates.renewed',
  'breaker.open',
  'breaker.closed',
  'audit.refused',
  'archive.verify_failed',
  'archive.verified',
  'archive.restore_ready',
  'notify.dead_letter',
  'notify.endpoint_disabled',
  'approval.requested',
  'approval.executed',
  'approval.refused',
  'approval.break_glass',
  'approval.reviewed',
  'key.created',
  'role.changed',
] as const;

export type AlarmName = (typeof ALARMS)[number];

export const isAlarm = (name: string): name is AlarmName => ALARMS.some((each) => each === name);
