/**
 * The graph of rates, as configured in YAML (books/rates.yaml explains each key): the sources with
 * their quotas, and the pairs with their routes. Everything that is wrong with it is reported at once.
 */
import { readFileSync } from 'node:fs';
import { parseDocument } from 'yaml';
import { z } from 'zod';
import { compareDecimal, parseDecimal } from '../../kernel/decimal.ts';
import { type Fault, messageOf, PlumblineError } from '../../kernel/errors.ts';
import { type Pair, pair, pairName, samePair } from '../../kernel/rate.ts';
import type { Leg, PairPolicy, Route } from './consensus/policy.ts';
import type { Band } from './rules.ts';
import type { SourceDefinition } from './sources/source.ts';
import { SOURCES } from './sources/sources.ts';

export interface GraphSource {
  readonly definition: SourceDefinition;
  readonly enabled: boolean;
  /** Least milliseconds between two calls. */
  readonly everyMs: number;
  readonly monthlyCalls: number | undefined;
  readonly url: string | undefined;
  readonly apiKey: string | undefined;
}

export interface Graph {
  readonly name: string;
  readonly version: number;
  /** In the order that decides ties and who is asked next. */
  readonly sources: readonly GraphSource[];
  /** Legs stand before the pairs that use them. */
  readonly pairs: readonly PairPolicy[];
}

const PAIR_NAME = /^[A-Z][A-Z0-9]{1,9}\/[A-Z][A-Z0-9]{1,9}$/;
const BPS = z.int('a whole number of basis points').min(0).max(5_000);
const DECIMAL_TEXT = z.string('a decimal in quotes, such as "10000"');
const ROUTE = z.union([z.string(), z.array(z.string()).min(2).max(4)], 'a leg, or a list of legs');

const SOURCE = z
  .strictObject({
    enabled: z.boolean().default(true),
    every_seconds: z.number().min(1).max(86_400).optional(),
    monthly_calls: z
      .int()
      .min(1, 'is the number of calls that a month includes, 1 or more; to switch a source off write enabled: false')
      .max(1_000_000_000)
      .optional(),
    url: z.url({ protocol: /^https?$/ }).optional(),
    api_key_file: z.string().min(1).optional(),
  })
  .nullable();

const PAIR = z.strictObject({
  band: z.tuple([DECIMAL_TEXT, DECIMAL_TEXT], 'the lowest and the highest rate that can be true'),
  routes: z.array(ROUTE).min(1, 'a pair needs at least one route'),
  references: z.array(ROUTE).default([]),
  min_sources: z.int().min(1).max(9).default(1),
  // What two witnesses may differ by, and what honest ones are usually off by, must stay below one percent.
  agree_bps: BPS.min(1).default(50),
  gate_bps: BPS.min(1).default(100),
  gate_per_root_hour_bps: BPS.default(100),
  frozen_bps: BPS.min(1).default(30),
  half_spread_bps: BPS.default(10),
  peg_bps: BPS.min(1).optional(),
});

const GRAPH = z.strictObject({
  graph: z.string().regex(/^[a-z][a-z0-9-]{0,62}$/, 'lower case letters, digits and -'),
  version: z.int().min(1),
  sources: z.record(z.string(), SOURCE),
  pairs: z.record(z.string().regex(PAIR_NAME, 'a pair such as USDT/VND'), PAIR),
});
type Document = z.output<typeof GRAPH>;

/**
 * @param name what the graph is called in messages, usually its file
 * @param known the sources that there are
 * @throws `rates.graph_invalid` (invalid) with every fault and where it stands
 */
export function parseGraph(text: string, name: string, known: readonly SourceDefinition[] = SOURCES): Graph {
  const document = parseDocument(text, { uniqueKeys: true });
  const broken = document.errors.map((error) => ({ pointer: '', message: error.message.split('\n')[0] ?? '' }));
  if (broken.length > 0) throw invalidGraph(name, broken);
  const parsed = GRAPH.safeParse(document.toJS());
  if (!parsed.success) {
    throw invalidGraph(
      name,
      parsed.error.issues.map((issue) => ({ pointer: `/${issue.path.join('/')}`, message: messageOfIssue(issue) })),
    );
  }
  const faults: Fault[] = [];
  const graph = new Builder(parsed.data, known, faults).build();
  if (faults.length > 0) throw invalidGraph(name, faults);
  return graph;
}

class Builder {
  readonly #document: Document;
  readonly #known: readonly SourceDefinition[];
  readonly #faults: Fault[];
  readonly #pairs: readonly Pair[];

  constructor(document: Document, known: readonly SourceDefinition[], faults: Fault[]) {
    this.#document = document;
    this.#known = known;
    this.#faults = faults;
    this.#pairs = Object.keys(document.pairs).map(toPair);
  }

  build(): Graph {
    const sources = Object.entries(this.#document.sources).flatMap(([name, given]) => this.#source(name, given));
    const pairs = Object.entries(this.#document.pairs).map(([name, given]) => this.#pair(name, given));
    return { name: this.#document.graph, version: this.#document.version, sources, pairs: this.#inOrder(pairs) };
  }

  #fault(pointer: string, message: string): void {
    this.#faults.push({ pointer, message });
  }

  #source(name: string, given: z.output<typeof SOURCE>): readonly GraphSource[] {
    const definition = this.#known.find((each) => each.name === name);
    if (definition === undefined) {
      const names = this.#known.map((each) => each.name).join(', ');
      this.#fault(`/sources/${name}`, `there is no provider "${name}"; there are ${names}`);
      return [];
    }
    const { enabled = true, every_seconds, monthly_calls, url, api_key_file } = given ?? {};
    return [
      {
        definition,
        enabled,
        everyMs: every_seconds === undefined ? definition.everyMs : every_seconds * 1_000,
        monthlyCalls: monthly_calls ?? definition.monthlyCalls,
        url,
        apiKey: api_key_file === undefined ? undefined : this.#key(api_key_file, `/sources/${name}/api_key_file`),
      },
    ];
  }

  #key(file: string, pointer: string): string | undefined {
    try {
      return readFileSync(file, 'utf8').trim();
    } catch (error) {
      this.#fault(pointer, `${file} cannot be read (${messageOf(error)})`);
      return undefined;
    }
  }

  #pair(name: string, given: Document['pairs'][string]): PairPolicy {
    const own = toPair(name);
    const routes = (which: 'routes' | 'references'): readonly Route[] =>
      given[which].flatMap((route, index) => this.#route(own, route, `/pairs/${name}/${which}/${index}`));
    const direct = routes('routes');
    const names = direct.map((route) => route.name);
    for (const twice of new Set(names.filter((each, index) => names.indexOf(each) !== index))) {
      this.#fault(`/pairs/${name}/routes`, `the route "${twice}" stands here twice; one witness has one voice`);
    }
    if (given.min_sources > given.routes.length) {
      this.#fault(
        `/pairs/${name}/min_sources`,
        `${given.min_sources} is more than the pair's ${given.routes.length} routes; no rate could ever be published`,
      );
    }
    return {
      pair: own,
      band: this.#band(`/pairs/${name}/band`, given.band),
      routes: direct,
      references: routes('references'),
      minSources: given.min_sources,
      agreeBps: given.agree_bps,
      gateBps: given.gate_bps,
      gatePerRootHourBps: given.gate_per_root_hour_bps,
      frozenBps: given.frozen_bps,
      halfSpreadBps: given.half_spread_bps,
      pegBps: given.peg_bps,
    };
  }

  #band(pointer: string, [low, high]: readonly [string, string]): Band {
    const [min, max] = [parseDecimal(low), parseDecimal(high)];
    if (min === undefined || max === undefined || min.units <= 0n || compareDecimal(min, max) >= 0) {
      this.#fault(pointer, `["${low}", "${high}"] is no band; write two decimals above zero, the lower one first`);
    }
    return { min: min ?? { units: 1n, scale: 0 }, max: max ?? { units: 1n, scale: 0 } };
  }

  #route(own: Pair, route: string | readonly string[], pointer: string): readonly Route[] {
    const texts = typeof route === 'string' ? [route] : route;
    const legs = texts.map((text, index) =>
      this.#leg(text, texts.length === 1 ? own : undefined, `${pointer}/${index}`),
    );
    const whole = legs.filter((leg) => leg !== undefined);
    if (whole.length < legs.length) return [];
    const ends = whole.map(({ pair: of, inverse }) => (inverse ? pair(of.quote, of.base) : of));
    const meets = ends.every((each, index) => each.base === (index === 0 ? own.base : ends[index - 1]?.quote));
    if (!meets || ends.at(-1)?.quote !== own.quote) {
      const chain = ends.map(pairName).join(' x ');
      this.#fault(
        pointer,
        `${chain} is not a way from ${own.base} to ${own.quote}; each leg begins where the one before ends`,
      );
      return [];
    }
    return [{ name: texts.map((text) => text.trim()).join(' x '), legs: whole }];
  }

  /** @param implied the pair that is meant where the leg names a source alone */
  #leg(text: string, implied: Pair | undefined, pointer: string): Leg | undefined {
    const words = text.trim().split(/\s+/);
    const inverse = words[0] === 'inverse';
    const [first = '', second] = inverse ? words.slice(1) : words;
    if (PAIR_NAME.test(first) && second === undefined) return this.#pairLeg(toPair(first), inverse, pointer);
    if (second !== undefined && !PAIR_NAME.test(second)) {
      this.#fault(pointer, `"${text}" is no leg; write a source, a source and its pair, or a pair of this graph`);
      return undefined;
    }
    const of = second === undefined ? implied : toPair(second);
    if (of === undefined) {
      this.#fault(pointer, `"${text}" must name the pair that is meant, for example "${first} USDT/USD"`);
      return undefined;
    }
    return this.#sourceLeg(first, inverse && second === undefined ? pair(of.quote, of.base) : of, inverse, pointer);
  }

  #pairLeg(of: Pair, inverse: boolean, pointer: string): Leg | undefined {
    if (this.#pairs.some((each) => samePair(each, of))) return { source: undefined, pair: of, inverse };
    this.#fault(
      pointer,
      `${pairName(of)} is not a pair of this graph; there are ${this.#pairs.map(pairName).join(', ')}`,
    );
    return undefined;
  }

  #sourceLeg(name: string, of: Pair, inverse: boolean, pointer: string): Leg | undefined {
    const definition = this.#known.find((each) => each.name === name);
    if (definition === undefined || this.#document.sources[name] === undefined) {
      const names = Object.keys(this.#document.sources).join(', ');
      this.#fault(pointer, `"${name}" is not among the sources of this graph; there are ${names}`);
      return undefined;
    }
    if (!definition.pairs.some((each) => samePair(each, of))) {
      const pairs = definition.pairs.map(pairName).join(', ');
      this.#fault(pointer, `${name} has no ${pairName(of)}; it has ${pairs}`);
      return undefined;
    }
    return { source: name, pair: of, inverse };
  }

  /** Legs before those that use them. A pair that is made of itself would have no beginning. */
  #inOrder(pairs: readonly PairPolicy[]): readonly PairPolicy[] {
    const done: PairPolicy[] = [];
    const visit = (each: PairPolicy, path: readonly string[]): void => {
      const name = pairName(each.pair);
      if (done.includes(each)) return;
      if (path.includes(name)) {
        const circle = [...path.slice(path.indexOf(name)), name].join(' -> ');
        this.#fault(
          `/pairs/${name}/routes`,
          `${circle}: a pair cannot be made of itself; take one of these legs from a source`,
        );
        return;
      }
      const legs = [...each.routes, ...each.references].flatMap((route) => route.legs);
      for (const leg of legs) {
        const used = leg.source === undefined ? pairs.find((other) => samePair(other.pair, leg.pair)) : undefined;
        if (used !== undefined) visit(used, [...path, name]);
      }
      if (!done.includes(each)) done.push(each);
    };
    for (const each of pairs) visit(each, []);
    return done;
  }
}

/** A key that is wrong has its reason one level down. */
const messageOfIssue = (issue: z.core.$ZodIssue): string =>
  issue.code === 'invalid_key' ? (issue.issues[0]?.message ?? issue.message) : issue.message;

/** Of a text that is known to be a pair. */
function toPair(text: string): Pair {
  const [base = '', quote = ''] = text.split('/');
  return pair(base, quote);
}

const invalidGraph = (name: string, faults: readonly Fault[]): PlumblineError =>
  new PlumblineError(
    'invalid',
    'rates.graph_invalid',
    `the graph of rates ${name} has ${faults.length} ${faults.length === 1 ? 'fault' : 'faults'}`,
    { faults },
  );
