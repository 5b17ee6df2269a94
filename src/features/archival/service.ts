/** Archival: rows that are old enough go to cold storage, verified, and a pointer with their hash stays. */
import type { Clock, Random } from '../../kernel/clock.ts';
import { PlumblineError } from '../../kernel/errors.ts';
import { isUuid, uuidv7 } from '../../kernel/ids.ts';
import type { ColdQuery } from '../../platform/cold-query/port.ts';
import type { Db, Tx } from '../../platform/db/port.ts';
import type { ColdStore } from '../../platform/objects/cold-port.ts';
import type { Logger } from '../../platform/telemetry/port.ts';
import type { NewHold } from './holds/hold.ts';
import { Holds, type HoldView } from './holds/holds.ts';
import { makePlan, type Plan } from './plan/plan.ts';
import type { Prices } from './plan/prices.ts';
import { readTable, type TableFacts } from './plan/store-table.ts';
import { subjectOf } from './plan/subject.ts';
import { type Lag, lagOf, type Saving, savingOf } from './plan/summary.ts';
import { pointerId } from './pointers/key.ts';
import { findPointers, type Pointer } from './pointers/store.ts';
import { assertSensible, inWindow, type Policy, type VersionedPolicy } from './policies/policy.ts';
import * as policies from './policies/store.ts';
import { type DeletionPermit, insertPermit, mayDelete } from './policies/store-permits.ts';
import type { ManifestLog, Notices } from './ports.ts';
import { type Asked, type ColdAnswer, queryArchive } from './query/query.ts';
import { type Rebuilding, rebuildCatalogue } from './rebuild/rebuild.ts';
import type { S3Event } from './restore/events.ts';
import { type ReadRecord, readRecord } from './restore/read.ts';
import type { RestoreRequest } from './restore/request.ts';
import { Restores, type RestoreView } from './restore/restores.ts';
import type { Batch } from './run/batch.ts';
import { performRun } from './run/runner.ts';
import { Spool } from './run/spool.ts';
import * as batches from './run/store-batches.ts';
import * as runs from './run/store-runs.ts';
import { type BegunChecksums, beginChecksums, type ChecksumVerdict, readChecksums } from './verify/checksums.ts';
import { type TellingDeps, tellReconciled, tellVerdicts } from './verify/raise.ts';
import { type Reconciled, reconcileArchive } from './verify/reconcile.ts';
import { type BatchVerdict, verifyBatch } from './verify/verify.ts';

export interface ArchivalDeps {
  readonly db: Db;
  /** Opened on first use: a service that archives nothing needs no store. */
  readonly cold: () => Promise<ColdStore>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Where objects are made before they are stored. */
  readonly spoolFolder: string;
  readonly prices: Prices;
  /** Whose prices are reckoned with. */
  readonly region: string;
  readonly manifests: ManifestLog;
  /** What answers questions over archived rows. */
  readonly query: ColdQuery;
  /** Who hears of damage, and of restores that are ready; nobody unless told. */
  readonly notices?: Notices;
  /** Whether two people have to permit the first deletion of a table's rows; not unless told. */
  readonly permitsRequired?: boolean;
}

export interface ArchiveSummary {
  /** Of the policies that are enabled. */
  readonly tables: readonly Lag[];
  readonly saving: Saving;
  readonly prices: Pick<Prices, 'currency' | 'dated'>;
}

export interface ArchivedRow {
  readonly pointer: Pointer;
  readonly batch: Batch;
}

export class ArchivalService {
  readonly restores: Restores;
  readonly holds: Holds;
  readonly #deps: ArchivalDeps;
  readonly #spool: Spool;
  readonly #stopping = new AbortController();
  readonly #running = new Set<Promise<void>>();

  constructor(deps: ArchivalDeps) {
    this.#deps = deps;
    this.#spool = new Spool(deps.spoolFolder);
    this.restores = new Restores(deps);
    this.holds = new Holds(deps);
  }

  /**
   * Archived rows back: the request is priced, written and asked of the store, and followed by a job.
   * @param options `maxCost`: a decimal; where the quote is above it, nothing is done
   * @throws as `Restores.initiate`
   */
  initiateRestore(
    request: RestoreRequest,
    options: { readonly by: string; readonly maxCost?: string | undefined },
  ): Promise<RestoreView> {
    return this.restores.initiate(request, options.by, options.maxCost);
  }

  /** S3 says that objects can be read. @returns how many of them are waited for: those are looked at, in this process */
  async hint(event: S3Event): Promise<number> {
    const { waiting, looked } = await this.restores.hint(event);
    this.#keep(looked);
    return waiting;
  }

  /** One archived row, by one range of its object, with its proof. @throws as `find` and `readRecord` */
  async read(name: string, key: string): Promise<ReadRecord> {
    const [newest] = await this.find(name, key);
    if (newest === undefined) throw noRow(name, key);
    const { db, cold } = this.#deps;
    return readRecord({ db, cold: await cold() }, newest.batch.table, newest, key);
  }

  /**
   * The table's policy from now on, a new version of it.
   * @throws `archive.policy_invalid`, `archive.table_unfit` (invalid), `archive.table_unknown` (missing),
   *   `objects.unfit` (invalid) where retention is asked of a store that cannot keep it
   */
  async setPolicy(name: string, policy: Policy, by: string): Promise<VersionedPolicy> {
    const { table } = await this.preparePolicy(name, policy);
    return this.#deps.db.transaction({}, (tx) => this.writePolicy(tx, table, policy, by));
  }

  /** Whether it could be set, and what it would take the place of. @throws as `setPolicy` */
  async preparePolicy(
    name: string,
    policy: Policy,
  ): Promise<{ readonly table: string; readonly inForce: VersionedPolicy | undefined }> {
    assertSensible(policy);
    const facts = await this.#table(name);
    subjectOf(facts, policy);
    if (policy.retention !== null || policy.legal_hold) await (await this.#deps.cold()).check({ retention: true });
    const [inForce] = await policies.readPolicies(this.#deps.db.sql, facts.quoted);
    return { table: facts.quoted, inForce };
  }

  /** One that was prepared. */
  writePolicy(tx: Tx, table: string, policy: Policy, by: string): Promise<VersionedPolicy> {
    return policies.insertPolicy(tx, { table, policy, by, at: new Date(this.#deps.clock.now()) });
  }

  /**
   * The policy by which a table's rows would be deleted, and whether they may be.
   * @throws `archive.table_unknown`, `archive.policy_unknown` (missing)
   */
  async deletion(
    name: string,
  ): Promise<{ readonly table: string; readonly inForce: VersionedPolicy; readonly permitted: boolean }> {
    const facts = await this.#table(name);
    const inForce = await this.#policy(facts);
    return { table: facts.quoted, inForce, permitted: await mayDelete(this.#deps.db.sql, facts.quoted) };
  }

  /** @throws `archive.deletion_permitted` (conflict): it is already */
  async permitDeletion(tx: Tx, permit: Omit<DeletionPermit, 'at'>): Promise<void> {
    if (await insertPermit(tx, { ...permit, at: new Date(this.#deps.clock.now()) })) return;
    const message = `rows of ${permit.table} may be deleted already`;
    throw new PlumblineError('conflict', 'archive.deletion_permitted', message);
  }

  /** Rows of a table that has a policy are kept where they are. @throws as `versions` and `Holds.place` */
  async hold(wanted: NewHold, by: string): Promise<HoldView> {
    const facts = await this.#table(wanted.table);
    const { policy } = await this.#policy(facts);
    return this.holds.place(wanted, subjectOf(facts, policy), by);
  }

  /** The newest version of each. */
  policies(): Promise<readonly VersionedPolicy[]> {
    return policies.readPolicies(this.#deps.db.sql);
  }

  /** All versions of a table's policy, newest first. @throws `archive.table_unknown`, `archive.policy_unknown` (missing) */
  async versions(name: string): Promise<readonly VersionedPolicy[]> {
    const facts = await this.#table(name);
    const versions = await policies.readVersions(this.#deps.db.sql, facts.quoted);
    if (versions.length === 0) throw noPolicy(facts.quoted);
    return versions;
  }

  /** @param policy another than the one in force, to see what it would do. @throws as `versions`, `archive.policy_invalid` */
  async plan(name: string, policy?: Policy): Promise<Plan> {
    const facts = await this.#table(name);
    const planned = policy ?? (await this.#policy(facts)).policy;
    assertSensible(planned);
    const { db, prices, region, clock } = this.#deps;
    return makePlan(db, { facts, policy: planned, prices, region, now: clock.now() });
  }

  /** How far it is behind, and what it saves: for whoever looks again and again. */
  async summary(): Promise<ArchiveSummary> {
    const { db, prices, region, clock } = this.#deps;
    const deps = { db, prices, region, now: clock.now() };
    return { tables: await lagOf(deps, await this.policies()), saving: await savingOf(deps), prices };
  }

  /**
   * Begins to archive a table and answers at once; it goes on in this process.
   * @throws `archive.table_unknown`, `archive.policy_unknown` (missing), `archive.table_unfit` (invalid),
   *   `archive.running` (busy), `archive.deletion_unpermitted` (denied), as the store's `check`
   */
  async start(name: string, by: string): Promise<runs.RunRow> {
    const { run, ended } = await this.#begin(name, by, false);
    this.#keep(ended);
    return run;
  }

  /** Archives every table whose policy is enabled and in its window, one after the other. */
  async runScheduled(signal?: AbortSignal): Promise<void> {
    const { clock, log } = this.#deps;
    for (const { table, policy } of await this.policies()) {
      if (signal?.aborted === true || this.#stopping.signal.aborted) return;
      if (!policy.enabled || !inWindow(policy, clock.now())) continue;
      try {
        const { ended } = await this.#begin(table, 'schedule', true, signal);
        this.#keep(ended);
        await ended;
      } catch (error) {
        log.error({ code: 'archive.not_started', table, err: error }, 'a table could not be archived');
      }
    }
  }

  /** @throws `archive.run_unknown` (missing), `archive.run_ended` (conflict) */
  async control(id: string, wanted: runs.Wanted): Promise<runs.RunRow> {
    const { db } = this.#deps;
    const set = isUuid(id) ? await runs.setWanted(db.sql, id, wanted) : undefined;
    if (set !== undefined) return set;
    const run = await this.run(id);
    throw new PlumblineError('conflict', 'archive.run_ended', `the run ${id} has ended: it is ${run.state}`);
  }

  /** @throws `archive.run_unknown` (missing) */
  async run(id: string): Promise<runs.RunRow> {
    const run = isUuid(id) ? await runs.findRun(this.#deps.db.sql, id) : undefined;
    if (run !== undefined) return run;
    throw new PlumblineError('missing', 'archive.run_unknown', `there is no run ${id.slice(0, 60)}`);
  }

  /** Newest first. */
  runs(limit: number): Promise<readonly runs.RunRow[]> {
    return runs.listRuns(this.#deps.db.sql, limit);
  }

  /** Newest first. */
  batches(query: batches.BatchQuery): Promise<readonly Batch[]> {
    return batches.listBatches(this.#deps.db.sql, query);
  }

  /**
   * Where an archived row is: more than once where it came back and was archived again, the newest first.
   * @param key as the table has it: a UUID, or a whole number. @throws `archive.row_unknown` (missing), `archive.key_malformed` (invalid)
   */
  async find(name: string, key: string): Promise<readonly ArchivedRow[]> {
    const { db } = this.#deps;
    const facts = await readTable(db.sql, name);
    const table = facts?.quoted ?? name; // a table that is gone has its archive still
    const found: ArchivedRow[] = [];
    for (const pointer of await findPointers(db.sql, table, pointerId(key))) {
      const [batch] = await this.batches({ no: pointer.batch, limit: 1 });
      if (batch !== undefined) found.push({ pointer, batch });
    }
    if (found.length > 0) return found;
    throw noRow(table, key);
  }

  /** Batches held against the store; with `bytes`, objects that can be read are read. */
  async *verify(query: batches.BatchQuery, options: { readonly bytes: boolean }): AsyncIterable<BatchVerdict> {
    const deps = { db: this.#deps.db, cold: await this.#deps.cold() };
    const stored: batches.BatchQuery['states'] = ['verified', 'committing', 'committed', 'sealed'];
    const found = await this.batches({ states: stored, ...query });
    const verdicts: BatchVerdict[] = [];
    for (const batch of found) {
      const verdict = await verifyBatch(deps, batch, options);
      verdicts.push(verdict);
      yield verdict;
    }
    const whole = query.no === undefined && query.before === undefined && found.length < query.limit;
    await tellVerdicts(this.#telling(), verdicts, whole);
  }

  /** Has the store read the objects of a table, or all, where they lie. @throws as `beginChecksums` */
  async beginChecksums(name: string | undefined): Promise<BegunChecksums> {
    const { db, cold, clock, random } = this.#deps;
    const table =
      name === undefined ? undefined : ((await readTable(db.sql, name).catch(() => undefined))?.quoted ?? name);
    return beginChecksums({ db, cold: await cold() }, { table, name: uuidv7(clock.now(), random.bytes(10)) });
  }

  /** @returns undefined while the store reads. @throws as `readChecksums` */
  async checksums(job: string): Promise<readonly ChecksumVerdict[] | undefined> {
    const { db, cold } = this.#deps;
    return readChecksums({ db, cold: await cold() }, job);
  }

  /** Database, store, manifests and audit log against each other. */
  async reconcile(): Promise<Reconciled> {
    const { db, cold, manifests } = this.#deps;
    const found = await reconcileArchive({ db, cold: await cold() }, manifests);
    await tellReconciled(this.#telling(), found);
    return found;
  }

  /** A question in SQL over the archived rows that can be read now. @throws as `queryArchive` */
  async query(asked: Asked): Promise<ColdAnswer> {
    const { cold, query: engine, ...deps } = this.#deps;
    return queryArchive({ ...deps, engine, cold: await cold() }, asked);
  }

  /** Batches and pointers that the database does not have, from the store alone. */
  async *rebuild(by: string): AsyncIterable<Rebuilding> {
    const { db, cold, clock } = this.#deps;
    yield* rebuildCatalogue({ db, cold: await cold(), now: () => clock.now() }, by);
  }

  /** Ends what runs at the next good place; the next run goes on with it. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#running);
  }

  async #begin(
    name: string,
    by: string,
    scheduled: boolean,
    signal?: AbortSignal,
  ): Promise<{ readonly run: runs.RunRow; readonly ended: Promise<void> }> {
    const { db, clock, random } = this.#deps;
    const facts = await this.#table(name);
    const policy = await this.#policy(facts);
    assertSensible(policy.policy);
    const subject = subjectOf(facts, policy.policy);
    if (this.#deps.permitsRequired === true && !(await mayDelete(db.sql, subject.table)))
      throw unpermitted(subject.table);
    const cold = await this.#deps.cold();
    await cold.check({ retention: policy.policy.retention !== null || policy.policy.legal_hold });
    const at = new Date(clock.now());
    const id = uuidv7(clock.now(), random.bytes(10));
    const row = { id, table: subject.table, policyVersion: policy.version, by, at };
    const run = await db.transaction({}, (tx) => runs.insertRun(tx, row));
    if (run === undefined) {
      throw new PlumblineError(
        'busy',
        'archive.running',
        `${subject.table} is being archived already; see it with: plumbline archive runs`,
      );
    }
    const stop = signal === undefined ? this.#stopping.signal : AbortSignal.any([signal, this.#stopping.signal]);
    const ended = performRun(
      { ...this.#deps, cold, spool: this.#spool },
      { run, policy, subject, signal: stop, scheduled },
    );
    return { run, ended };
  }

  #telling(): TellingDeps {
    const { db, clock, notices } = this.#deps;
    return { db, now: () => clock.now(), notices };
  }

  #keep(ended: Promise<void>): void {
    this.#running.add(ended);
    void ended.finally(() => this.#running.delete(ended));
  }

  async #table(name: string): Promise<TableFacts> {
    const facts = await readTable(this.#deps.db.sql, name).catch(() => undefined); // a name that is none
    if (facts !== undefined) return facts;
    throw new PlumblineError(
      'missing',
      'archive.table_unknown',
      `there is no table "${name.slice(0, 80)}" in the database of DATABASE_URL; rows and their pointers change in one transaction, so both are there. Write schema.table`,
    );
  }

  async #policy({ quoted }: TableFacts): Promise<VersionedPolicy> {
    const [policy] = await policies.readPolicies(this.#deps.db.sql, quoted);
    if (policy === undefined) throw noPolicy(quoted);
    return policy;
  }
}

const unpermitted = (table: string): PlumblineError =>
  new PlumblineError(
    'denied',
    'archive.deletion_unpermitted',
    `rows of ${table} would be deleted for the first time, which two people permit: plumbline archive run ${table} asks for it`,
  );

const noRow = (table: string, key: string): PlumblineError =>
  new PlumblineError('missing', 'archive.row_unknown', `no row ${key.slice(0, 60)} of ${table} is archived`);

const noPolicy = (table: string): PlumblineError =>
  new PlumblineError(
    'missing',
    'archive.policy_unknown',
    `${table} has no archive policy; set one: plumbline archive policy set ${table} --column created_at --age 365`,
  );
