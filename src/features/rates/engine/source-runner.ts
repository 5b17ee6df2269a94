/**
 * One source at work in this process: it takes the fleet's turn, asks, judges the answer and reports.
 * Concurrent callers share one flight. Everything that outlives the call stands in the shared record.
 */
import type { Clock, Random } from '../../../kernel/clock.ts';
import type { BreakerKind } from '../../../platform/breaker/breaker-state.ts';
import type { HttpClient, HttpResponse } from '../../../platform/http-client/port.ts';
import type { Logger } from '../../../platform/telemetry/port.ts';
import type { Fleet, SharedRecord } from '../fleet/fleet.ts';
import { held } from '../fleet/reading.ts';
import {
  afterHearing,
  afterReport,
  controlled,
  type Hold,
  hastened,
  leased,
  type Report,
  type SourceState,
  settledSource,
  type Urgency,
  type Wait,
  waitFor,
} from '../fleet/source-state.ts';
import type { ActiveSource } from '../settings.ts';
import { type FailureClass, SourceFailure, toSourceFailure } from '../sources/classes.ts';
import type { Reading } from '../sources/source.ts';
import { assertValid, type Bands } from '../sources/validity.ts';
import type { OnRatesEvent } from './events.ts';
import { Latency } from './latency.ts';

export interface RunnerDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly http: HttpClient;
  readonly log: Logger;
  readonly fleet: Fleet;
  /** Names this process in a lease. */
  readonly member: string;
  readonly bands: Bands;
  /** Milliseconds that one call may take. */
  readonly attemptTimeoutMs: number;
  readonly onEvent: OnRatesEvent;
  /** Writes down what is spent and who asked to be left alone, so that a restart knows. Never rejects. */
  readonly remember: (source: string, state: SourceState) => Promise<void>;
  /** The call takes longer than this source's usually do. */
  readonly onSlow: (source: string) => void;
}

/** What asking came to. */
export type Asked =
  | { readonly kind: 'read' }
  | { readonly kind: 'failed'; readonly failure: FailureClass; readonly message: string }
  | { readonly kind: 'waits'; readonly wait: Wait }
  | { readonly kind: 'disabled'; readonly why: string };

/** So many processes wanted the turn that this one never came through: another one has it. */
const CROWDED: Wait = { why: 'leased', until: 0, message: 'it is being asked' };

export class SourceRunner {
  readonly source: ActiveSource;
  readonly record: SharedRecord<SourceState>;
  readonly latency = new Latency();
  readonly #deps: RunnerDeps;
  #flight: Promise<Asked> | undefined;
  #calls = 0;
  /** Monotonic milliseconds until which it told this process to leave it alone. */
  #quietUntil = Number.NEGATIVE_INFINITY;

  constructor(source: ActiveSource, record: SharedRecord<SourceState>, deps: RunnerDeps) {
    this.source = source;
    this.record = record;
    this.#deps = deps;
  }

  get name(): string {
    return this.source.definition.name;
  }

  /** The shared state, as known here. */
  state(): SourceState {
    return settledSource(this.record.value, this.#deps.fleet.now(), this.source.rules);
  }

  /** Why it would not be asked now, or undefined. */
  wait(urgency: Urgency): Wait | undefined {
    return this.#waitFor(this.state(), this.#deps.fleet.now(), urgency);
  }

  /** A clock that is set ahead shortens no pause: it has to be over on the one that nobody sets, too. */
  #waitFor(state: SourceState, now: number, urgency: Urgency): Wait | undefined {
    const { fleet, clock } = this.#deps;
    const wait = waitFor(state, now, this.source.rules, urgency, fleet.alone);
    const quietMs = this.#quietUntil - clock.monotonic();
    if (wait?.why === 'hold' || state.hold === undefined || quietMs <= 0) return wait;
    return { why: 'hold', until: now + quietMs, message: state.hold.reason };
  }

  /** It would be asked now, by this process. */
  mayBeAsked(urgency: Urgency): boolean {
    return this.source.disabled === undefined && this.#flight === undefined && this.wait(urgency) === undefined;
  }

  /** Never rejects. */
  ask(urgency: Urgency): Promise<Asked> {
    const { disabled } = this.source;
    if (disabled !== undefined) return Promise.resolve({ kind: 'disabled', why: disabled });
    this.#flight ??= this.#ask(urgency).finally(() => {
      this.#flight = undefined;
    });
    return this.#flight;
  }

  /** Its next call is due as soon as it may be. Never rejects. */
  async hasten(): Promise<void> {
    const { rules } = this.source;
    const sooner = (state: SourceState): SourceState | undefined => {
      const hasty = hastened(state, rules);
      return hasty.dueAt === state.dueAt ? undefined : hasty;
    };
    if (sooner(this.record.value) !== undefined) await this.#change(sooner);
  }

  /** What the other sources made of its last reading. Never rejects. */
  async heard(dismissed: boolean): Promise<void> {
    const counted = (state: SourceState, now: number): SourceState | undefined => {
      const after = afterHearing(state, dismissed, now, this.source.rules);
      return after === state ? undefined : after;
    };
    if (counted(this.record.value, this.#deps.fleet.now()) !== undefined) await this.#change(counted);
  }

  /** What was spent and who asked to be left alone before the start. Never rejects. */
  async recall({ spentUntil, hold }: Pick<SourceState, 'spentUntil' | 'hold'>): Promise<void> {
    await this.#change((state) => {
      const later = hold !== undefined && hold.until > (state.hold?.until ?? 0) && state.revision === 0;
      if (!later && spentUntil <= state.spentUntil) return undefined;
      return { ...state, spentUntil: Math.max(spentUntil, state.spentUntil), hold: later ? hold : state.hold };
    });
  }

  /** An operator's word about its breaker. Never rejects. */
  async control(action: 'open' | 'close' | 'reset'): Promise<void> {
    await this.#change((state, now) => controlled(state, action, now));
  }

  async #ask(urgency: Urgency): Promise<Asked> {
    const { fleet, member, remember } = this.#deps;
    const { rules } = this.source;
    const known = this.wait(urgency);
    if (known !== undefined && known.why !== 'leased') return { kind: 'waits', wait: known };
    this.#calls += 1;
    const owner = `${member}:${this.#calls}`;
    let wait: Wait | undefined;
    const turn = await this.#change((state, now) => {
      wait = this.#waitFor(state, now, urgency);
      return wait === undefined ? leased(state, now, rules, owner, fleet.alone) : undefined;
    });
    if (wait !== undefined) return { kind: 'waits', wait };
    if (turn === undefined) return { kind: 'waits', wait: CROWDED };
    if (rules.pace !== undefined) await remember(this.name, turn);
    return await this.#call(owner);
  }

  async #call(owner: string): Promise<Asked> {
    const { clock, onSlow } = this.#deps;
    const began = clock.monotonic();
    const cancel = clock.after(this.latency.unusual(), () => onSlow(this.name));
    try {
      const { reading, receivedAt } = await this.#read();
      const ms = Math.round(clock.monotonic() - began);
      this.latency.add(ms);
      await this.#report(owner, (state, now) => ({
        kind: 'read',
        reading: held(reading, receivedAt, now, state.reading),
        ms,
      }));
      this.#tell('ok', ms, reading.warnings);
      return { kind: 'read' };
    } catch (error) {
      const { class: failure, message: said, holdMs } = toSourceFailure(error);
      const message = this.#withoutKey(said).slice(0, 1_000);
      const ms = Math.round(clock.monotonic() - began);
      if (holdMs !== undefined) this.#quietUntil = clock.monotonic() + holdMs;
      await this.#report(owner, () => ({ kind: 'failed', failure, message, holdMs, ms }));
      this.#tell(failure, ms, [message]);
      return { kind: 'failed', failure, message };
    } finally {
      cancel();
    }
  }

  /** @throws SourceFailure */
  async #read(): Promise<{ readonly reading: Reading; readonly receivedAt: number }> {
    const { clock, http, bands, attemptTimeoutMs } = this.#deps;
    const { definition, access } = this.source;
    const request = definition.request(access, clock.now());
    const response = await http.send({ ...request, timeoutMs: attemptTimeoutMs });
    const receivedAt = clock.now();
    const reading = this.#parse(response, receivedAt);
    assertValid(reading, receivedAt, bands, definition.cadence.maxLagMs);
    return { reading, receivedAt };
  }

  #parse(response: HttpResponse, receivedAt: number): Reading {
    try {
      return this.source.definition.parse(response, receivedAt);
    } catch (error) {
      if (error instanceof SourceFailure) throw error;
      throw new SourceFailure('bad-payload', `the answer could not be read: ${String(error).slice(0, 200)}`, {
        cause: error,
      });
    }
  }

  async #report(owner: string, report: (state: SourceState, now: number) => Report): Promise<void> {
    const spread = 0.95 + 0.1 * this.#deps.random.fraction();
    let held: Hold | undefined;
    const after = await this.#change((state, now) => {
      held = state.hold;
      return afterReport(state, report(state, now), now, this.source.rules, owner, spread);
    });
    if (after !== undefined && after.hold !== held) await this.#deps.remember(this.name, after);
  }

  /** A provider that quotes our key back is not quoted in turn. */
  #withoutKey(message: string): string {
    const { apiKey } = this.source.access;
    return apiKey === undefined ? message : message.replaceAll(apiKey, '[key]');
  }

  #tell(outcome: 'ok' | FailureClass, ms: number, messages: readonly string[]): void {
    const { log, onEvent } = this.#deps;
    const source = this.name;
    onEvent({ kind: 'attempt', source, outcome, ms });
    for (const message of messages) {
      if (outcome === 'ok') log.warn({ code: 'rates.source_warning', source }, `${source}: ${message}`);
      else log.warn({ code: 'rates.source_failed', source, class: outcome }, `${source}: ${message}`);
    }
  }

  async #change(
    change: (state: SourceState, now: number) => SourceState | undefined,
  ): Promise<SourceState | undefined> {
    const { fleet } = this.#deps;
    let before: BreakerKind = 'closed';
    const after = await fleet.update(this.record, (value, now) => {
      before = value.breaker.kind;
      const next = change(settledSource(value, now, this.source.rules), now);
      return next === undefined ? undefined : { ...next, revision: value.revision + 1 };
    });
    if (after !== undefined && after.breaker.kind !== before) this.#tellBreaker(before, after.breaker.kind);
    return after;
  }

  #tellBreaker(from: BreakerKind, to: BreakerKind): void {
    const { log, onEvent } = this.#deps;
    const fields = { code: 'rates.breaker', source: this.name, from, to };
    if (to === 'open') log.warn(fields, `${this.name}: the circuit breaker opens`);
    else log.info(fields, `${this.name}: the circuit breaker goes from ${from} to ${to}`);
    onEvent({ kind: 'breaker', source: this.name, from, to });
  }
}
