/** Who is told of an incident, again and further up, until somebody answers. */
import type { Json } from '../../kernel/canonical.ts';
import type { Clock, Random } from '../../kernel/clock.ts';
import { newId } from '../../kernel/ids.ts';
import type { Db, Tx } from '../../platform/db/port.ts';
import type { Logger } from '../../platform/telemetry/port.ts';
import type { Catalogue, Rule } from './catalogue.ts';
import type { Page, Pager } from './ports.ts';
import { nextPage, stepAt } from './rules.ts';
import * as store from './store.ts';

export interface IncidentDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly catalogue: Catalogue;
  readonly pager: Pager;
  /** Hears that an incident was told: which step of its rule, from 1. */
  readonly onPaged?: ((severity: store.Severity, step: number) => void) | undefined;
}

const ITSELF = 'plumbline';
/** When nobody at all could be told, it is tried again after this: somebody may have been added. Milliseconds. */
const UNHEARD_MS = 300_000;

type Resolve = (tx: Tx, row: store.IncidentRow, reason: string) => Promise<void>;

export class Paging {
  readonly #deps: IncidentDeps;

  constructor(deps: IncidentDeps) {
    this.#deps = deps;
  }

  /** Everything whose time has come, each in a transaction of its own. @returns how many */
  async run(resolve: Resolve, signal?: AbortSignal): Promise<number> {
    const { db, clock } = this.#deps;
    let done = 0;
    while (signal?.aborted !== true) {
      const now = clock.now();
      const heard = await db.transaction({}, async (tx) => {
        const row = await store.takeDue(tx, new Date(now));
        return row === undefined ? undefined : { row, heard: await this.due(tx, row, now) };
      });
      if (heard === undefined) break;
      if (!heard.heard) this.#unheard(heard.row);
      done += 1;
    }
    return done + (await this.#endQuiet(resolve, signal));
  }

  /** One whose time has come, held by the transaction. @returns false where nobody could be told */
  async due(tx: Tx, row: store.IncidentRow, now: number): Promise<boolean> {
    const at = new Date(now);
    if (row.status === 'acknowledged') {
      await store.setLoudAgain(tx, row.id, at);
      await this.record(
        tx,
        row.id,
        'acknowledgement_expired',
        ITSELF,
        `it lasts still, since ${row.opened_at.toISOString()}`,
      );
      return true;
    }
    const rule = this.#deps.catalogue.rule(row.event_type);
    const silence = rule.maySilence ? await store.silenceOf(tx, row, at) : undefined;
    if (silence !== undefined) {
      await store.setNextPage(tx, row.id, silence.ends_at);
      await this.record(
        tx,
        row.id,
        'silenced',
        silence.created_by,
        `until ${silence.ends_at.toISOString()}: ${silence.reason}`,
      );
      return true;
    }
    // Others of its kind that wait for their first page are told with it.
    const group = row.step === -1 && rule.groupMs > 0 ? await store.takeGroup(tx, row.group_key, row.id) : [];
    return this.#page(tx, rule, row, group, now);
  }

  /** A message to those who were told of it, which needs no answer. */
  async tell(tx: Tx, row: store.IncidentRow, what: string, message: string): Promise<void> {
    if (row.pages === 0) return;
    const rule = this.#deps.catalogue.rule(row.event_type);
    await this.#deps.pager.notify(tx, {
      ...{ key: `incident/${row.id}/${what}/${row.pages}`, event: row.event_type, severity: row.severity, message },
      ...{ data: row.payload, teams: teamsOf(rule, row.step), urgency: 'message', incident: about(row) },
    });
  }

  /** Information that is no incident, and that its first team wants to have. */
  async tellOnce(
    tx: Tx,
    rule: Rule,
    { key, event, message, payload }: Pick<Page, 'key' | 'event' | 'message'> & { readonly payload: Json },
  ): Promise<void> {
    await this.#deps.pager.notify(tx, {
      ...{ key, event, severity: 'info', message, data: payload, teams: teamsOf(rule, 0), urgency: 'message' },
      incident: null,
    });
  }

  async record(
    tx: Tx,
    id: store.IncidentId,
    kind: store.EventKind,
    subject: string,
    text: string,
    step: number | null = null,
  ): Promise<void> {
    const { clock, random } = this.#deps;
    await store.insertEvent(tx, {
      ...{ id: newId<'incident-event'>(clock, random), incident_id: id, at: new Date(clock.now()) },
      ...{ kind, subject, text, step },
    });
  }

  async #page(
    tx: Tx,
    rule: Rule,
    row: store.IncidentRow,
    group: readonly store.IncidentRow[],
    now: number,
  ): Promise<boolean> {
    let step = Math.max(row.step, stepAt(rule, row.stepping_from.getTime(), now));
    const title =
      group.length === 0
        ? row.title
        : `${group.length + 1} incidents: ${[row, ...group].map((each) => each.title).join('; ')}`;
    let heard = 0;
    for (;;) {
      const told = await this.#deps.pager.notify(tx, {
        ...{ key: `incident/${row.id}/page/${row.pages + 1}/${step}`, event: row.event_type, severity: row.severity },
        message:
          row.pages === 0 ? title : `still open, for ${minutesSince(row, now)} min, ${row.count} times: ${title}`,
        ...{ data: row.payload, teams: teamsOf(rule, step), urgency: rule.urgency, incident: about(row) },
      });
      heard = told.queued.filter(({ status }) => status === 'pending').length + told.known;
      // Where nobody hears, nobody waits for the next step.
      if (heard > 0 || step + 1 >= rule.steps.length) break;
      step += 1;
    }
    for (const each of [row, ...group]) {
      const next =
        nextPage(rule, each.stepping_from.getTime(), step, now) ?? (heard === 0 ? now + UNHEARD_MS : undefined);
      await store.setPaged(tx, each.id, { step, nextPageAt: next === undefined ? null : new Date(next) });
      const text =
        heard === 0
          ? 'nobody could be told: no endpoint of the teams wants it'
          : `${heard} told: ${teamsOf(rule, step).join(', ')}`;
      await this.record(tx, each.id, heard === 0 ? 'unheard' : 'paged', ITSELF, text, step);
    }
    if (heard > 0) this.#deps.onPaged?.(row.severity, step + 1);
    return heard > 0;
  }

  async #endQuiet(resolve: Resolve, signal: AbortSignal | undefined): Promise<number> {
    const { db, clock, catalogue } = this.#deps;
    let done = 0;
    for (const [event, { quietMs }] of catalogue.events) {
      if (quietMs === null) continue;
      for (let found = true; found && signal?.aborted !== true; ) {
        found = await db.transaction({}, async (tx) => {
          const row = await store.takeQuiet(tx, event, new Date(clock.now() - quietMs));
          if (row === undefined) return false;
          await resolve(tx, row, `it was not seen again since ${row.last_seen_at.toISOString()}`);
          return true;
        });
        if (found) done += 1;
      }
    }
    return done;
  }

  #unheard(row: store.IncidentRow): void {
    this.#deps.log.fatal(
      { code: 'incidents.unheard', id: row.id, event: row.event_type },
      `nobody could be told of an incident: add endpoints to its teams (plumbline notifications endpoints add): ${row.title}`,
    );
  }
}

/** Those of the step and of all before it. */
const teamsOf = ({ steps }: Rule, step: number): readonly string[] => [
  ...new Set(steps.slice(0, Math.max(0, step) + 1).flatMap(({ teams }) => teams)),
];

const about = (row: store.IncidentRow) => ({
  id: row.id,
  count: String(row.count),
  opened_at: row.opened_at.toISOString(),
});

const minutesSince = (row: store.IncidentRow, now: number): number =>
  Math.floor((now - row.opened_at.getTime()) / 60_000);
