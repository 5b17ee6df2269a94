/** Every knob of the rates, with its unit, and what becomes of the graph under them. */
import { type Fault, PlumblineError } from '../../kernel/errors.ts';
import { pairName } from '../../kernel/rate.ts';
import type { BreakerRules } from '../../platform/breaker/breaker-state.ts';
import { type PairPolicy, type Policy, policyHash } from './consensus/policy.ts';
import { monthlyPace } from './fleet/pace.ts';
import type { PublishRules } from './fleet/pair-state.ts';
import type { SourceRules } from './fleet/source-state.ts';
import type { Graph, GraphSource } from './graph.ts';
import type { AgeLimits, MaxAges } from './rules.ts';
import type { Access, SourceDefinition } from './sources/source.ts';

/** Where one source is asked, where that differs from the graph and from its public address. */
export interface SourceAccess {
  readonly url?: string | undefined;
  readonly apiKey?: string | undefined;
  readonly monthlyCalls?: number | undefined;
}

export interface RatesOptions extends AgeLimits {
  /** By source. */
  readonly access: { readonly [source: string]: SourceAccess };
  /** Age past which a rate is refused, by purpose, milliseconds; undefined: never. */
  readonly maxAgeMs: MaxAges;
  /** Time that a caller waits where memory has nothing, milliseconds. */
  readonly deadlineMs: number;
  /** Time after which a caller takes one witness's word rather than wait for a second, milliseconds. */
  readonly patienceMs: number;
  /** Time that one call of a source may take, milliseconds. */
  readonly attemptTimeoutMs: number;
  /** Further attempts for a caller who waits, where the failure is worth one. */
  readonly retries: number;
  /** The pause after a first failure; it doubles with each in a row. Milliseconds. */
  readonly retryMs: number;
  /** Least time between two calls of a source, however urgent, milliseconds. */
  readonly urgentMs: number;
  readonly breaker: BreakerRules;
  /** Pause after a 429 that does not say how long, milliseconds. */
  readonly rateLimitedHoldMs: number;
  /** Pause after a refusal (401, 403, 451), milliseconds. */
  readonly refusedHoldMs: number;
  /** Least half of the distance between bid and ask, basis points; undefined: the graph's own. */
  readonly halfSpreadBps: number | undefined;
  /** Time for which a quote may be used after the answer, milliseconds. */
  readonly quoteLifetimeMs: number;
  readonly publish: PublishRules;
  /** A lone witness with nothing to compare it to is trusted once it has stood for this long, milliseconds. */
  readonly probationMs: number;
  /** Interval at which what other processes found is looked for, milliseconds. */
  readonly syncMs: number;
  /** How many processes there may be while nobody can be counted. */
  readonly assumedProcesses: number;
  /** Time for which the shared cache keeps what nobody changes, milliseconds. */
  readonly cacheTtlMs: number;
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export const DEFAULT_RATES_OPTIONS: RatesOptions = {
  access: {},
  freshMs: 5 * MINUTE,
  agingMs: 30 * MINUTE,
  maxAgeMs: { quote: DAY, reconcile: DAY, display: undefined },
  deadlineMs: 2_500,
  patienceMs: 150,
  attemptTimeoutMs: 1_500,
  retries: 1,
  retryMs: 250,
  urgentMs: 5 * SECOND,
  breaker: { failureThreshold: 5, openMs: MINUTE },
  rateLimitedHoldMs: MINUTE,
  refusedHoldMs: 15 * MINUTE,
  halfSpreadBps: undefined,
  quoteLifetimeMs: MINUTE,
  publish: { moveBps: 1, heartbeatMs: MINUTE },
  probationMs: 10 * MINUTE,
  syncMs: SECOND,
  assumedProcesses: 8,
  cacheTtlMs: 35 * DAY, // longer than a month: what a quota has spent must not be forgotten
};

/** A source as it is asked. */
export interface ActiveSource {
  readonly definition: SourceDefinition;
  readonly access: Access;
  /** Why it is never asked, or undefined. */
  readonly disabled: string | undefined;
  readonly rules: SourceRules;
}

export interface RatesSettings extends RatesOptions {
  /** In the order of the graph. */
  readonly sources: readonly ActiveSource[];
  readonly policy: Policy;
  readonly policyHash: string;
}

/** @throws `rates.graph_invalid` (invalid): a pair none of whose routes can be asked */
export function ratesSettings(graph: Graph, more: Partial<RatesOptions> = {}): RatesSettings {
  const options = { ...DEFAULT_RATES_OPTIONS, ...more };
  const sources = graph.sources.map((source) => activate(source, options));
  assertAskable(graph, sources);
  const policy = policyOf(graph, sources, options);
  return { ...options, sources, policy, policyHash: policyHash(policy) };
}

function activate({ definition, enabled, everyMs, ...source }: GraphSource, options: RatesOptions): ActiveSource {
  const given = options.access[definition.name];
  const url = (given?.url ?? source.url ?? definition.url).replace(/\/+$/, '');
  const apiKey = given?.apiKey ?? source.apiKey;
  const monthlyCalls = given?.monthlyCalls ?? source.monthlyCalls;
  const pace = monthlyCalls === undefined ? undefined : monthlyPace(monthlyCalls);
  const off = enabled ? undefined : 'it is switched off in the graph of rates';
  return {
    definition,
    access: { url, apiKey },
    disabled: off ?? (apiKey === undefined ? definition.needsKey : undefined),
    rules: {
      // Slower than its quota allows, so that some calls are left for disputes and cold starts.
      everyMs: Math.max(everyMs, (pace?.callMs ?? 0) * 1.05),
      leaseMs: options.attemptTimeoutMs + SECOND,
      breaker: options.breaker,
      pace,
      rateLimitedHoldMs: options.rateLimitedHoldMs,
      refusedHoldMs: options.refusedHoldMs,
      retryMs: options.retryMs,
      urgentMs: options.urgentMs,
    },
  };
}

/** A live figure is used for three of its intervals, a daily one for a day beyond the time it stands. */
const usableMs = ({ definition, rules }: ActiveSource): number =>
  definition.cadence.kind === 'daily' ? DAY : Math.max(5 * MINUTE, Math.ceil(3 * rules.everyMs));

const policyOf = (graph: Graph, sources: readonly ActiveSource[], options: RatesOptions): Policy => ({
  pairs: graph.pairs.map((each) => ({ ...each, halfSpreadBps: options.halfSpreadBps ?? each.halfSpreadBps })),
  usableMs: Object.fromEntries(sources.map((each) => [each.definition.name, usableMs(each)])),
  live: Object.fromEntries(sources.map(({ definition }) => [definition.name, definition.cadence.kind === 'live'])),
  freshMs: options.freshMs,
  agingMs: options.agingMs,
  lookAheadMs: options.publish.heartbeatMs,
  probationMs: options.probationMs,
  // Older than a caller may be given, it would only keep them from what there is.
  memoryMs: options.maxAgeMs.quote ?? DAY,
});

function assertAskable({ name, pairs }: Graph, sources: readonly ActiveSource[]): void {
  const disabled = new Map(sources.map((each) => [each.definition.name, each.disabled]));
  const askable = new Set<string>();
  const faults: Fault[] = [];
  for (const { pair, routes } of pairs) {
    const blocked = routes.map(({ legs }) =>
      legs.find((leg) => (leg.source === undefined ? !askable.has(pairName(leg.pair)) : disabled.get(leg.source))),
    );
    if (blocked.some((leg) => leg === undefined)) {
      askable.add(pairName(pair));
      continue;
    }
    const why = blocked
      .map((leg) => leg?.source ?? (leg === undefined ? '' : pairName(leg.pair)))
      .map((each) => `${each}: ${disabled.get(each) ?? 'has no route'}`);
    faults.push({
      pointer: `/pairs/${pairName(pair)}/routes`,
      message: `none of its routes can be asked (${why.join('; ')}); enable one of them or give the pair another`,
    });
  }
  if (faults.length === 0) return;
  throw new PlumblineError(
    'invalid',
    'rates.graph_invalid',
    `the graph of rates ${name} has ${faults.length} ${faults.length === 1 ? 'fault' : 'faults'}`,
    { faults },
  );
}

/** The sources whose figures go into a pair, its legs' among them, in the order of the graph. */
export function sourcesOf(policy: Policy, pair: PairPolicy): ReadonlySet<string> {
  const found = new Set<string>();
  for (const leg of [...pair.routes, ...pair.references].flatMap(({ legs }) => legs)) {
    if (leg.source !== undefined) found.add(leg.source);
    const used =
      leg.source === undefined ? policy.pairs.find((each) => pairName(each.pair) === pairName(leg.pair)) : undefined;
    if (used !== undefined) for (const source of sourcesOf(policy, used)) found.add(source);
  }
  return found;
}
