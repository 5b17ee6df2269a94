/** What this browser has verified of a log: how far, and when. It holds later logs against it. */
import { ofBrowser } from '../../browser/store.ts';
import { isFields, textIn } from '../../json.ts';

export interface Verified {
  readonly size: number;
  /** Lower-case hex. */
  readonly root: string;
  /** RFC 3339. */
  readonly at: string;
}

const nameOf = (origin: string): string => `verified ${origin}`;

export function verifiedHere(origin: string): Verified | undefined {
  try {
    const kept: unknown = JSON.parse(ofBrowser.get(nameOf(origin)) ?? 'null');
    const [root, at] = [textIn(kept, 'root'), textIn(kept, 'at')];
    const size = isFields(kept) ? kept.size : undefined;
    return root === undefined || at === undefined || typeof size !== 'number' ? undefined : { size, root, at };
  } catch {
    return undefined; // it is not ours
  }
}

export const keepVerified = (origin: string, verified: Verified): void =>
  ofBrowser.set(nameOf(origin), JSON.stringify(verified));
