/** When an incident is told next: pure. */
import { canonicalJson, type Json } from '../../kernel/canonical.ts';

export interface Steps {
  readonly steps: readonly { readonly afterMs: number }[];
  readonly repeatMs: number | null;
}

/** The fields of a payload that tell one incident from another of its event. */
export function scopeOf(fields: readonly string[], payload: Json): { readonly [field: string]: Json } {
  const from = typeof payload === 'object' && payload !== null && !Array.isArray(payload) ? payload : {};
  return Object.fromEntries(
    fields.map((field) => [field, Object.hasOwn(from, field) ? (Reflect.get(from, field) ?? null) : null]),
  );
}

export const fingerprintOf = (event: string, scope: Json): string => `${event} ${canonicalJson(scope)}`;

/** The step that is due: the last whose time has come. Times are epoch milliseconds. */
export function stepAt({ steps }: Steps, steppingFrom: number, now: number): number {
  let due = 0;
  for (const [at, { afterMs }] of steps.entries()) if (now - steppingFrom >= afterMs) due = at;
  return due;
}

/** After a page at `now`: when somebody is told next; undefined: nobody, until something changes. */
export function nextPage(
  { steps, repeatMs }: Steps,
  steppingFrom: number,
  step: number,
  now: number,
): number | undefined {
  const following = steps[step + 1];
  const escalation = following === undefined ? undefined : steppingFrom + following.afterMs;
  const repeat = repeatMs === null ? undefined : now + repeatMs;
  if (escalation === undefined) return repeat;
  return Math.max(now, repeat === undefined ? escalation : Math.min(escalation, repeat));
}
