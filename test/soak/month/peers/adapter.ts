/**
 * As Chainlink's external adapters do (smartcontractkit/ea-framework-js v2.18.0, and the medianizer of
 * external-adapters-js): an adapter a source, whose answer is kept for 90 s and then a 504, never stale;
 * above them the median of those that answer, one being enough, without bounds.
 */
import { SECOND } from '../truth.ts';
import { answered, type Figure, median, type Peer, type PeerDeps, Readers } from './peer.ts';

const KEPT_MS = 90 * SECOND;
const TIMEOUT_MS = 30 * SECOND;

export class Adapter implements Peer {
  readonly name = 'external adapter';
  readonly boundMs = KEPT_MS;
  readonly #sources: readonly (() => Promise<Figure>)[];

  constructor(deps: PeerDeps) {
    const readers = new Readers(deps, TIMEOUT_MS);
    const kept = (read: () => Promise<Figure>) => keep(() => deps.clock.monotonic(), read);
    this.#sources = [
      kept(() => readers.gecko()),
      kept(() => readers.crossed()),
      ...(deps.key ? [kept(() => readers.compare())] : []),
    ];
  }

  async ask(): Promise<Figure | undefined> {
    return median(await answered(this.#sources.map((source) => source())));
  }
}

/** One question at a time, and its answer for as long as it is kept. */
function keep(now: () => number, read: () => Promise<Figure>): () => Promise<Figure> {
  let known: { readonly figure: Figure; readonly at: number } | undefined;
  let asking: Promise<Figure> | undefined;
  return () => {
    if (known !== undefined && now() - known.at < KEPT_MS) return Promise.resolve(known.figure);
    asking ??= read()
      .then((figure) => {
        known = { figure, at: now() };
        return figure;
      })
      .finally(() => {
        asking = undefined;
      });
    return asking;
  };
}
