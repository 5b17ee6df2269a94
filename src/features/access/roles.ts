/**
 * Which role may do what: the one table. A person has one role; a key has one as well, and of its scopes only
 * those count that its role may have. `two` means: alone where approvals are not required, else with a second
 * person (docs/operations/approvals.md).
 */
import { ALL_SCOPES, type Scope } from './scopes.ts';

export const PERSON_ROLES = ['viewer', 'auditor', 'operator', 'admin'] as const;
export const ROLES = [...PERSON_ROLES, 'service'] as const;
/** From the least to the most: each may do what the ones before it may. */
export type PersonRole = (typeof PERSON_ROLES)[number];
/** `service` is a machine. */
export type Role = (typeof ROLES)[number];

type Grant = 'yes' | 'two' | 'no';

//                                              viewer  auditor operator admin  service
const row = (...[viewer, auditor, operator, admin, service]: readonly [Grant, Grant, Grant, Grant, Grant]) =>
  ({ viewer, auditor, operator, admin, service }) satisfies Record<Role, Grant>;

export const MATRIX: Readonly<Record<Scope, Readonly<Record<Role, Grant>>>> = {
  'rates:read': row('yes', 'yes', 'yes', 'yes', 'yes'),
  'rates:operate': row('no', 'no', 'two', 'two', 'no'),
  'quotes:lock': row('no', 'no', 'yes', 'yes', 'yes'),
  'reconciliation:read': row('yes', 'yes', 'yes', 'yes', 'yes'),
  'reconciliation:run': row('no', 'no', 'yes', 'yes', 'yes'),
  'reconciliation:accept': row('no', 'no', 'yes', 'yes', 'no'),
  'reconciliation:prove': row('no', 'yes', 'yes', 'yes', 'yes'),
  'payouts:read': row('yes', 'yes', 'yes', 'yes', 'yes'),
  'payouts:override': row('no', 'no', 'two', 'two', 'no'),
  'payouts:approve': row('no', 'no', 'two', 'two', 'no'),
  'audit:read': row('no', 'yes', 'yes', 'yes', 'yes'),
  'audit:append': row('no', 'no', 'yes', 'yes', 'yes'),
  'audit:admin': row('no', 'no', 'no', 'yes', 'no'),
  'keys:admin': row('no', 'no', 'no', 'two', 'no'),
  'approvals:read': row('no', 'yes', 'yes', 'yes', 'no'),
  'approvals:decide': row('no', 'no', 'yes', 'yes', 'no'),
  'approvals:break-glass': row('no', 'no', 'yes', 'yes', 'no'),
  'archive:read': row('yes', 'yes', 'yes', 'yes', 'yes'),
  'archive:run': row('no', 'no', 'yes', 'yes', 'yes'),
  'archive:restore': row('no', 'no', 'two', 'two', 'no'),
  'archive:admin': row('no', 'no', 'two', 'two', 'no'),
  'notifications:read': row('no', 'yes', 'yes', 'yes', 'yes'),
  'notifications:send': row('no', 'no', 'yes', 'yes', 'yes'),
  'notifications:operate': row('no', 'no', 'yes', 'yes', 'no'),
  'notifications:reveal': row('no', 'yes', 'yes', 'yes', 'no'),
  'incidents:read': row('yes', 'yes', 'yes', 'yes', 'yes'),
  'incidents:operate': row('no', 'no', 'yes', 'yes', 'no'),
  'service:read': row('yes', 'yes', 'yes', 'yes', 'yes'),
  'sandbox:control': row('no', 'no', 'yes', 'yes', 'yes'),
};

export const mayHave = (role: Role, scope: Scope): boolean => MATRIX[scope][role] !== 'no';

/** Every scope that the role may have: what a person of the role has. */
export const scopesOf = (role: Role): readonly Scope[] => ALL_SCOPES.filter((scope) => mayHave(role, scope));

export const isPersonRole = (name: string): name is PersonRole => PERSON_ROLES.some((role) => role === name);

/** The one that may do the most. */
export const highestRole = (roles: readonly PersonRole[]): PersonRole | undefined =>
  [...PERSON_ROLES].reverse().find((role) => roles.includes(role));

/**
 * What this machine's own command line may do. Anybody may be behind it, so where two people are required it
 * is none of them.
 */
export const localScopes = (approvalsRequired: boolean): readonly Scope[] =>
  ALL_SCOPES.filter((scope) => !approvalsRequired || !['payouts:override', 'payouts:approve'].includes(scope));
