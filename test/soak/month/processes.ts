/** The processes of the service as they come and go, on one line of simulated time. */
import { ExchangeRateService, type RatesEvent } from '../../../src/features/rates/service.ts';
import type { RatesSettings } from '../../../src/features/rates/settings.ts';
import { createMemoryCache } from '../../../src/platform/cache/memory.ts';
import type { HttpClient } from '../../../src/platform/http-client/port.ts';
import type { Logger } from '../../../src/platform/telemetry/port.ts';
import { ProcessClock, type Timeline } from '../../support/timeline.ts';
import { Dice } from './dice.ts';
import type { Operation, Plan } from './operations.ts';
import type { Database, SharedCache } from './storage.ts';

export interface Process {
  readonly id: number;
  readonly clock: ProcessClock;
  readonly service: ExchangeRateService;
  /** It has read what was known before, and answers callers. */
  ready: boolean;
}

export interface ProcessesDeps {
  readonly time: Timeline;
  readonly seed: number;
  readonly plan: Plan;
  readonly settings: RatesSettings;
  readonly cache: SharedCache;
  readonly database: Database;
  readonly httpOf: (process: number, clock: ProcessClock) => HttpClient;
  readonly onEvent: (process: number, event: RatesEvent) => void;
  readonly onStart: (process: number) => void;
  readonly onEnd: (process: number) => void;
  /** The cache or the database has gone or come back; the cache may have forgotten everything. */
  readonly onStorage: (forgot: boolean) => void;
}

const silent = (): undefined => undefined;
const SILENT: Logger = {
  ...{ debug: silent, info: silent, warn: silent, error: silent, fatal: silent },
  child: () => SILENT,
};

export class Processes {
  readonly #deps: ProcessesDeps;
  readonly #alive: Process[] = [];
  #wanted: number;
  #started = 0;
  /** Until then none is started: the whole service is being replaced. */
  #pausedUntil = 0;
  #stepped: { readonly clock: ProcessClock | undefined; readonly ms: number } | undefined;

  constructor(deps: ProcessesDeps) {
    this.#deps = deps;
    this.#wanted = deps.plan.usual;
  }

  begin(): void {
    this.#fill();
  }

  /** Those that answer callers. */
  get ready(): readonly Process[] {
    return this.#alive.filter((each) => each.ready);
  }

  /** One that answers callers, or undefined: there is none. */
  pick(dice: Dice): Process | undefined {
    const { ready } = this;
    return ready.length === 0 ? undefined : dice.pick(ready);
  }

  get alive(): number {
    return this.#alive.length;
  }

  do(operation: Operation): void {
    const { time, cache, database, onStorage, plan } = this.#deps;
    switch (operation.kind) {
      case 'processes':
        this.#wanted = operation.count;
        this.#fill();
        for (const each of this.#alive.slice(operation.count)) this.#end(each, false);
        return;
      case 'restart-one': {
        const one = this.#alive[0];
        if (one === undefined) return;
        this.#end(one, operation.killed);
        time.at(time.now + operation.pauseMs, () => this.#fill());
        return;
      }
      case 'restart-all': {
        // What nobody at all remembers cannot be obeyed: something outlives the processes.
        if (plan.shared && !plan.database && cache.state !== 'up') return;
        this.#pausedUntil = time.now + operation.pauseMs;
        for (const each of [...this.#alive]) this.#end(each, operation.killed);
        time.at(this.#pausedUntil, () => this.#fill());
        return;
      }
      case 'cache':
        cache.state = operation.state;
        if (operation.forgets && (plan.database || this.#alive.length > 0)) cache.forget();
        onStorage(operation.forgets);
        return;
      case 'database':
        database.up = operation.up;
        onStorage(false);
        return;
      case 'step':
        this.#stepped = { clock: this.#alive[0]?.clock, ms: operation.ms };
        this.#stepped.clock?.step(operation.ms);
        return;
      case 'step-back':
        this.#stepped?.clock?.step(-this.#stepped.ms);
        this.#stepped = undefined;
        return;
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.#alive.map(({ service }) => service.stop()));
  }

  #fill(): void {
    if (this.#deps.time.now < this.#pausedUntil) return;
    while (this.#alive.length < this.#wanted) this.#start();
  }

  #start(): void {
    const { time, seed, plan, settings, cache, database, httpOf, onEvent, onStart } = this.#deps;
    this.#started += 1;
    const id = this.#started;
    const clock = new ProcessClock(time);
    const service = new ExchangeRateService({
      ...{ clock, settings, log: SILENT },
      random: new Dice(seed, `process ${id}`),
      http: httpOf(id, clock),
      cache: plan.shared ? cache : createMemoryCache({ clock }),
      ...(plan.database ? { sink: database, memory: database } : {}),
      onEvent: (event) => onEvent(id, event),
    });
    const process: Process = { id, clock, service, ready: false };
    this.#alive.push(process);
    onStart(id);
    void service.recall().then(() => {
      if (!this.#alive.includes(process)) return;
      service.start();
      process.ready = true;
    });
  }

  #end(process: Process, killed: boolean): void {
    this.#alive.splice(this.#alive.indexOf(process), 1);
    const gone = (): void => {
      process.clock.kill();
      this.#deps.onEnd(process.id);
    };
    if (killed) gone();
    else void process.service.stop().then(gone);
  }
}
