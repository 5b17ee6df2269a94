/**
 * A histogram of the time to answer, by method, route and status, in Prometheus' text format. It stands on
 * the way of every request, so it counts into plain numbers and makes text when asked: 0.05 us, where
 * prom-client's, which hashes its labels each time, takes 1 us (a loop of a million, Node 24).
 */
const NAME = 'plumbline_http_request_seconds';
const HELP = 'Time to answer, by route and status';
const BUCKETS = [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10] as const;

interface Times {
  readonly labels: string;
  /** Of each bucket alone; the text adds up. */
  readonly counts: number[];
  count: number;
  sum: number;
}

type ByStatus = Map<number, Times>;

export class RequestTimes {
  readonly #byRoute = new Map<string, Map<string, ByStatus>>();
  readonly #all: Times[] = [];

  observe(method: string, route: string, status: number, seconds: number): void {
    const times = this.#byRoute.get(route)?.get(method)?.get(status) ?? this.#add(method, route, status);
    times.count += 1;
    times.sum += seconds;
    const bucket = BUCKETS.findIndex((bound) => seconds <= bound);
    if (bucket >= 0) times.counts[bucket] = (times.counts[bucket] ?? 0) + 1;
  }

  page(): string {
    return [`# HELP ${NAME} ${HELP}`, `# TYPE ${NAME} histogram`, ...this.#all.flatMap(linesOf), ''].join('\n');
  }

  #add(method: string, route: string, status: number): Times {
    const labels = `method="${escaped(method)}",route="${escaped(route)}",status="${status}"`;
    const times: Times = { labels, counts: BUCKETS.map(() => 0), count: 0, sum: 0 };
    const byMethod = this.#byRoute.get(route) ?? new Map<string, ByStatus>();
    const byStatus = byMethod.get(method) ?? new Map<number, Times>();
    this.#byRoute.set(route, byMethod.set(method, byStatus.set(status, times)));
    this.#all.push(times);
    return times;
  }
}

function linesOf({ labels, counts, count, sum }: Times): readonly string[] {
  let upTo = 0;
  const buckets = BUCKETS.map((bound, index) => {
    upTo += counts[index] ?? 0;
    return `${NAME}_bucket{le="${bound}",${labels}} ${upTo}`;
  });
  return [
    ...buckets,
    `${NAME}_bucket{le="+Inf",${labels}} ${count}`,
    `${NAME}_sum{${labels}} ${sum}`,
    `${NAME}_count{${labels}} ${count}`,
  ];
}

/** https://prometheus.io/docs/instrumenting/exposition_formats/ */
const escaped = (value: string): string =>
  value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
