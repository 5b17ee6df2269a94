/**
 * The cookies of a session. `__Host-` (https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis
 * 4.1.3.2) means: set by this very host, over TLS, for all its paths, and by no neighbour. Lax, and not
 * Strict, for the way back from the identity provider is a navigation from another site.
 */
import { z } from 'zod';
import type { PendingLogin } from './people.ts';

export const SESSION_COOKIE = '__Host-plumbline';
const LOGIN_COOKIE = '__Host-plumbline-login';
const ATTRIBUTES = 'Path=/; Secure; HttpOnly; SameSite=Lax';
/** A login that takes longer begins again. */
const LOGIN_SECONDS = 600;

export const sessionCookie = (token: string, seconds: number): string =>
  `${SESSION_COOKIE}=${token}; Max-Age=${seconds}; ${ATTRIBUTES}`;

export const noSession = `${SESSION_COOKIE}=; Max-Age=0; ${ATTRIBUTES}`;
export const noLogin = `${LOGIN_COOKIE}=; Max-Age=0; ${ATTRIBUTES}`;

export const loginCookie = (pending: PendingLogin): string =>
  `${LOGIN_COOKIE}=${Buffer.from(JSON.stringify(pending)).toString('base64url')}; Max-Age=${LOGIN_SECONDS}; ${ATTRIBUTES}`;

/** @param header of the request */
export function cookieOf(header: string | undefined, name: string): string | undefined {
  for (const part of (header ?? '').split(';')) {
    const [key, ...value] = part.split('=');
    if (key?.trim() === name) return value.join('=').trim();
  }
  return undefined;
}

const PENDING = z.strictObject({ state: z.string(), nonce: z.string(), verifier: z.string(), returnTo: z.string() });

export function pendingLogin(header: string | undefined): PendingLogin | undefined {
  const text = cookieOf(header, LOGIN_COOKIE);
  if (text === undefined) return undefined;
  try {
    return PENDING.safeParse(JSON.parse(Buffer.from(text, 'base64url').toString('utf8'))).data;
  } catch {
    return undefined;
  }
}

/** A path of this very service, and no address of another one. */
export const isOwnPath = (path: string): boolean =>
  /^\/(?![/\\])[\x21-\x5b\x5d-\x7e]{0,500}$/.test(path) && !path.startsWith('/v1/session');
