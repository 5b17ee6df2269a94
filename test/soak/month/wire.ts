/** HTTP without a network, in simulated time: the providers' real bodies, after as long as they take. */
import type { Clock } from '../../../src/kernel/clock.ts';
import { PlumblineError } from '../../../src/kernel/errors.ts';
import type { HttpClient } from '../../../src/platform/http-client/port.ts';
import type { Answer } from '../../../src/sandbox/providers/answers.ts';
import { PROVIDERS, type ProviderName } from '../../../src/sandbox/providers/faults.ts';
import type { Dice } from './dice.ts';
import type { Condition, Weather } from './weather.ts';

/** An answer that arrived. */
export interface Delivered {
  readonly status: number;
  readonly condition: Condition;
  /** True time of what it tells. */
  readonly knownAt: number;
  /** For which it asks to be left alone, milliseconds. */
  readonly retryAfterMs: number | undefined;
}

/** Who listens on one process's wire. */
export interface Ears {
  called(provider: ProviderName): void;
  /** Undefined: nothing came in time. */
  answered(provider: ProviderName, delivered: Delivered | undefined): void;
}

export function wire(weather: Weather, dice: Dice, clock: Clock, ears: Ears): HttpClient {
  const latencyMs = (): number => (dice.chance(0.01) ? dice.scaled(400, 5_000) : dice.scaled(25, 400));
  return {
    send: async ({ url, method = 'GET', headers = {}, timeoutMs }) => {
      const [, name = '', path = ''] = /^http:\/\/sim\/([^/]+)(\/.*)$/.exec(url) ?? [];
      const provider = PROVIDERS.find((each) => each === name);
      if (provider === undefined) throw new Error(`no provider at ${url}`);
      ears.called(provider);
      const { answer, condition, knownAt } = weather.answerOf(provider, { method, path, headers });
      const takesMs = latencyMs() + durationOf(answer);
      await clock.sleep(Math.min(takesMs, timeoutMs));
      const late = takesMs >= timeoutMs;
      if (late || answer.kind === 'reset') {
        ears.answered(provider, undefined);
        const code = late ? 'http.timeout' : 'http.transport';
        throw new PlumblineError('upstream', code, `${provider}: ${late ? 'too slow' : 'reset'}`);
      }
      const retryAfter = answer.headers['retry-after'];
      const retryAfterMs = retryAfter === undefined ? undefined : Number(retryAfter) * 1_000;
      ears.answered(provider, { status: answer.status, condition, knownAt, retryAfterMs });
      return { status: answer.status, headers: answer.headers, body: answer.body };
    },
    close: () => Promise.resolve(),
  };
}

const durationOf = (answer: Answer): number =>
  answer.kind === 'reset' ? 0 : answer.delayMs + (answer.drips ? answer.body.length * 1_000 : 0);
