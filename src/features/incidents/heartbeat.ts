/**
 * A sign of life to somebody outside, who alarms when it stays away: what cannot be told by a service that is
 * down is told by its silence.
 */
import type { Clock } from '../../kernel/clock.ts';
import { messageOf } from '../../kernel/errors.ts';
import type { HttpClient } from '../../platform/http-client/port.ts';
import type { Logger } from '../../platform/telemetry/port.ts';

export interface HeartbeatDeps {
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly log: Logger;
  /** Of the one who waits for it, such as healthchecks.io or another monitor. */
  readonly url: string;
  /** Why there is nothing to be said: reports are overdue, the database does not answer; undefined: all is well. */
  readonly trouble: () => Promise<string | undefined>;
}

const EVERY_MS = 60_000;
const TIMEOUT_MS = 10_000;

export class Heartbeat {
  readonly #deps: HeartbeatDeps;
  #sentAt = Number.NEGATIVE_INFINITY;

  constructor(deps: HeartbeatDeps) {
    this.#deps = deps;
  }

  /** Once a minute, and only while all is well. Never throws: that it cannot be sent is seen outside. */
  async run(): Promise<void> {
    const { http, clock, log, url, trouble } = this.#deps;
    if (clock.monotonic() - this.#sentAt < EVERY_MS) return;
    try {
      const reason = await trouble();
      this.#sentAt = clock.monotonic();
      if (reason !== undefined) {
        log.warn(
          { code: 'incidents.heartbeat_held', reason },
          'no sign of life is sent, so that somebody outside looks',
        );
        return;
      }
      const { status } = await http.send({ url, method: 'POST', body: '', timeoutMs: TIMEOUT_MS });
      if (status >= 300) log.warn({ code: 'incidents.heartbeat_refused', status }, 'the sign of life was not taken');
    } catch (error) {
      this.#sentAt = clock.monotonic();
      log.warn(
        { code: 'incidents.heartbeat_failed', err: { message: messageOf(error).split(':')[0] } },
        'the sign of life could not be sent',
      );
    }
  }
}
