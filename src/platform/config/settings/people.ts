/** Who may act: people, their sessions, and where two of them are required. */
import { HTTP, integer, milliseconds, oneOf, roleMap, text, url } from '../kinds.ts';

export const PEOPLE = {
  PLUMBLINE_PUBLIC_URL: url(HTTP, {
    about:
      'Where browsers reach the service. The identity provider sends them back to /v1/session/callback under it. Absent: nobody logs in with a browser.',
    example: 'https://plumbline.example.com',
  }),
  OIDC_ISSUER: url(HTTP, {
    about:
      'Identity provider of people (OpenID Connect), as it calls itself. Absent: everybody has an API key, and no second person is asked unless REQUIRE_APPROVALS says so.',
    example: 'https://login.example.com/realms/staff',
  }),
  OIDC_CLIENT_ID: text({ about: 'What the identity provider calls this service.', example: 'plumbline' }),
  OIDC_CLIENT_SECRET: text({
    about: 'Secret of OIDC_CLIENT_ID. Absent: a public client, which PKCE protects.',
    example: '...',
    secret: true,
  }),
  OIDC_SCOPE: text({
    about: 'What is asked for at a login.',
    example: 'openid profile email groups',
    fallback: 'openid profile email',
  }),
  OIDC_AUDIENCE: text({
    about:
      'Audience of access tokens (JWT) that the API takes as bearer tokens; another one than OIDC_CLIENT_ID, for which ID tokens are made. Absent: none are taken.',
    example: 'https://plumbline.example.com',
  }),
  OIDC_SUBJECT_CLAIM: text({
    about:
      'Claim that names a person, for good; owners of keys are named in the same way. `email` counts only where `email_verified` is true.',
    example: 'email',
    fallback: 'sub',
  }),
  OIDC_ROLE_CLAIM: text({
    about: 'Claim that holds the roles of a person; dots lead into objects.',
    example: 'realm_access.roles',
    fallback: 'roles',
  }),
  OIDC_ROLE_MAP: roleMap({
    about:
      'What the identity provider calls the roles viewer, auditor, operator and admin. Absent: the same. With several, the highest counts.',
    example: 'plumbline-operators=operator plumbline-admins=admin',
  }),
  OIDC_SESSION_IDLE_MS: integer(milliseconds(60_000, 86_400_000), {
    about: 'Time without a request after which a session in a browser is over.',
    example: '900000',
    fallback: '1800000',
  }),
  OIDC_SESSION_MS: integer(milliseconds(60_000, 604_800_000), {
    about: 'Time after which a session is over whatever was done in it.',
    example: '28800000',
    fallback: '43200000',
  }),
  OIDC_STEP_UP_MS: integer(milliseconds(10_000, 86_400_000), {
    about: 'How lately a person must have shown who they are to do what is dangerous; later they log in again.',
    example: '300000',
    fallback: '900000',
  }),
  REQUIRE_APPROVALS: oneOf(['on', 'off'], {
    about:
      'Whether what is dangerous waits for a second person (docs/operations/approvals.md). Absent: on with OIDC_ISSUER, else off.',
    example: 'on',
  }),
  APPROVALS_EXPIRE_MS: integer(milliseconds(60_000, 86_400_000), {
    about: 'Time that a second person has to decide.',
    example: '3600000',
    fallback: '1800000',
  }),
} as const;
