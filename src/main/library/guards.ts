/**
 * Between the service and what a user brings: whatever goes wrong there is logged, and a rate does not
 * wait for it, still less fail.
 */
import type { OnRatesEvent } from '../../features/rates/engine/events.ts';
import type { QuoteSink, RatesMemory } from '../../features/rates/ports.ts';
import type { Logger } from '../../platform/telemetry/port.ts';

export function guardedSink(sink: QuoteSink, log: Logger): QuoteSink {
  const failed = (error: unknown): void =>
    log.error({ code: 'rates.sink_failed', err: error }, 'a published quote could not be given to the sink');
  return {
    publish: (quote) => {
      try {
        // One that is written as an async function answers with a promise, which may reject.
        Promise.resolve<unknown>(sink.publish(quote)).catch(failed);
      } catch (error) {
        failed(error);
      }
    },
  };
}

export const guardedListener =
  (listener: OnRatesEvent, log: Logger): OnRatesEvent =>
  (event) => {
    const failed = (error: unknown): void =>
      log.error({ code: 'rates.listener_failed', event: event.kind, err: error }, 'a listener failed');
    try {
      Promise.resolve<unknown>(listener(event)).catch(failed);
    } catch (error) {
      failed(error);
    }
  };

/** Its rejections are the service's to log; what it throws becomes one. */
export const guardedMemory = (memory: RatesMemory): RatesMemory => ({
  recall: async () => memory.recall(),
  recallSources: async () => memory.recallSources(),
  rememberSource: async (source, state) => memory.rememberSource(source, state),
});
