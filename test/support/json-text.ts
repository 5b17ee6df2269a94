/** A JSON document as it is written, so that it can be spoilt on purpose: any literal, any key twice. */
import { type ExactJson, JsonNumber, parseExactJson } from '../../src/platform/http-client/exact-json.ts';

export type JsonText = Literal | List;

export interface Literal {
  readonly kind: 'literal';
  /** Whatever stands there: `25934.2`, `"26,105.00"`, `NaN`, nothing at all. */
  readonly text: string;
}

export interface List {
  readonly kind: 'array' | 'object';
  readonly entries: readonly Entry[];
}

/** A member of an object, or an element of an array, which has no key. */
export interface Entry {
  /** As it is written, with its quotes. */
  readonly key: string | undefined;
  readonly value: JsonText;
}

export const literal = (text: string): Literal => ({ kind: 'literal', text });

export const readJsonText = (body: string): JsonText => fromExact(parseExactJson(body));

function fromExact(value: ExactJson): JsonText {
  if (value instanceof JsonNumber) return literal(value.source);
  if (isArray(value)) {
    return { kind: 'array', entries: value.map((each) => ({ key: undefined, value: fromExact(each) })) };
  }
  if (typeof value !== 'object' || value === null) return literal(JSON.stringify(value));
  const entries = Object.entries(value).map(([key, each]) => ({ key: JSON.stringify(key), value: fromExact(each) }));
  return { kind: 'object', entries };
}

/** `Array.isArray` knows nothing of readonly arrays. */
const isArray = (value: ExactJson): value is readonly ExactJson[] => Array.isArray(value);

/** @param space what stands around every token */
export function writeJsonText(node: JsonText, space = ''): string {
  if (node.kind === 'literal') return node.text;
  const entries = node.entries.map(({ key, value }) =>
    key === undefined ? writeJsonText(value, space) : `${key}${space}:${space}${writeJsonText(value, space)}`,
  );
  const inside = entries.join(`${space},${space}`);
  return node.kind === 'array' ? `[${space}${inside}${space}]` : `{${space}${inside}${space}}`;
}

export interface Place {
  /** Keys, and for an element its symbol, its currency or its number: `Data.USD.transfer`. */
  readonly path: string;
  /** The number of the entry on each level. */
  readonly at: readonly number[];
  readonly entry: Entry;
}

/** Every entry on every level. */
export function placesOf(node: JsonText, path = '', at: readonly number[] = []): readonly Place[] {
  if (node.kind === 'literal') return [];
  return node.entries.flatMap((entry, index) => {
    const name = entry.key === undefined ? (nameOf(entry.value) ?? String(index)) : entry.key.slice(1, -1);
    const place = { path: path === '' ? name : `${path}.${name}`, at: [...at, index], entry };
    return [place, ...placesOf(entry.value, place.path, place.at)];
  });
}

const NAMES = ['"symbol"', '"currencyCode"'];

function nameOf(node: JsonText): string | undefined {
  if (node.kind !== 'object') return undefined;
  const named = node.entries.find(({ key }) => key !== undefined && NAMES.includes(key))?.value;
  return named?.kind === 'literal' ? named.text.slice(1, -1) : undefined;
}

/** The document with other entries, any number of them, in the place of one. */
export function replaceEntry(
  node: JsonText,
  [index, ...deeper]: readonly number[],
  by: (entry: Entry) => readonly Entry[],
): JsonText {
  if (node.kind === 'literal') return node;
  const entries = node.entries.flatMap((entry, each) => {
    if (each !== index) return [entry];
    return deeper.length === 0 ? by(entry) : [{ ...entry, value: replaceEntry(entry.value, deeper, by) }];
  });
  return { ...node, entries };
}

/** Every list of the document, its entries changed; the innermost first. */
export function mapLists(node: JsonText, change: (list: List) => List): JsonText {
  if (node.kind === 'literal') return node;
  return change({ ...node, entries: node.entries.map((each) => ({ ...each, value: mapLists(each.value, change) })) });
}
