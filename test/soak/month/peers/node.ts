/**
 * As RedStone's data nodes do (redstone-finance/redstone-node and redstone-oracles-monorepo@b9dea4f): the
 * median of the sources that answer, dropped where it deviates by more than 2 % from its own values of
 * the last two minutes, or where a source's own time lies more than three minutes back.
 */
import { MINUTE, SECOND } from '../truth.ts';
import { answered, type Figure, median, type Peer, type PeerDeps, Readers } from './peer.ts';

const TIMEOUT_MS = 7 * SECOND;
const INTERVAL_MS = 10 * SECOND;
const RECENT_MS = 2 * MINUTE;
const DEVIATION = 0.02;
const STAMP_MS = 3 * MINUTE;

export class DataNode implements Peer {
  readonly name = 'oracle node';
  readonly boundMs = STAMP_MS;
  readonly #deps: PeerDeps;
  readonly #readers: Readers;
  /** Accepted, oldest first. */
  #recent: readonly { readonly figure: Figure; readonly at: number }[] = [];

  constructor(deps: PeerDeps) {
    this.#deps = deps;
    this.#readers = new Readers(deps, TIMEOUT_MS);
  }

  async ask(): Promise<Figure | undefined> {
    const { clock, key } = this.#deps;
    const last = this.#recent.at(-1);
    if (last !== undefined && clock.monotonic() - last.at < INTERVAL_MS) return last.figure;
    const readers = this.#readers;
    const figures = await answered([readers.gecko(), readers.crossed(), ...(key ? [readers.compare()] : [])]);
    const figure = median(figures.filter(({ at }) => clock.now() - at <= STAMP_MS));
    const at = clock.monotonic();
    this.#recent = this.#recent.filter((each) => at - each.at <= RECENT_MS);
    const recent = median(this.#recent.map((each) => each.figure));
    if (figure === undefined) return undefined;
    if (recent !== undefined && Math.abs(figure.value / recent.value - 1) > DEVIATION) return undefined;
    this.#recent = [...this.#recent, { figure, at }];
    return figure;
  }
}
