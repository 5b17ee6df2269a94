/**
 * Incidents: a fact opens one, or is counted by the one that is there; people are told until somebody
 * answers. Everything that follows from a fact is in its transaction: no incident without its page.
 */
import type { AlarmName } from '../../kernel/alarms.ts';
import type { Json } from '../../kernel/canonical.ts';
import { PlumblineError } from '../../kernel/errors.ts';
import { newId } from '../../kernel/ids.ts';
import { printable } from '../../kernel/text.ts';
import type { Tx } from '../../platform/db/port.ts';
import type { Catalogue, Rule } from './catalogue.ts';
import { type IncidentDeps, Paging } from './paging.ts';
import { fingerprintOf, scopeOf } from './rules.ts';
import * as store from './store.ts';

export interface Fact {
  /** One for one fact. */
  readonly key: string;
  readonly event: AlarmName;
  readonly severity: store.Severity;
  readonly message: string;
  readonly payload: Json;
}

export interface Ending {
  readonly event: AlarmName;
  /** With the fields that the event's scope is made of. */
  readonly payload: Json;
  readonly reason: string;
  /** The instant that the end speaks of: facts of a later one go on. */
  readonly asOf?: Date;
}

const ITSELF = 'plumbline';
const RANK: Readonly<Record<store.Severity, number>> = { info: 0, warning: 1, critical: 2 };
const MAX_TITLE = 500;

export class IncidentService {
  readonly #deps: IncidentDeps;
  readonly #paging: Paging;

  constructor(deps: IncidentDeps) {
    this.#deps = deps;
    this.#paging = new Paging(deps);
  }

  get catalogue(): Catalogue {
    return this.#deps.catalogue;
  }

  /** In the fact's transaction. What is only information opens nothing: it ends what it ends, or is told once. */
  async raise(tx: Tx, fact: Fact): Promise<void> {
    const { catalogue } = this.#deps;
    const rule = catalogue.rule(fact.event);
    for (const event of rule.resolves) await this.end(tx, { event, payload: fact.payload, reason: fact.message });
    const severity = rule.severity ?? fact.severity;
    if (severity === 'info') {
      if (rule.resolves.length === 0 && catalogue.has(fact.event)) await this.#paging.tellOnce(tx, rule, fact);
      return;
    }
    await this.#open(tx, rule, { ...fact, severity });
  }

  /** It is over, if it was there. */
  async end(tx: Tx, { event, payload, reason, asOf }: Ending): Promise<void> {
    const row = await store.lockLive(tx, this.#fingerprint(event, payload));
    if (row === undefined || (asOf !== undefined && row.as_of !== null && row.as_of > asOf)) return;
    await this.#resolve(tx, row, ITSELF, reason);
  }

  /** Whether one of it is there that has not ended. */
  async isLive(event: AlarmName, payload: Json): Promise<boolean> {
    return store.isLive(this.#deps.db.sql, this.#fingerprint(event, payload));
  }

  /** What of a payload tells one incident of the event from another. */
  scopeOf(event: AlarmName, payload: Json): { readonly [field: string]: Json } {
    return scopeOf(this.#deps.catalogue.rule(event).scope, payload);
  }

  /** The newest instant that its facts speak of. */
  async spokeOf(tx: Tx, event: string, payload: Json, asOf: Date): Promise<void> {
    await store.noteAsOf(tx, this.#fingerprint(event, payload), asOf);
  }

  /** @throws `incidents.unknown` (missing), `incidents.over` (conflict) */
  async acknowledge(id: store.IncidentId, subject: string, note?: string): Promise<store.IncidentRow> {
    const { db, clock, catalogue } = this.#deps;
    await db.transaction({}, async (tx) => {
      await store.actAs(tx, subject);
      const row = await this.#live(tx, id);
      const now = clock.now();
      const { acknowledgementMs } = catalogue.rule(row.event_type);
      const again = acknowledgementMs === null ? null : new Date(now + acknowledgementMs);
      await store.setAcknowledged(tx, id, subject, new Date(now), again);
      await this.#paging.record(
        tx,
        id,
        'acknowledged',
        subject,
        note ?? (again === null ? '' : `until ${again.toISOString()}`),
      );
      // Who acknowledges twice prolongs it, and nobody is told again.
      if (row.status === 'open')
        await this.#paging.tell(tx, row, 'acknowledged', `acknowledged by ${subject}: ${row.title}`);
    });
    return this.get(id);
  }

  /** @throws as `acknowledge` */
  async resolve(id: store.IncidentId, subject: string, reason: string): Promise<store.IncidentRow> {
    await this.#deps.db.transaction({}, async (tx) => {
      await store.actAs(tx, subject);
      await this.#resolve(tx, await this.#live(tx, id), subject, reason);
    });
    return this.get(id);
  }

  /** @throws `incidents.unknown` (missing) */
  async note(id: store.IncidentId, subject: string, text: string): Promise<void> {
    await this.get(id);
    await this.#deps.db.transaction({}, async (tx) => {
      await store.actAs(tx, subject);
      await this.#paging.record(tx, id, 'noted', subject, text);
    });
  }

  /** @throws `incidents.unknown` (missing) */
  async get(id: store.IncidentId): Promise<store.IncidentRow> {
    const row = await store.findIncident(this.#deps.db.sql, id);
    if (row === undefined) throw unknown(id);
    return row;
  }

  timeline(id: store.IncidentId): Promise<readonly store.EventRow[]> {
    return store.timeline(this.#deps.db.sql, id);
  }

  list(request: store.ListRequest): Promise<readonly store.IncidentRow[]> {
    return store.listIncidents(this.#deps.db.sql, request);
  }

  counts(): ReturnType<typeof store.counts> {
    return store.counts(this.#deps.db.sql);
  }

  lastOpenedAt(): Promise<Date | undefined> {
    return store.lastOpenedAt(this.#deps.db.sql);
  }

  /** Everything whose time has come. @returns how many */
  run(signal?: AbortSignal): Promise<number> {
    return this.#paging.run((tx, row, reason) => this.#resolve(tx, row, ITSELF, reason), signal);
  }

  async #open(tx: Tx, rule: Rule, fact: Fact): Promise<void> {
    const { clock, random, catalogue } = this.#deps;
    const at = new Date(clock.now());
    const scope = scopeOf(rule.scope, fact.payload);
    const fingerprint = fingerprintOf(fact.event, scope);
    const seen = { title: printable(fact.message, MAX_TITLE), payload: fact.payload, severity: fact.severity, at };
    await store.lockFingerprint(tx, fingerprint);
    const known = await store.findKnown(tx, fingerprint, new Date(at.getTime() - rule.reopenMs));
    if (known !== undefined && known.status !== 'resolved') {
      const row = await store.seenAgain(tx, known.id, seen);
      // It has become worse since somebody said that it is taken care of.
      if (known.status === 'acknowledged' && RANK[row.severity] > RANK[known.severity])
        await store.setLoudAgain(tx, known.id, at);
      return;
    }
    const inhibitedBy = (await store.findLive(tx, catalogue.inhibitors(fact.event))) ?? null;
    const nextPageAt = inhibitedBy === null ? new Date(at.getTime() + rule.groupMs) : null;
    const row =
      known === undefined
        ? await store.insertIncident(tx, {
            ...{
              id: newId<'incident'>(clock, random),
              fingerprint,
              event_type: fact.event,
              scope,
              severity: fact.severity,
            },
            ...{
              title: seen.title,
              payload: fact.payload,
              opened_at: at,
              group_key: fact.event,
              next_page_at: nextPageAt,
              inhibited_by: inhibitedBy,
            },
          })
        : await store.reopen(tx, known.id, seen, { nextPageAt, inhibitedBy });
    await this.#paging.record(tx, row.id, known === undefined ? 'opened' : 'reopened', ITSELF, row.title);
    if (inhibitedBy !== null) await this.#paging.record(tx, row.id, 'inhibited', ITSELF, `while ${inhibitedBy} lasts`);
    if (rule.inhibits.length > 0) {
      for (const child of await store.inhibit(tx, row.id, rule.inhibits)) {
        await this.#paging.record(tx, child, 'inhibited', ITSELF, `while ${row.id} lasts`);
      }
    }
    if (nextPageAt === null || rule.groupMs > 0) return;
    // Where nobody hears of it, whoever looks next tries again, and cries in the log after its commit.
    if (!(await this.#paging.due(tx, row, at.getTime()))) await store.setNextPage(tx, row.id, at);
  }

  async #resolve(tx: Tx, row: store.IncidentRow, subject: string, reason: string): Promise<void> {
    const at = new Date(this.#deps.clock.now());
    await store.setResolved(tx, row.id, subject, at, printable(reason, MAX_TITLE));
    await this.#paging.record(tx, row.id, 'resolved', subject, printable(reason, MAX_TITLE));
    for (const child of await store.releaseInhibited(tx, row.id, at)) {
      await this.#paging.record(tx, child, 'released', ITSELF, `${row.id} is over`);
    }
    await this.#paging.tell(tx, row, 'resolved', `resolved: ${row.title} (${reason})`);
  }

  /** Held until the transaction ends. */
  async #live(tx: Tx, id: store.IncidentId): Promise<store.IncidentRow> {
    const row = await store.lockIncident(tx, id);
    if (row === undefined) throw unknown(id);
    if (row.status !== 'resolved') return row;
    throw new PlumblineError(
      'conflict',
      'incidents.over',
      `incident ${id} was resolved at ${row.resolved_at?.toISOString()} by ${row.resolved_by}`,
    );
  }

  #fingerprint(event: string, payload: Json): string {
    return fingerprintOf(event, scopeOf(this.#deps.catalogue.rule(event).scope, payload));
  }
}

const unknown = (id: string): PlumblineError =>
  new PlumblineError('missing', 'incidents.unknown', `there is no incident ${id}`);
