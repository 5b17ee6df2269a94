/** What the library may be given. Every member may be absent, and is then what its comment says. */
import type { Graph } from '../../features/rates/graph.ts';
import type { QuoteSink, RatesMemory } from '../../features/rates/ports.ts';
import type { Clock, Random } from '../../kernel/clock.ts';
import type { HttpClient } from '../../platform/http-client/port.ts';
import type { Logger } from '../../platform/telemetry/port.ts';
import type { SourceDefinition } from './sources.ts';

export interface ExchangeRateServiceOptions {
  /**
   * `redis://user:password@host:6379/0`, or `rediss://`: Redis 7 or Valkey, in which all processes share
   * what they find and keep to the providers' quotas together. It may be down at any time. Default: the
   * memory of this process.
   */
  readonly redisUrl?: string | undefined;
  /**
   * The graph of rates, as text (of the form that `books/rates.yaml` explains) or from `parseGraph`: whom
   * to ask, and how the answers become a rate. Default: the reference graph, which is that file.
   */
  readonly graph?: string | Graph | undefined;
  /** By source: address, key, quota. Default: the graph's own, or its public address and no key. */
  readonly sources?: { readonly [source: string]: SourceAccess | undefined } | undefined;
  /**
   * Providers of your own, beside the built-in ones. With the reference graph each is a further route of
   * every pair that it observes; a graph of yours has to name them. Default: none.
   */
  readonly definitions?: readonly SourceDefinition[] | undefined;
  /** Times and thresholds. */
  readonly options?: Tuning | undefined;
  /** Is given every quote that this process publishes. Default: nobody is. */
  readonly sink?: QuoteSink | undefined;
  /**
   * What outlives the process and Redis: the last good rates and the spent quotas, which are read before
   * the first answer. What it is given, bigints among it, `node:v8` can serialize. Default: nothing does.
   */
  readonly memory?: RatesMemory | undefined;
  /** pino, or anything of its shape. Default: silent. */
  readonly log?: Logger | undefined;
  /** For tests. Default: the machine's. */
  readonly clock?: Clock | undefined;
  /** For tests. Default: the machine's. */
  readonly random?: Random | undefined;
  /** How providers are asked; whoever brings it closes it. Default: undici, with connections of its own. */
  readonly http?: HttpClient | undefined;
}

export interface SourceAccess {
  /** Where it is asked, https or http. Default: the graph's, else its public address. */
  readonly url?: string | undefined;
  /** Default: that of the graph's `api_key_file`, else none. CryptoCompare is not asked without one. */
  readonly apiKey?: string | undefined;
  /** Calls that the plan includes in a month, which all processes together keep to. Default: the graph's, else its free plan's. */
  readonly monthlyCalls?: number | undefined;
}

export interface Tuning {
  /** Age up to which a rate is `fresh`, milliseconds. Default: 300,000. */
  readonly freshMs?: number | undefined;
  /** Age up to which a rate is `aging`, and `stale` beyond, milliseconds. Default: 1,800,000. */
  readonly agingMs?: number | undefined;
  readonly maxAgeMs?:
    | {
        /** Age past which a rate is refused for purpose `quote`, milliseconds. Default: 86,400,000. */
        readonly quote?: number | undefined;
        /** Age past which a rate is refused for purpose `reconcile`, milliseconds. Default: 86,400,000. */
        readonly reconcile?: number | undefined;
        /** Age past which a rate is refused for purpose `display`, milliseconds. Default: never. */
        readonly display?: number | undefined;
      }
    | undefined;
  /** Time that a caller waits where memory has nothing, retries included, milliseconds. Default: 2,500. */
  readonly deadlineMs?: number | undefined;
  /** Time after which a caller takes one witness's word rather than wait for a second, milliseconds. Default: 150. */
  readonly patienceMs?: number | undefined;
  /** Time that one call of a source may take, milliseconds. Default: 1,500. */
  readonly attemptTimeoutMs?: number | undefined;
  /** Further attempts for a caller who waits, where the failure is worth one. Default: 1. */
  readonly retries?: number | undefined;
  /** The pause after a first failure, which doubles with each in a row, milliseconds. Default: 250. */
  readonly retryMs?: number | undefined;
  /** Least time between two calls of a source, however urgent, milliseconds. Default: 5,000. */
  readonly urgentMs?: number | undefined;
  readonly breaker?:
    | {
        /** Consecutive failures that open a source's circuit breaker. Default: 5. */
        readonly failureThreshold?: number | undefined;
        /** Time that it stays open before one probe, milliseconds. Default: 60,000. */
        readonly openMs?: number | undefined;
      }
    | undefined;
  /** Pause after a 429 that does not say how long, milliseconds. Default: 60,000. */
  readonly rateLimitedHoldMs?: number | undefined;
  /** Pause after a refusal (401, 403, 451), milliseconds. Default: 900,000. */
  readonly refusedHoldMs?: number | undefined;
  /** Least half of the distance between bid and ask, basis points, for every pair. Default: the graph's, by pair. */
  readonly halfSpreadBps?: number | undefined;
  /** Time for which a quote may be used after the answer, milliseconds. Default: 60,000. */
  readonly quoteLifetimeMs?: number | undefined;
  readonly publish?:
    | {
        /** Movement that is worth publishing at once, basis points. Default: 1. */
        readonly moveBps?: number | undefined;
        /** Time after which a rate that has not moved is published again, milliseconds. Default: 60,000. */
        readonly heartbeatMs?: number | undefined;
      }
    | undefined;
  /** Time for which a lone witness, with nothing to compare it to, has to stand until it is trusted, milliseconds. Default: 600,000. */
  readonly probationMs?: number | undefined;
  /** Interval at which what other processes found is looked for after `start()`, milliseconds. Default: 1,000. */
  readonly syncMs?: number | undefined;
  /** How many processes may share a quota while Redis cannot be asked, so that nobody can be counted. Default: 8. */
  readonly assumedProcesses?: number | undefined;
  /** Time for which Redis keeps what nobody changes, milliseconds. Default: 3,024,000,000 (35 days). */
  readonly cacheTtlMs?: number | undefined;
}
