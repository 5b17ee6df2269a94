/**
 * A call that takes longer than its source's usually do has a stand-in at once: the next source in
 * order that has a say in the same pairs is asked ahead of its turn, within a budget. A source whose
 * calls are counted by the month is never the stand-in: it has none to spare for that.
 */
import { pairName } from '../../../kernel/rate.ts';
import { HedgeBudget } from './latency.ts';
import type { SourceRunner } from './source-runner.ts';

export interface HedgerDeps {
  /** In the order of the graph. */
  readonly runners: readonly SourceRunner[];
  /** Asks ahead of its turn, and evaluates what is read. Never rejects. */
  readonly ask: (runner: SourceRunner) => Promise<void>;
  readonly onHedge: (slow: string, instead: string) => void;
}

export class Hedger {
  readonly #deps: HedgerDeps;
  readonly #budget = new HedgeBudget();

  constructor(deps: HedgerDeps) {
    this.#deps = deps;
  }

  /** A call was made in its turn. */
  earn(): void {
    this.#budget.earn();
  }

  slow(name: string): void {
    const { runners, ask, onHedge } = this.#deps;
    const at = runners.findIndex((each) => each.name === name);
    const slow = runners[at];
    if (slow === undefined) return;
    const pairs = slow.source.definition.pairs.map(pairName);
    const inOrder = [...runners.slice(at + 1), ...runners.slice(0, at)];
    const standsIn = ({ source }: SourceRunner): boolean =>
      source.rules.pace === undefined && source.definition.pairs.some((pair) => pairs.includes(pairName(pair)));
    const next = inOrder.find((each) => standsIn(each) && each.mayBeAsked('urgent'));
    if (next === undefined || !this.#budget.spend()) return;
    onHedge(name, next.name);
    void ask(next);
  }
}
