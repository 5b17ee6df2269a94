/** From what an identity provider says of somebody to who they are here. */
import { PlumblineError } from '../../../kernel/errors.ts';
import { printable } from '../../../kernel/text.ts';
import { personOf } from '../principal.ts';
import { highestRole, isPersonRole, type PersonRole } from '../roles.ts';
import type { Claims, PeopleSettings } from './ports.ts';

export interface Person {
  /** `person:<name>` */
  readonly subject: string;
  /** For people to read. */
  readonly name: string;
  readonly role: PersonRole;
  /** Epoch milliseconds; 0 where the provider does not say. */
  readonly authenticatedAt: number;
}

/** @throws `access.person_unnamed` (denied) */
export function subjectFrom(claims: Claims, { subjectClaim }: Pick<PeopleSettings, 'subjectClaim'>): string {
  const named = claims[subjectClaim];
  // Whoever may choose an address of their own is not that person before the provider has checked it.
  const trusted = subjectClaim !== 'email' || claims.email_verified === true;
  const subject = typeof named === 'string' && trusted ? personOf(named) : undefined;
  if (subject !== undefined) return subject;
  throw new PlumblineError(
    'denied',
    'access.person_unnamed',
    `the identity provider gives no ${trusted ? '' : 'verified '}"${subjectClaim}" that names a person (OIDC_SUBJECT_CLAIM)`,
  );
}

/** Names of roles and groups, as the provider gives them. */
export const claimedFrom = (claims: Claims, { roleClaim }: Pick<PeopleSettings, 'roleClaim'>): readonly string[] =>
  textsIn(at(claims, roleClaim));

export const saysRoles = (claims: Claims, { roleClaim }: Pick<PeopleSettings, 'roleClaim'>): boolean =>
  at(claims, roleClaim) !== undefined;

/** What the names come to under the map; undefined: no role. */
export const roleFrom = (claimed: readonly string[], map: PeopleSettings['roleMap']): PersonRole | undefined =>
  highestRole(claimed.map((name) => roleOf(name, map)).filter((each) => each !== undefined));

/** @throws `access.person_unnamed`, `access.no_role` (denied) */
export function personFrom(
  claims: Claims,
  settings: Pick<PeopleSettings, 'subjectClaim' | 'roleClaim' | 'roleMap'>,
): Person {
  const subject = subjectFrom(claims, settings);
  const said = claimedFrom(claims, settings);
  const role = roleFrom(said, settings.roleMap);
  if (role === undefined) throw noRole(subject, said, settings.roleClaim);
  const { name, auth_time } = claims;
  return {
    subject,
    role,
    name: printable(typeof name === 'string' && name !== '' ? name : subject.slice('person:'.length), 100).replaceAll(
      '\n',
      ' ',
    ),
    authenticatedAt: typeof auth_time === 'number' && Number.isSafeInteger(auth_time) ? auth_time * 1_000 : 0,
  };
}

function noRole(subject: string, said: readonly string[], roleClaim: string): PlumblineError {
  const names = said.map((each) => `"${each.slice(0, 40)}"`).slice(0, 10);
  return new PlumblineError(
    'denied',
    'access.no_role',
    `${subject} has no role here: the claim "${roleClaim}" names ${names.length === 0 ? 'none' : names.join(', ')} (OIDC_ROLE_CLAIM, OIDC_ROLE_MAP)`,
  );
}

/** With a map, nothing but the map makes a role: a group that happens to be called admin is none. */
function roleOf(name: string, map: ReadonlyMap<string, PersonRole>): PersonRole | undefined {
  if (map.size > 0) return map.get(name);
  return isPersonRole(name) ? name : undefined;
}

function at(claims: Claims, path: string): unknown {
  if (Object.hasOwn(claims, path)) return claims[path]; // a claim that is a URL has dots of its own
  let value: unknown = claims;
  for (const name of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = Reflect.get(value, name);
  }
  return value;
}

/** A list, or one text with spaces between, as `scope` has. */
function textsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return value.split(' ').filter((each) => each !== '');
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
}
