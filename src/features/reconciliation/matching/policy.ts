/**
 * The rules by which statement lines find their ledger lines. They are configuration, written in YAML or
 * JSON, and tried in their order: what one rule matched or found ambiguous, no later rule touches.
 */
import { parseDocument } from 'yaml';
import { z } from 'zod';
import { assertZone, parseBusinessDate } from '../../../kernel/business-date.ts';
import { canonicalJson, type Json } from '../../../kernel/canonical.ts';
import { type Fault, messageOf, PlumblineError } from '../../../kernel/errors.ts';
import { sha256Hex } from '../../../kernel/hash.ts';
import { type Currencies, DEFAULT_CURRENCIES, parseMoney } from '../../../kernel/money.ts';
import type { Calendar } from './calendar.ts';

/** How far the statement's day may lie from the ledger's. */
export interface Lag {
  /** Days by which the statement may be earlier. */
  readonly before: number;
  /** Days by which it may be later. */
  readonly after: number;
  readonly business: boolean;
}

interface RuleBase {
  readonly id: string;
  readonly lag: Lag;
  /** Both sides must name the same counterparty. */
  readonly counterparty: boolean;
}

/** One line against one. */
export interface SingleRule extends RuleBase {
  readonly kind: '1:1';
  readonly reference: 'equal' | 'contained' | 'any';
  /** Minor units by currency; a currency that is not named has none. */
  readonly tolerance: ReadonlyMap<string, bigint>;
}

/** One statement line against several ledger lines, or several against one. */
export interface GroupRule extends RuleBase {
  readonly kind: '1:n' | 'n:1';
  /** Which key the several lines share: their `batch`, or their reference. `none`: only their exact sum. */
  readonly key: 'batch' | 'reference' | 'none';
  /** How the key stands in the one line's reference. */
  readonly reference: 'equal' | 'contained';
  /** Of the sum of all lines of the key; a part of them must add up exactly. */
  readonly tolerance: ReadonlyMap<string, bigint>;
  /** Where the whole does not fit, look for the one part of it that does. */
  readonly parts: boolean;
  /** More lines than this are not searched for a part that fits. */
  readonly mostCandidates: number;
  /** A part has no more lines than this. */
  readonly mostLines: number;
}

export type Rule = SingleRule | GroupRule;

export interface Policy {
  readonly name: string;
  readonly version: number;
  /** IANA zone in which the instant of a ledger line falls on a date. */
  readonly zone: string;
  readonly calendar: Calendar;
  /** A shorter reference is not looked for inside another. */
  readonly shortestContained: number;
  readonly currencies: Currencies;
  readonly rules: readonly Rule[];
  /** SHA-256 of the canonical form of all that is in force: two results of one hash had one policy. */
  readonly hash: string;
}

const CODE = z.string().regex(/^[A-Z][A-Z0-9]{1,9}$/, 'a currency code such as VND');
const TOLERANCE = z.record(CODE, z.string('a decimal in quotes, such as "1000.00"'));
const LAG = z.strictObject({
  before: z.int().min(0).max(31).default(0),
  after: z.int().min(0).max(31).default(0),
  business: z.boolean().default(false),
});
const COMMON = {
  id: z.string().regex(/^[a-z][a-z0-9-]{0,62}$/, 'lower case letters, digits and -'),
  lag: LAG.optional(),
  counterparty: z.enum(['equal', 'any']).default('any'),
  tolerance: TOLERANCE.optional(),
};
const SINGLE = z.strictObject({
  ...COMMON,
  kind: z.literal('1:1'),
  reference: z.enum(['equal', 'contained', 'any']).default('equal'),
});
const GROUP = z.strictObject({
  ...COMMON,
  kind: z.enum(['1:n', 'n:1']),
  key: z.enum(['batch', 'reference', 'none']),
  reference: z.enum(['equal', 'contained']).default('equal'),
  parts: z.boolean().default(false),
  most_candidates: z.int().min(2).max(40).default(24),
  most_lines: z.int().min(2).max(40).default(12),
});
export const POLICY_DOCUMENT = z.strictObject({
  policy: z.string().regex(/^[a-z][a-z0-9-]{0,62}$/, 'lower case letters, digits and -'),
  version: z.int().min(1),
  zone: z.string(),
  weekend: z.array(z.int().min(0).max(6)).max(6).default([0, 6]),
  holidays: z.array(z.iso.date('a date such as 2026-09-02')).max(2_000).default([]),
  shortest_contained: z.int().min(1).max(64).default(4),
  lag: LAG.default({ before: 0, after: 0, business: false }),
  tolerance: TOLERANCE.default({}),
  currencies: z
    .record(CODE, z.strictObject({ decimals: z.int().min(0).max(30), shown: z.int().min(0).max(30) }))
    .default({}),
  rules: z
    .array(z.discriminatedUnion('kind', [SINGLE, GROUP]))
    .min(1)
    .max(50),
});
type Document = z.output<typeof POLICY_DOCUMENT>;

/**
 * @param name what the policy is called in messages, usually its file
 * @throws `matching.policy_invalid` (invalid) with every fault and where it stands
 */
export function parsePolicy(text: string, name: string): Policy {
  const document = parseDocument(text, { uniqueKeys: true });
  const faults = document.errors.map((error) => ({ pointer: '', message: error.message.split('\n')[0] ?? '' }));
  if (faults.length > 0) throw invalid(name, faults);
  return policyOf(document.toJS(), name);
}

/** @throws `matching.policy_invalid` (invalid) */
export function policyOf(document: unknown, name: string): Policy {
  const parsed = POLICY_DOCUMENT.safeParse(document);
  if (!parsed.success) {
    throw invalid(
      name,
      parsed.error.issues.map((issue) => ({ pointer: `/${issue.path.join('/')}`, message: issue.message })),
    );
  }
  return build(parsed.data, name);
}

function build(document: Document, name: string): Policy {
  const faults: Fault[] = [];
  const attempt = <T>(pointer: string, fallback: T, work: () => T): T => {
    try {
      return work();
    } catch (error) {
      faults.push({ pointer, message: messageOf(error) });
      return fallback;
    }
  };
  const currencies = DEFAULT_CURRENCIES.with(
    Object.entries(document.currencies).map(([code, digits]) => ({ code, ...digits })),
  );
  attempt('/zone', undefined, () => assertZone(document.zone));
  const holidays = document.holidays.flatMap((date, index) =>
    attempt(`/holidays/${index}`, [], () => [parseBusinessDate(date)]),
  );
  const inAll = attempt('/tolerance', NONE, () => tolerances(document.tolerance, currencies));
  const rules = document.rules.map((rule, index): Rule => {
    const own = rule.tolerance;
    const tolerance =
      own === undefined ? inAll : attempt(`/rules/${index}/tolerance`, NONE, () => tolerances(own, currencies));
    const base = { id: rule.id, lag: rule.lag ?? document.lag, counterparty: rule.counterparty === 'equal', tolerance };
    if (rule.kind === '1:1') return { ...base, kind: rule.kind, reference: rule.reference };
    if (rule.kind === 'n:1' && rule.key === 'batch') {
      faults.push({
        pointer: `/rules/${index}/key`,
        message: 'a statement line has no batch; several of them share their reference: key: reference',
      });
    }
    const bounds = { mostCandidates: rule.most_candidates, mostLines: rule.most_lines };
    // Without a key there is no whole: what is looked for is a part of the window.
    return {
      ...base,
      ...bounds,
      kind: rule.kind,
      key: rule.key,
      reference: rule.reference,
      parts: rule.parts || rule.key === 'none',
    };
  });
  const ids = rules.map(({ id }) => id);
  for (const id of new Set(ids.filter((each, index) => ids.indexOf(each) !== index))) {
    faults.push({ pointer: '/rules', message: `two rules have the id "${id}"; ids are unique in a policy` });
  }
  if (faults.length > 0) throw invalid(name, faults);
  return {
    name: document.policy,
    version: document.version,
    zone: document.zone,
    calendar: { weekend: document.weekend, holidays },
    shortestContained: document.shortest_contained,
    currencies,
    rules,
    hash: sha256Hex(canonicalJson(toJson(document))),
  };
}

const NONE: ReadonlyMap<string, bigint> = new Map();

function tolerances(given: Readonly<Record<string, string>>, currencies: Currencies): ReadonlyMap<string, bigint> {
  return new Map(
    Object.entries(given).map(([code, text]) => {
      const { minor } = parseMoney(currencies.get(code), text);
      if (minor < 0n) {
        throw new PlumblineError(
          'invalid',
          'matching.tolerance_negative',
          `${code} ${text} is below zero; write 0 or more`,
        );
      }
      return [code, minor];
    }),
  );
}

const invalid = (name: string, faults: readonly Fault[]): PlumblineError =>
  new PlumblineError(
    'invalid',
    'matching.policy_invalid',
    `the matching policy ${name} has ${faults.length} ${faults.length === 1 ? 'fault' : 'faults'}`,
    { faults },
  );

/** A parsed document holds JSON alone, but for keys that are absent. */
const toJson = (value: unknown): Json => JSON.parse(JSON.stringify(value)) as Json;
