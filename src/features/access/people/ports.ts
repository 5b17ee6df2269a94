/** What people's access needs: the platform's identity provider, and what is configured about it. */
import type { Claims } from '../../../platform/identity/port.ts';
import type { PersonRole } from '../roles.ts';

export interface PeopleSettings {
  /** Claim that names a person, for good: `sub`, or `email`. */
  readonly subjectClaim: string;
  /** Claim of the roles; dots lead into objects: `realm_access.roles`. */
  readonly roleClaim: string;
  /** What the provider calls a role, and which of ours it is. */
  readonly roleMap: ReadonlyMap<string, PersonRole>;
  /** Audience of access tokens (JWT) for the API; absent: none are taken. */
  readonly audience: string | undefined;
  /** Where browsers reach this service, without a path; absent: there are no sessions. */
  readonly publicUrl: string | undefined;
  readonly idleMs: number;
  readonly sessionMs: number;
  /** How lately a person must have shown who they are, for what is dangerous. */
  readonly stepUpMs: number;
}

export type { Claims };
