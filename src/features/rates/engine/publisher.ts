/**
 * Evaluates a pair after a new reading and publishes what has changed: one transition of the shared
 * record, so that all processes serve one quote, whoever published it.
 */
import type { Clock, Random } from '../../../kernel/clock.ts';
import { newId } from '../../../kernel/ids.ts';
import { pairName } from '../../../kernel/rate.ts';
import type { Consensus } from '../consensus/consensus.ts';
import { evaluate } from '../consensus/evaluate.ts';
import type { Absence, Inputs } from '../consensus/inputs.ts';
import type { PairPolicy } from '../consensus/policy.ts';
import type { Fleet, SharedRecord } from '../fleet/fleet.ts';
import { type Alarm, afterEvaluation, alarmsOf, isOutdated, memoryOf, type PairState } from '../fleet/pair-state.ts';
import { type HeldReading, inputOf } from '../fleet/reading.ts';
import type { SourceState } from '../fleet/source-state.ts';
import { evidenceOf } from '../history/evidence.ts';
import type { QuoteSink } from '../ports.ts';
import { type RatesSettings, sourcesOf } from '../settings.ts';
import { endOfManual } from './manual.ts';
import type { SourceRunner } from './source-runner.ts';

export interface PublisherDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly fleet: Fleet;
  readonly settings: RatesSettings;
  /** By name. */
  readonly runners: ReadonlyMap<string, SourceRunner>;
  /** By pair name. */
  readonly records: ReadonlyMap<string, SharedRecord<PairState>>;
  readonly sink: QuoteSink;
  readonly onAlarm: (alarm: Alarm) => void;
}

interface Seen {
  readonly before: PairState;
  readonly after: PairState;
  readonly inputs: Inputs;
  readonly consensus: Consensus;
  readonly manualEnds: string | undefined;
}

/** Looks at what others know, for one evaluation. */
const ATTEMPTS = 5;

export class Publisher {
  readonly #deps: PublisherDeps;
  readonly #sources: ReadonlyMap<string, readonly SourceRunner[]>;

  constructor(deps: PublisherDeps) {
    this.#deps = deps;
    const { policy } = deps.settings;
    this.#sources = new Map(
      policy.pairs.map((pair) => {
        const names = sourcesOf(policy, pair);
        return [pairName(pair.pair), [...deps.runners.values()].filter(({ name }) => names.has(name))];
      }),
    );
  }

  /** The sources whose figures go into the pair, in their order. */
  sourcesOf(pair: string): readonly SourceRunner[] {
    return this.#sources.get(pair) ?? [];
  }

  /** After a source was read: every pair that it has a say in. Never rejects. */
  async afterReading(runner: SourceRunner): Promise<void> {
    await this.#deps.fleet.catchUp(); // what the others have read meanwhile is part of the judgement
    const dismissed = new Set<string>();
    const borneOut = new Set<string>();
    for (const pair of this.#deps.settings.policy.pairs) {
      if (!this.sourcesOf(pairName(pair.pair)).includes(runner)) continue;
      const consensus = await this.#consider(pair);
      if (consensus === undefined) continue;
      for (const source of consensus.dismissed) dismissed.add(source);
      for (const source of consensus.borneOut) borneOut.add(source);
      if (!consensus.unsettled) continue;
      await Promise.all(this.sourcesOf(pairName(pair.pair)).map((each) => each.hasten()));
    }
    for (const each of this.#deps.runners.values()) {
      if (dismissed.has(each.name)) await each.heard(true);
      else if (borneOut.has(each.name)) await each.heard(false);
    }
  }

  async #consider(pair: PairPolicy): Promise<Consensus | undefined> {
    const { fleet, records, onAlarm } = this.#deps;
    const record = records.get(pairName(pair.pair));
    if (record === undefined) return undefined;
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      let seen: Seen | 'outdated' | undefined;
      const after = await fleet.update(record, (before, now) => {
        seen = this.#evaluate(pair, before, now);
        return seen === 'outdated' ? undefined : seen?.after;
      });
      if (seen === undefined) return undefined;
      if (seen === 'outdated') {
        await fleet.catchUp(); // somebody else knows more: look, and judge again
        continue;
      }
      if (after === undefined) return undefined;
      this.#publish(pair, seen);
      for (const alarm of alarmsOf(pair, seen.before, after)) onAlarm(alarm);
      if (seen.manualEnds !== undefined) onAlarm({ kind: 'manual-ended', pair: pair.pair, reason: seen.manualEnds });
      return seen.consensus;
    }
    return undefined;
  }

  /** One evaluation, of what this process knows. */
  #evaluate(pair: PairPolicy, before: PairState, now: number): Seen | 'outdated' | undefined {
    const { settings, clock, random } = this.#deps;
    const name = pairName(pair.pair);
    const at = this.#readings(name);
    if (isOutdated(before.seen, at, now)) return 'outdated';
    const inputs = this.#inputs(name, before, now);
    const consensus = evaluate(settings.policy, inputs, name).get(name);
    if (consensus === undefined) return undefined;
    const identity = () => ({ quoteId: newId<'quote'>(clock, random), publishedAt: clock.now() });
    const next = afterEvaluation(before, pair, consensus, at, now, settings.publish, identity);
    const manualEnds = endOfManual(next, now);
    const after = manualEnds === undefined ? next : { ...next, manual: undefined };
    return { before, after, inputs, consensus, manualEnds };
  }

  #publish(pair: PairPolicy, { before, after, inputs, consensus }: Seen): void {
    const { sink, settings } = this.#deps;
    const { published } = after;
    if (published === undefined || published === before.published) return;
    const { policyHash } = settings;
    sink.publish({
      ...{ pair: pair.pair, published, policyHash },
      // Put together where it is written: callers wait for rates, and nobody for their evidence.
      get evidence() {
        return evidenceOf({ ...published, policyHash, pair, inputs, consensus });
      },
    });
  }

  /** When each source's reading was received. */
  #readings(name: string): PairState['seen'] {
    return Object.fromEntries(
      this.sourcesOf(name).flatMap(({ name: source, record }) => {
        const { reading } = record.value;
        return reading === undefined ? [] : [[source, reading.at]];
      }),
    );
  }

  /** What the pair and its legs are made of at this instant. */
  #inputs(name: string, state: PairState, now: number): Inputs {
    const sources = this.sourcesOf(name);
    const readings = new Map<string, HeldReading>();
    const absences: Absence[] = [];
    for (const { name: source, source: active, record } of sources) {
      const absent = absence(record.value, active.disabled);
      if (absent !== undefined) absences.push({ source, why: absent });
      else if (record.value.reading !== undefined) readings.set(source, record.value.reading);
    }
    const pairs = [...this.#deps.records].filter(([each]) =>
      sources.some((source) => this.sourcesOf(each).includes(source)),
    );
    return {
      readings: [...readings].map(([source, reading]) => inputOf(source, reading, now, readings)),
      absences,
      memories: Object.fromEntries(
        pairs.map(([each, record]) => [each, memoryOf(each === name ? state : record.value, now)]),
      ),
    };
  }
}

/** Why a source has no say, or undefined: it has. */
function absence({ breaker, reading, hold, last }: SourceState, disabled: string | undefined): string | undefined {
  if (disabled !== undefined) return disabled;
  // An operator who forces the breaker open distrusts the source: its last answer too.
  if (breaker.kind === 'forced-open') return 'its breaker is forced open';
  if (reading !== undefined) return undefined;
  if (hold !== undefined) return hold.reason;
  if (last === undefined) return 'it has not been asked yet';
  return last.message === undefined ? last.outcome : `${last.outcome}: ${last.message}`;
}
