/**
 * Who looks. Either an API key, which lives in this tab alone and is sent with each request, or a session
 * of the identity provider, whose cookie this page cannot read: then `csrf` goes with each request that acts.
 *
 * A key comes in the fragment of a link (`/#/enter/pl_...`, printed by `npm start` and `plumbline console`)
 * or is typed. A session is found by asking `/v1/me`, where people can sign in and somebody did so in this browser.
 */
import { ask } from './browser/http.ts';
import { ofBrowser, ofTab } from './browser/store.ts';
import { textIn } from './json.ts';
import { state } from './state.ts';

export type Session =
  | { readonly kind: 'none' }
  | { readonly kind: 'key'; readonly key: string }
  | { readonly kind: 'person'; readonly name: string; readonly csrf: string }
  /** It was there and is no more: the page stays as it is, and asks. */
  | { readonly kind: 'ended'; readonly why: string };

const NONE: Session = { kind: 'none' };
const kept = ofTab.get('key');

export const session = state<Session>(kept === undefined ? NONE : { kind: 'key', key: kept });

/** Whether the text can be a key at all: what cannot is not sent. */
export const isKey = (text: string): boolean => /^pl_[\x21-\x7e]{8,500}$/.test(text);

export function enterWith(key: string): void {
  ofTab.set('key', key);
  session.set({ kind: 'key', key });
}

/** A person's session is ended in the service, too: else the next look would find it again. */
export async function leave(): Promise<void> {
  const who = session.get();
  ofTab.set('key', undefined);
  ofBrowser.set('person', undefined);
  if (who.kind === 'person') {
    const headers = { ...credentials(true), 'content-type': 'application/json' };
    await ask({ method: 'POST', path: '/v1/session/logout', headers, body: '{}' }).catch(() => undefined);
  }
  session.set(NONE);
}

/** The service has refused the credentials. */
export function ended(why: string): void {
  ofTab.set('key', undefined);
  session.set({ kind: 'ended', why });
}

/** @param acts whether the request changes something */
export function credentials(acts: boolean): Readonly<Record<string, string>> {
  const who = session.get();
  if (who.kind === 'key') return { authorization: `Bearer ${who.key}` };
  return who.kind === 'person' && acts ? { 'x-csrf-token': who.csrf } : {};
}

/** A person has gone to sign in: from now on it is worth asking for a session. */
export const goesToSignIn = (): void => ofBrowser.set('person', 'yes');

/** Asks whether this browser has a session with the service, where a person has signed in here. Else nothing changes. */
export async function resume(): Promise<void> {
  if (ofBrowser.get('person') === undefined) return;
  const response = await ask({ method: 'GET', path: '/v1/me' });
  if (!response.ok) {
    if (response.status === 401) ofBrowser.set('person', undefined);
    return;
  }
  const me: unknown = await response.json();
  const csrf = textIn(me, 'csrf_token');
  if (csrf !== undefined)
    session.set({ kind: 'person', name: textIn(me, 'name') ?? textIn(me, 'subject') ?? '', csrf });
}

/** Where a person shows who they are, and comes back from to this page. */
export const loginPath = (again: boolean): string =>
  `/v1/session/login?return_to=${encodeURIComponent('/')}${again ? '&again=true' : ''}`;
