/**
 * Speaks when the database is down and nothing can be written anywhere: a line in the log, and a message
 * straight to whoever was named for it. The same thing at most once in a quarter of an hour.
 */
import type { Clock } from '../../kernel/clock.ts';
import type { Logger } from '../../platform/telemetry/port.ts';

export interface Voice {
  readonly name: string;
  /** Never throws; false: it did not get through. */
  say(subject: string, text: string): Promise<boolean>;
}

const AGAIN_MS = 900_000;
/** A database may be restarted without anybody being woken. Milliseconds. */
const PATIENCE_MS = 60_000;

export class LastResort {
  readonly #deps: { readonly clock: Clock; readonly log: Logger; readonly voices: readonly Voice[] };
  readonly #saidAt = new Map<string, number>();
  #downSince: number | undefined;

  constructor(deps: { readonly clock: Clock; readonly log: Logger; readonly voices: readonly Voice[] }) {
    this.#deps = deps;
  }

  /** @param what names the trouble: the same one is not said again at once. @returns who took it */
  async speak(what: string, message: string): Promise<readonly string[]> {
    const { clock, log, voices } = this.#deps;
    const now = clock.monotonic();
    if (now - (this.#saidAt.get(what) ?? Number.NEGATIVE_INFINITY) < AGAIN_MS) return [];
    this.#saidAt.set(what, now);
    log.fatal({ code: 'incidents.last_resort', what }, message);
    const taken: string[] = [];
    for (const voice of voices) if (await voice.say(`[CRITICAL] Plumbline: ${what}`, message)) taken.push(voice.name);
    if (voices.length > 0 && taken.length === 0) {
      this.#saidAt.set(what, now - AGAIN_MS + PATIENCE_MS); // nobody heard: soon again
      log.fatal({ code: 'incidents.last_resort_unheard', what }, 'the last resort reached nobody either');
    }
    return taken;
  }

  /** Is told at each look whether the database answers. */
  async watch(answers: () => Promise<unknown>): Promise<void> {
    const { clock } = this.#deps;
    try {
      await answers();
      this.#downSince = undefined;
    } catch {
      this.#downSince ??= clock.monotonic();
      if (clock.monotonic() - this.#downSince < PATIENCE_MS) return;
      await this.speak(
        'database unreachable',
        `the database has not answered for ${Math.round((clock.monotonic() - this.#downSince) / 1000)} s: no report is made, no incident is written, nobody is told in the usual way`,
      );
    }
  }
}
