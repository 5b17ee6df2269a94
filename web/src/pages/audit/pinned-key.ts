/** The key that this browser holds a log to: the first one it met, or one that somebody typed. */
import { ofBrowser } from '../../browser/store.ts';

export interface Pinned {
  readonly vkey: string | undefined;
  /** The service names another key than the one that is pinned. */
  readonly isOther: boolean;
}

/** @param offered the keys that the service names, oldest first */
export function pinnedKey(
  origin: string,
  offered: readonly { readonly vkey: string; readonly until: number | null }[],
): Pinned {
  const current = offered.findLast(({ until }) => until === null)?.vkey ?? offered.at(-1)?.vkey;
  const kept = ofBrowser.get(`vkey ${origin}`);
  if (kept !== undefined) return { vkey: kept, isOther: current !== undefined && current !== kept };
  if (current !== undefined) pin(origin, current);
  return { vkey: current, isOther: false };
}

export const pin = (origin: string, vkey: string): void => ofBrowser.set(`vkey ${origin}`, vkey.trim());
