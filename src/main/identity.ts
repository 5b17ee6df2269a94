/** People and their identity provider, as configured; and whether what is dangerous waits for a second one. */
import { People } from '../features/access/people/people.ts';
import type { Notices } from '../features/access/ports.ts';
import type { AccessService } from '../features/access/service.ts';
import type { Clock, Random } from '../kernel/clock.ts';
import type { Config } from '../platform/config/config.ts';
import type { Db } from '../platform/db/port.ts';
import type { HttpClient } from '../platform/http-client/port.ts';
import type { Caller } from '../platform/http-server/port.ts';
import { OpenIdProvider } from '../platform/identity/openid.ts';

export interface PeopleParts {
  readonly config: Config;
  readonly db: Db;
  readonly clock: Clock;
  readonly random: Random;
  readonly http: HttpClient;
  readonly notices: Notices;
}

export function openPeople({ config: { values }, ...parts }: PeopleParts): People | undefined {
  const { OIDC_ISSUER: issuer, OIDC_CLIENT_ID: clientId } = values;
  if (issuer === undefined || clientId === undefined) return undefined;
  const clientSecret = values.OIDC_CLIENT_SECRET;
  return new People({
    ...parts,
    provider: new OpenIdProvider({ ...parts, issuer, clientId, clientSecret, scope: values.OIDC_SCOPE }),
    settings: {
      subjectClaim: values.OIDC_SUBJECT_CLAIM,
      roleClaim: values.OIDC_ROLE_CLAIM,
      roleMap: values.OIDC_ROLE_MAP ?? new Map(),
      audience: values.OIDC_AUDIENCE,
      publicUrl: values.PLUMBLINE_PUBLIC_URL,
      idleMs: values.OIDC_SESSION_IDLE_MS,
      sessionMs: values.OIDC_SESSION_MS,
      stepUpMs: values.OIDC_STEP_UP_MS,
    },
  });
}

/** docs/decisions/0026-two-people.md */
export const approvalsRequired = ({ values }: Config): boolean =>
  (values.REQUIRE_APPROVALS ?? (values.OIDC_ISSUER === undefined ? 'off' : 'on')) === 'on';

/**
 * The first two people's keys are made by this machine's own command line, alone: nobody is there yet who
 * could approve. Where people come from an identity provider, they are there.
 */
export const firstKeys =
  (access: AccessService, people: People | undefined) =>
  async (caller: Caller): Promise<boolean> =>
    people === undefined && caller.subject === 'local' && (await access.countOwners('keys:admin')) < 2;
