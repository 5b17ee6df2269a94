/** When each key was used last: kept in memory, and written now and then, never for the sake of one request. */
import type { Clock } from '../../kernel/clock.ts';
import { messageOf } from '../../kernel/errors.ts';
import type { ApiKeyId } from '../../kernel/ids.ts';
import type { Logger } from '../../platform/telemetry/port.ts';

export interface Use {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly address: string;
}

const EVERY_MS = 60_000;

export class LastUse {
  readonly #clock: Clock;
  readonly #log: Pick<Logger, 'warn'>;
  readonly #write: (uses: ReadonlyMap<ApiKeyId, Use>) => Promise<void>;
  #uses = new Map<ApiKeyId, Use>();
  #cancel: (() => void) | undefined;
  #stopped = false;

  constructor(deps: {
    readonly clock: Clock;
    readonly log: Pick<Logger, 'warn'>;
    readonly write: (uses: ReadonlyMap<ApiKeyId, Use>) => Promise<void>;
  }) {
    this.#clock = deps.clock;
    this.#log = deps.log;
    this.#write = deps.write;
  }

  note(id: ApiKeyId, address: string): void {
    this.#uses.set(id, { at: this.#clock.now(), address });
  }

  start(): void {
    if (this.#stopped) return;
    this.#cancel ??= this.#clock.after(EVERY_MS, () => {
      this.#cancel = undefined;
      void this.flush().finally(() => this.start());
    });
  }

  /** Writes what is left as well. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel?.();
    this.#cancel = undefined;
    await this.flush();
  }

  /** A failure costs a minute's knowledge of when keys were used, and nothing else. */
  async flush(): Promise<void> {
    if (this.#uses.size === 0) return;
    const uses = this.#uses;
    this.#uses = new Map();
    try {
      await this.#write(uses);
    } catch (error) {
      this.#log.warn(
        { code: 'access.last_use_unwritten', keys: uses.size },
        `when keys were used last could not be written: ${messageOf(error)}`,
      );
      for (const [id, use] of uses) if (!this.#uses.has(id)) this.#uses.set(id, use);
    }
  }
}
