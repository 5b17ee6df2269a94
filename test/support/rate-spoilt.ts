/** A true body with one thing changed, and what has to come of it: by field, by key, by element. */
import type { FailureClass } from '../../src/features/rates/sources/classes.ts';
import { divide, formatDecimal, parseDecimal, pow10 } from '../../src/kernel/decimal.ts';
import {
  type JsonText,
  literal,
  type Place,
  placesOf,
  readJsonText,
  replaceEntry,
  writeJsonText,
} from './json-text.ts';
import type { Field, Fields } from './rate-fields.ts';
import { ANYTHING, impossible, malformed, same } from './rate-strange.ts';

export type Expected =
  /** Read, with exactly these figures. */
  | { readonly kind: 'read'; readonly says: { readonly [pair: string]: string } }
  | {
      readonly kind: 'refused';
      /** Absent: any of them. */
      readonly class?: FailureClass;
      readonly holdMs?: number;
      /** A part of the message. */
      readonly naming?: string;
    };

export interface Change {
  readonly what: string;
  readonly body: string;
  /** `same`: it says what it said before. */
  readonly expected: Extract<Expected, { readonly kind: 'refused' }> | 'same';
}

const BAD: Change['expected'] = { kind: 'refused', class: 'bad-payload' };
const IMPLAUSIBLE: Change['expected'] = { kind: 'refused', class: 'implausible' };

/** A place that the parser reads. */
interface Known extends Place {
  readonly field: Field;
  /** As it is written. */
  readonly text: string;
}

export function spoilt(body: string, fields: Fields): readonly Change[] {
  const document = readJsonText(body);
  const places = placesOf(document);
  const known = places.flatMap((place): readonly Known[] => {
    const field = fields.fields.find(({ path }) => path.test(place.path));
    const { value } = place.entry;
    return field === undefined || value.kind !== 'literal' ? [] : [{ ...place, field, text: value.text }];
  });
  return [
    ...known.flatMap((place) => strangeValues(document, place, fields)),
    ...places.flatMap((place) => unread(document, place, known)),
    ...places.flatMap((place) => (place.entry.key === undefined ? [] : strangeKeys(document, place, known))),
    ...places.flatMap((place) => (place.entry.key === undefined ? elements(document, place, fields) : [])),
    ...wrongUnits(document, known, fields),
    ...exchanged(document, known),
  ];
}

const written = (document: JsonText, { at }: Place, ...values: readonly string[]): string =>
  writeJsonText(replaceEntry(document, at, (entry) => values.map((text) => ({ ...entry, value: literal(text) }))));

function strangeValues(document: JsonText, place: Known, { zeroIs }: Fields): readonly Change[] {
  const { path, text, field } = place;
  const change = (value: string, expected: Change['expected']): Change => ({
    what: `${path} is ${value.slice(0, 40)}`,
    body: written(document, place, value),
    expected,
  });
  const zero = zeroIs === undefined ? IMPLAUSIBLE : { kind: 'refused' as const, class: zeroIs };
  return [
    ...malformed(field.kind, text).map((value) => change(value, BAD)),
    ...impossible(field.kind, text).map((value) => change(value, /^"0/.test(value) ? zero : IMPLAUSIBLE)),
    ...same(field.kind, text).map((value) => change(value, 'same')),
  ];
}

/** Neither read nor on the way to what is read. */
const isUnread = ({ path }: Place, known: readonly Known[]): boolean =>
  !known.some((each) => each.path === path || each.path.startsWith(`${path}.`));

function unread(document: JsonText, place: Place, known: readonly Known[]): readonly Change[] {
  if (place.entry.key === undefined || !isUnread(place, known)) return [];
  const first = place.at.reduce((sum, each) => sum + each, 0);
  return [0, 5, 10].map((step) => {
    const value = ANYTHING[(first + step) % ANYTHING.length] ?? 'null';
    return {
      what: `${place.path}, which is not read, is ${value.slice(0, 40)}`,
      body: written(document, place, value),
      expected: 'same',
    };
  });
}

function strangeKeys(document: JsonText, place: Place, known: readonly Known[]): readonly Change[] {
  const { path, at, entry } = place;
  const as = (what: string, expected: Change['expected'], ...keys: readonly string[]): Change => ({
    what: `${path} ${what}`,
    body: writeJsonText(replaceEntry(document, at, () => keys.map((key) => ({ ...entry, key })))),
    expected,
  });
  const key = entry.key ?? '';
  const bare = key.slice(1, -1);
  const escaped = `"\\u00${bare.charCodeAt(0).toString(16)}${bare.slice(1)}"`;
  const always = [
    as('is written twice', BAD, key, key),
    as('is written twice, once otherwise', BAD, key, escaped),
    as('is called __proto__', BAD, '"__proto__"'),
    as('has no quotes', BAD, bare),
    as('has an escaped key', 'same', escaped),
  ];
  const optional = known.find((each) => each.path === path && each.field.optional);
  // Without its limit an advertisement means something else.
  if (optional?.field.kind === 'size') return always;
  const without = optional !== undefined || isUnread(place, known) ? 'same' : BAD;
  return [
    ...always,
    as('is left out', without),
    as('is called otherwise', without, `"x${bare}"`),
    as('is called almost so', without, `"${bare} "`),
  ];
}

function elements(document: JsonText, { path, at }: Place, { needed, extra }: Fields): readonly Change[] {
  const as = (what: string, expected: Change['expected'], count: number): Change => ({
    what: `${path} ${what}`,
    body: writeJsonText(replaceEntry(document, at, (entry) => Array.from({ length: count }, () => entry))),
    expected,
  });
  if (needed?.test(path)) return [as('is left out', BAD, 0), as('is there twice', BAD, 2)];
  if (extra?.test(path)) return [as('is left out', 'same', 0), as('is there three times', 'same', 3)];
  return [];
}

const isFigure = ({ field }: Known): boolean => field.kind === 'number' || field.kind === 'text';

/** Numbers one by one; texts, which are the sides of one price, all together. */
function figureGroups(known: readonly Known[]): readonly (readonly Known[])[] {
  const texts = known.filter(({ field }) => field.kind === 'text');
  const numbers = known.filter(({ field }) => field.kind === 'number').map((each) => [each]);
  return texts.length === 0 ? numbers : [...numbers, texts];
}

function wrongUnits(document: JsonText, known: readonly Known[], { dong, unitWords }: Fields): readonly Change[] {
  return figureGroups(known).flatMap((group) => {
    const where = group
      .map(({ path }) => path)
      .join(', ')
      .slice(0, 60);
    const as = (what: string, naming: string | undefined, how: (figure: string) => string): Change => ({
      what: `${where} ${what}`,
      body: writeJsonText(
        group.reduce<JsonText>(
          (changed, { at, text }) =>
            replaceEntry(changed, at, (entry) => [{ ...entry, value: literal(text.replace(/[\d.]+/, how)) }]),
          document,
        ),
      ),
      expected: { kind: 'refused', class: 'implausible', ...(naming === undefined ? {} : { naming }) },
    });
    const inDong = group.every(({ path }) => dong?.test(path));
    return [
      as('is a tenth', '10^1 too small', (figure) => shifted(figure, -1)),
      as('is a hundredth', unitWords.hundredth, (figure) => shifted(figure, -2)),
      as('is a thousandth', '10^3 too small', (figure) => shifted(figure, -3)),
      as('is tenfold', '10^1 too large', (figure) => shifted(figure, 1)),
      as('is a hundredfold', unitWords.hundredfold, (figure) => shifted(figure, 2)),
      as('is a thousandfold', '10^3 too large', (figure) => shifted(figure, 3)),
      as('is a millionfold', '10^6 too large', (figure) => shifted(figure, 6)),
      as('is beyond all units', undefined, (figure) => shifted(figure, 40)),
      ...(inDong || dong === undefined ? [as('is turned round', unitWords.inverted, inverse)] : []),
      ...(inDong ? [as('is in dollars', 'dollars', () => '0.99947779')] : []),
    ];
  });
}

function shifted(figure: string, places: number): string {
  const { units, scale } = decimal(figure);
  return formatDecimal(places < 0 ? { units, scale: scale - places } : { units: units * pow10(places), scale });
}

function inverse(figure: string): string {
  const { units, scale } = decimal(figure);
  return formatDecimal({ units: divide(pow10(scale + 16), units, 'half-even'), scale: 16 });
}

function decimal(text: string) {
  const value = parseDecimal(text);
  if (value === undefined) throw new Error(`"${text}" is not a decimal`);
  return value;
}

/** The two figures of a document, or the two sides of a price, in each other's place. */
function exchanged(document: JsonText, known: readonly Known[]): readonly Change[] {
  const figures = known.filter(isFigure);
  return figures.flatMap((one, index) => {
    const other = figures[index + 1];
    const siblings = other?.field.kind === 'number' || parentOf(one) === (other && parentOf(other));
    if (other === undefined || !siblings) return [];
    const put = (into: JsonText, place: Known, text: string): JsonText =>
      replaceEntry(into, place.at, (entry) => [{ ...entry, value: literal(text) }]);
    return [
      {
        what: `${one.path} and ${other.path} are exchanged`,
        body: writeJsonText(put(put(document, one, other.text), other, one.text)),
        expected: IMPLAUSIBLE,
      },
    ];
  });
}

const parentOf = ({ path }: Place): string => path.slice(0, path.lastIndexOf('.'));
