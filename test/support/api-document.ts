/** The operations of an OpenAPI document, and values that fit or do not fit their schemas. */
import fc from 'fast-check';
import { z } from 'zod';
import type { Dice } from '../soak/month/dice.ts';

export type Schema = { readonly [key: string]: unknown };

interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required: boolean;
  readonly schema: Schema;
}

export interface Operation {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** `/v1/keys/{id}/revoke` */
  readonly path: string;
  /** Sent again under its key it is done once. */
  readonly acts: boolean;
  /** Undefined: public; empty: whoever is known. */
  readonly scope: string | undefined;
  readonly parameters: readonly Parameter[];
  readonly body: Schema | undefined;
  /** `200`, `4XX` */
  readonly statuses: ReadonlySet<string>;
}

const SCHEMA = z.record(z.string(), z.unknown());
const DOCUMENT = z.object({
  paths: z.record(
    z.string(),
    z.record(
      z.string(),
      z.object({
        security: z.array(z.record(z.string(), z.array(z.string()))).optional(),
        parameters: z
          .array(
            z.object({
              name: z.string(),
              in: z.enum(['path', 'query', 'header']),
              required: z.boolean().default(false),
              schema: SCHEMA,
            }),
          )
          .default([]),
        requestBody: z
          .object({ content: z.object({ 'application/json': z.object({ schema: SCHEMA }).optional() }) })
          .optional(),
        responses: z.record(z.string(), z.unknown()),
      }),
    ),
  ),
});

export function operationsOf(document: unknown): readonly Operation[] {
  return Object.entries(DOCUMENT.parse(document).paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => {
      const secured = operation.security?.[0]?.apiKey;
      return {
        ...{ method: z.enum(['GET', 'POST', 'DELETE']).parse(method.toUpperCase()), path },
        acts: operation.parameters.some(({ name }) => name === 'idempotency-key'),
        scope: secured === undefined ? undefined : (secured[0] ?? ''),
        parameters: operation.parameters.filter((each) => each.in !== 'header'),
        body: operation.requestBody?.content['application/json']?.schema,
        statuses: new Set(Object.keys(operation.responses)),
      };
    }),
  );
}

/** What was seen in answers, by the name of its field, newest last. */
export class Seen {
  readonly #values = new Map<string, unknown[]>();

  note(value: unknown): void {
    if (typeof value !== 'object' || value === null) return;
    for (const [name, each] of Object.entries(value)) {
      if (typeof each === 'object') this.note(each);
      else if (!Array.isArray(value) && each !== null) this.#keep(name, each);
    }
  }

  pick(name: string, dice: Dice): unknown {
    const values = this.#values.get(name);
    return values === undefined ? undefined : dice.pick(values);
  }

  #keep(name: string, value: unknown): void {
    const values = this.#values.get(name) ?? [];
    values.push(value);
    if (values.length > 30) values.shift();
    this.#values.set(name, values);
  }
}

/** What programs choke on. */
const NASTY: readonly unknown[] = [
  ...['', ' ', '\u0000', 'a\u0000b', '\ud800', '\u202e', "'; DROP TABLE api_keys; --", '%00', '../../etc/passwd'],
  ...[
    '-1',
    '1e999',
    'NaN',
    '0x10',
    '9'.repeat(400),
    '0.'.padEnd(300, '1'),
    '2026-02-30',
    '9999-12-31T23:59:59.999999+14:00',
  ],
  ...['__proto__', 'constructor', '𝟙', 'é'.repeat(200), '\r\nx: y', 'null', '{}', '[]', 'true'],
  ...[null, true, false, 0, -1, 1.5, 2 ** 53, 1e308, -0, [], {}, [[[[]]]], { a: { b: { c: null } } }],
];

const samples = new Map<string, readonly string[]>();
function matching(pattern: string): readonly string[] {
  const known = samples.get(pattern);
  if (known !== undefined) return known;
  let made: readonly string[] = ['1'];
  try {
    made = fc.sample(fc.stringMatching(new RegExp(pattern)), { numRuns: 30, seed: 7 });
  } catch {
    // a pattern that cannot be made texts of: whatever was seen has to do
  }
  samples.set(pattern, made);
  return made;
}

/** Values that mean something here, by the name of their field. */
const TELLING: Readonly<Record<string, readonly unknown[]>> = {
  base: ['USDT', 'USD', 'EUR'],
  quote: ['VND', 'USD'],
  pair: ['USDT/VND', 'USD/VND'],
  currency: ['VND', 'USDT'],
  amount: ['100000', '12.5', '0.01'],
  source: ['binance', 'coingecko', 'frankfurter'],
  stream: ['payments', 'api_keys'],
  name: ['payments', 'x'],
  table: ['api_keys', 'payments'],
  scopes: [['rates:read'], ['rates:read', 'reconciliation:run'], ['rates:operate']],
  owner: ['an@example.com', 'binh@example.com'],
  addresses: [['10.0.0.0/8'], []],
  reason: ['because the market is wrong today'],
  note: ['looked at it, and it was right'],
  action: ['rates.manual.set', 'rates.breaker.force', 'open', 'close', 'reset'],
  payload: [
    { source: 'binance', action: 'open' },
    { source: 'coingecko', action: 'close' },
    {
      pair: 'USDT/VND',
      rate: '25950',
      max_deviation_bps: 100,
      expires_at: new Date(Date.now() + 3_600_000).toISOString(),
    },
  ],
  rate: ['25950', '26000'],
  record_id: ['payment 1', 'payment 2'],
  record: [{ amount: '1.50' }],
  op: ['insert', 'update'],
  line: ['pool'],
  expires_at: [new Date(Date.now() + 3_600_000).toISOString()],
};

/** @param spoil how likely each value is one that does not fit */
export function valueFor(schema: Schema, name: string, dice: Dice, seen: Seen, spoil: number): unknown {
  if (dice.chance(spoil)) return dice.pick(NASTY);
  if (schema.const !== undefined) return schema.const;
  if (Array.isArray(schema.enum)) return dice.pick(schema.enum);
  const choices = [schema.anyOf, schema.oneOf].find((each) => Array.isArray(each));
  if (Array.isArray(choices)) return valueFor(SCHEMA.parse(dice.pick(choices)), name, dice, seen, spoil);
  if (Array.isArray(schema.allOf)) {
    const parts = schema.allOf.map((each) => valueFor(SCHEMA.parse(each), name, dice, seen, spoil));
    return parts.every((each) => typeof each === 'object') ? Object.assign({}, ...parts) : parts[0];
  }
  const telling = TELLING[name];
  if (telling !== undefined && dice.chance(0.7)) return dice.pick(telling);
  const known = seen.pick(name === 'cursor' ? 'next' : name, dice);
  if (known !== undefined && dice.chance(0.7)) return known;
  return made(schema, name, dice, seen, spoil);
}

const number = (value: unknown, otherwise: number): number => (typeof value === 'number' ? value : otherwise);

function made(schema: Schema, name: string, dice: Dice, seen: Seen, spoil: number): unknown {
  switch (Array.isArray(schema.type) ? dice.pick(schema.type) : schema.type) {
    case 'string':
      return textOf(schema, name, dice, seen);
    case 'integer':
    case 'number': {
      const low = number(schema.minimum, 0);
      return dice.whole(low, Math.min(number(schema.maximum, low + 1_000), low + 1_000_000));
    }
    case 'boolean':
      return dice.chance(0.5);
    case 'null':
      return null;
    case 'array': {
      const items = schema.items === undefined ? {} : SCHEMA.parse(schema.items);
      const length = dice.whole(number(schema.minItems, 0), Math.min(number(schema.maxItems, 3), 3));
      return Array.from({ length }, () => valueFor(items, name, dice, seen, spoil));
    }
    case 'object':
      return objectOf(schema, dice, seen, spoil);
    default:
      return dice.pick([null, 'x', 1, true, { amount: '1.50' }]);
  }
}

function textOf({ format, pattern, minLength }: Schema, name: string, dice: Dice, seen: Seen): string {
  if (format === 'date-time') return new Date(Date.now() + dice.whole(-1_000_000, 10_000_000)).toISOString();
  if (format === 'uuid' || /(^|_)id$/.test(name))
    return String(seen.pick('id', dice) ?? '01939e4e-7cb2-7c00-8000-000000000000');
  if (/date|^from$|^to$/.test(name)) return `2026-11-${String(dice.whole(1, 30)).padStart(2, '0')}`;
  if (typeof pattern === 'string') return dice.pick(matching(pattern));
  return dice
    .pick(['x', 'payment 1', 'a reason of ten characters and more', 'é', '0'])
    .padEnd(number(minLength, 0), 'x');
}

function objectOf(schema: Schema, dice: Dice, seen: Seen, spoil: number): Record<string, unknown> {
  const properties = schema.properties === undefined ? {} : z.record(z.string(), SCHEMA).parse(schema.properties);
  const required = z.array(z.string()).catch([]).parse(schema.required);
  const given = Object.entries(properties).filter(([name]) =>
    required.includes(name) ? !dice.chance(spoil / 2) : dice.chance(0.5),
  );
  return Object.fromEntries(given.map(([name, of]) => [name, valueFor(of, name, dice, seen, spoil)]));
}
