/** What differs between two documents of a configuration, name by name. Pure. */
import { canonicalJson, type Json } from '../../../kernel/canonical.ts';

/** null: it was not there, or is there no more. */
export type Change = { readonly before: Json; readonly after: Json };

/**
 * @returns what changed, by where it stands (RFC 6901). Elements of a list are told apart by their `id` or
 * `pair` where each has one of its own, so that one that was put in between does not change those after it.
 */
export function changesBetween(before: Json, after: Json): Readonly<Record<string, Change>> {
  const [old, now] = [new Map(leavesOf(before, '')), new Map(leavesOf(after, ''))];
  const changes: Record<string, Change> = {};
  for (const at of [...new Set([...old.keys(), ...now.keys()])].sort()) {
    const change = { before: old.get(at) ?? null, after: now.get(at) ?? null };
    if (canonicalJson(change.before) !== canonicalJson(change.after)) changes[at] = change;
  }
  return changes;
}

/** Everything that has no parts, and where it stands. */
function* leavesOf(json: Json, at: string): Generator<readonly [string, Json]> {
  const parts = partsOf(json);
  if (parts === undefined || parts.length === 0) yield [at, json];
  for (const [name, part] of parts ?? []) yield* leavesOf(part, `${at}/${escaped(name)}`);
}

function partsOf(json: Json): readonly (readonly [string, Json])[] | undefined {
  if (typeof json !== 'object' || json === null) return undefined;
  if (!isList(json)) return Object.entries(json);
  const names = json.map(nameOf);
  const isNamed = !names.includes(undefined) && new Set(names).size === names.length;
  return json.map((part, index) => [(isNamed ? names[index] : undefined) ?? `${index}`, part]);
}

function nameOf(part: Json): string | undefined {
  if (typeof part !== 'object' || part === null || isList(part)) return undefined;
  const name = part.id ?? part.pair;
  return typeof name === 'string' ? name : undefined;
}

const isList = (json: Json): json is readonly Json[] => Array.isArray(json);

const escaped = (name: string): string => name.replaceAll('~', '~0').replaceAll('/', '~1');
