/** The parts of the rates, joined: sources that ask, a publisher that evaluates, feeds that answer. */
import type { Clock, Random } from '../../../kernel/clock.ts';
import { PlumblineError } from '../../../kernel/errors.ts';
import { newId } from '../../../kernel/ids.ts';
import { pairName } from '../../../kernel/rate.ts';
import type { Cache } from '../../../platform/cache/port.ts';
import type { HttpClient } from '../../../platform/http-client/port.ts';
import type { Logger } from '../../../platform/telemetry/port.ts';
import { Fleet, type SharedRecord } from '../fleet/fleet.ts';
import type { PairState, Published } from '../fleet/pair-state.ts';
import { pairRecord, sourceRecord } from '../fleet/records.ts';
import type { SourceState, Urgency } from '../fleet/source-state.ts';
import { waitAtMost } from '../fleet/wait.ts';
import type { QuoteSink, RatesMemory } from '../ports.ts';
import type { RatesSettings } from '../settings.ts';
import type { OnRatesEvent, RatesEvent } from './events.ts';
import { Hedger } from './hedger.ts';
import { PairFeed } from './pair-feed.ts';
import { Poller } from './poller.ts';
import { Publisher } from './publisher.ts';
import { recall } from './recall.ts';
import { SourceRunner } from './source-runner.ts';

export interface RatesDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly http: HttpClient;
  readonly cache: Cache;
  readonly log: Logger;
  readonly settings: RatesSettings;
  /** Where published quotes are kept; nowhere unless told. */
  readonly sink?: QuoteSink;
  /** What outlives the process and the cache; nothing unless told. */
  readonly memory?: RatesMemory;
  readonly onEvent?: OnRatesEvent;
}

/** A call waits no longer than this until what its quota has spent is written down, milliseconds. */
const REMEMBER_MS = 250;
/** Where the cache is this process's own, nobody else changes anything: looks are only for one's own turns. */
const OWN_LOOK_MS = 5_000;

export class RatesEngine {
  readonly fleet: Fleet;
  /** By name, in the order of the graph. */
  readonly runners: ReadonlyMap<string, SourceRunner>;
  /** By pair name, legs first. */
  readonly feeds: ReadonlyMap<string, PairFeed>;
  readonly records: ReadonlyMap<string, SharedRecord<PairState>>;
  readonly sink: QuoteSink;
  readonly poller: Poller;
  readonly #deps: RatesDeps;
  readonly #publisher: Publisher;
  readonly #hedger: Hedger;
  readonly #listeners = new Set<OnRatesEvent>();
  /** What was served when listeners were last told, by pair name. */
  readonly #served = new Map<string, Published | undefined>();

  constructor(deps: RatesDeps) {
    const { clock, random, http, cache, log, settings } = deps;
    const { policy } = settings;
    const member = newId(clock, random);
    const limits = { assumedProcesses: settings.assumedProcesses, ttlMs: settings.cacheTtlMs };
    const fleet = new Fleet({ cache, clock, log, member, ...limits });
    const bands = Object.fromEntries(policy.pairs.map((each) => [pairName(each.pair), each.band]));
    this.#deps = deps;
    this.fleet = fleet;
    this.sink = deps.sink ?? { publish: () => undefined };
    this.runners = new Map(
      settings.sources.map((source) => [
        source.definition.name,
        new SourceRunner(source, fleet.share(sourceRecord(source.definition.name)), {
          ...{ clock, random, http, log, fleet, member, bands },
          attemptTimeoutMs: settings.attemptTimeoutMs,
          onEvent: (event) => this.#tell(event),
          remember: (...spent) => this.#remember(...spent),
          onSlow: (name) => this.#hedger.slow(name),
        }),
      ]),
    );
    this.records = new Map(policy.pairs.map((each) => [pairName(each.pair), fleet.share(pairRecord(each))]));
    this.#publisher = new Publisher({
      ...{ clock, random, fleet, settings },
      ...{ runners: this.runners, records: this.records, sink: this.sink },
      onAlarm: (alarm) => this.#tell({ kind: 'alarm', alarm }),
    });
    const runners = [...this.runners.values()];
    this.#hedger = new Hedger({
      runners,
      ask: (runner) => this.#ask(runner, 'urgent'),
      onHedge: (slow, instead) => this.#tell({ kind: 'hedge', slow, instead }),
    });
    this.poller = new Poller({
      ...{ clock, fleet, runners },
      lookMs: cache.kind === 'memory' ? OWN_LOOK_MS : settings.syncMs,
      ask: (runner) => {
        this.#hedger.earn();
        return this.#ask(runner, 'due');
      },
    });
    this.feeds = new Map(
      policy.pairs.map((pair) => {
        const name = pairName(pair.pair);
        const feed = new PairFeed(pair, {
          ...{ clock, random, fleet, settings, log },
          record: this.recordOf(name),
          sources: this.#publisher.sourcesOf(name),
          afterReading: (runner) => this.#publisher.afterReading(runner),
        });
        return [name, feed];
      }),
    );
    fleet.onChange(() => this.#tellPublished());
  }

  /** Of a pair of the policy. */
  recordOf(pair: string): SharedRecord<PairState> {
    const record = this.records.get(pair);
    if (record === undefined) throw new PlumblineError('internal', 'rates.no_record', `no record of ${pair}`);
    return record;
  }

  /** Hears of everything that happens from now on. @returns the end of it */
  listen(listener: OnRatesEvent): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The last good rates and what the quotas have spent, where the cache does not know better. Never rejects. */
  async recall(): Promise<void> {
    const { memory, clock, log } = this.#deps;
    await this.fleet.sync();
    if (memory === undefined) return;
    try {
      await recall({ memory, clock, fleet: this.fleet, runners: this.runners, records: this.records });
    } catch (error) {
      log.warn({ code: 'rates.recall_failed', err: error }, 'what was known before the start could not be read');
    }
  }

  /** Asks every source now, as far as it may be asked. Resolves when all have ended; never rejects. */
  async warm(): Promise<void> {
    await Promise.all([...this.runners.values()].map((runner) => this.#ask(runner, 'urgent')));
    await this.fleet.sync();
  }

  async #ask(runner: SourceRunner, urgency: Urgency): Promise<void> {
    const asked = await runner.ask(urgency);
    if (asked.kind === 'read') await this.#publisher.afterReading(runner);
  }

  async #remember(source: string, state: SourceState): Promise<void> {
    const { memory, clock, log } = this.#deps;
    if (memory === undefined) return;
    const written = memory.rememberSource(source, state).catch((error: unknown) => {
      const fields = { code: 'rates.remember_failed', source, err: error };
      log.warn(fields, `${source}: what its quota has spent could not be written down`);
    });
    await waitAtMost(clock, written, REMEMBER_MS, () => undefined);
  }

  #tell(event: RatesEvent): void {
    this.#deps.onEvent?.(event);
    for (const listener of this.#listeners) listener(event);
  }

  #tellPublished(): void {
    for (const [name, feed] of this.feeds) {
      const serving = feed.serving();
      if (serving === undefined || serving.quoteId === this.#served.get(name)?.quoteId) continue;
      this.#served.set(name, serving);
      this.#tell({ kind: 'published', pair: feed.policy.pair, published: serving });
    }
  }
}
