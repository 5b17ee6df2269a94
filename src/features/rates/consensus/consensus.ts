/**
 * From candidates to one rate. The rate is the median: with fewer liars than half of the routes it
 * lies between honest figures, whatever the liars say. Where there are too few for that, what was last
 * known good decides who is served. Nothing that is in dispute is called anything else.
 */
import { compareRate, type Rate } from '../../../kernel/rate.ts';
import { bpsBetween, gateAt, levelOf } from '../rules.ts';
import type { Agreed, Agreement, Opinion } from './agreement.ts';
import type { Candidate } from './candidates.ts';
import type { Dissent, LastGood, Memory } from './inputs.ts';
import type { PairPolicy, Policy } from './policy.ts';

export interface Consensus {
  /** Absent: too few speak. */
  readonly agreed: Agreed | undefined;
  readonly opinions: readonly Opinion[];
  /** Whoever contradicts, with the time since which they do. */
  readonly dissents: readonly Dissent[];
  /** Sources whose figures were found wrong by others who looked later. */
  readonly dismissed: readonly string[];
  /** Sources whose figures were borne out. */
  readonly borneOut: readonly string[];
  /** The pair's sources should be asked again soon, so that a dispute ends. */
  readonly unsettled: boolean;
}

/** Figures seen within this time of one another are of one moment. */
const ONE_MOMENT_MS = 2_000;

export function consensus(
  pair: PairPolicy,
  candidates: readonly Candidate[],
  memory: Memory,
  policy: Policy,
): Consensus {
  const court = new Court(pair, candidates, memory, policy);
  const central = court.central();
  if (central === undefined || candidates.length < pair.minSources) return court.silence();
  const supporters = candidates.filter((each) => court.agree(each.rate, central.rate));
  if (candidates.length === 1) return court.hearOne(central);
  if (supporters.length * 2 > candidates.length) return court.judge(central, supporters);
  return candidates.length === 2 ? court.hearTwo(central) : court.contest(central);
}

/** One hearing: the pair, its witnesses, and what is remembered. */
class Court {
  readonly #pair: PairPolicy;
  readonly #candidates: readonly Candidate[];
  readonly #memory: Memory;
  readonly #policy: Policy;

  constructor(pair: PairPolicy, candidates: readonly Candidate[], memory: Memory, policy: Policy) {
    this.#pair = pair;
    this.#candidates = candidates;
    this.#memory = memory;
    this.#policy = policy;
  }

  agree(a: Rate, b: Rate): boolean {
    return bpsBetween(a, b) <= this.#pair.agreeBps;
  }

  /**
   * The middle one. Of two in the middle, and of several who say the same, the one whose legs are in no
   * dispute, then the one that stays fresh, then the one that stands first in the order of the specification.
   */
  central(): Candidate | undefined {
    const sorted = [...this.#candidates].sort((a, b) => compareRate(a.rate, b.rate));
    const middle = sorted.slice(Math.ceil(sorted.length / 2) - 1, Math.floor(sorted.length / 2) + 1);
    const same = sorted.filter((each) => middle.some(({ rate }) => compareRate(rate, each.rate) === 0));
    return same.sort((a, b) => this.#rank(a) - this.#rank(b))[0];
  }

  silence(): Consensus {
    const opinions = this.#candidates.map(({ route, rate }) => ({
      route,
      rate,
      verdict: 'silent' as const,
      why: TOO_FEW,
    }));
    return { agreed: undefined, opinions, dissents: [], dismissed: [], borneOut: [], unsettled: false };
  }

  /**
   * A lone witness is believed where it agrees with what more than one has agreed on, as it would have to
   * with another witness; by small steps of its own it comes no further. Beyond that it is served, as far
   * as the truth can have moved since, but nobody bears it out.
   */
  hearOne(witness: Candidate): Consensus {
    const { lastGood } = this.#memory;
    const far = lastGood !== undefined && bpsBetween(witness.rate, lastGood.mid) > this.#gate(lastGood);
    if (far && lastGood.trusted && this.#stands(lastGood)) return this.#contestMemory(lastGood);
    if (witness.disputed) return this.contest(witness);
    const borneOut = lastGood !== undefined && this.agree(witness.rate, lastGood.anchor);
    const proven = borneOut && (lastGood.trusted || lastGood.stoodMs >= this.#policy.probationMs);
    return this.#settle(witness, [witness], proven ? 'single' : 'unverified');
  }

  /**
   * Two who contradict each other. One of them lies, or stands still while the truth has moved: nobody can
   * tell which, so it stays in dispute, and memory decides who is served meanwhile.
   */
  hearTwo(central: Candidate): Consensus {
    const { lastGood } = this.#memory;
    if (lastGood?.trusted !== true || !this.#stands(lastGood)) return this.contest(central);
    const bps = ({ rate }: Candidate): number => bpsBetween(rate, lastGood.mid);
    const nearer = this.#candidates.reduce((one, other) => (bps(other) < bps(one) ? other : one), central);
    return bps(nearer) > this.#gate(lastGood) ? this.#contestMemory(lastGood) : this.contest(nearer);
  }

  /**
   * Whoever contradicts the majority is wrong, or the first to see the truth move: that is settled once
   * those who have looked again since the other one began to contradict are the majority by themselves.
   */
  judge(central: Candidate, supporters: readonly Candidate[]): Consensus {
    const others = this.#candidates.filter((each) => !supporters.includes(each));
    const open = others.some((each) => {
      const since = this.#dissentMs(each) + ONE_MOMENT_MS;
      return supporters.filter(({ seenMs }) => seenMs <= since).length <= others.length;
    });
    if (open) return this.contest(central);
    const sound = supporters.some((each) => !each.disputed);
    return this.#settle(central, supporters, sound ? 'corroborated' : 'contested');
  }

  contest(central: Candidate): Consensus {
    const others = this.#candidates.filter((each) => !this.agree(each.rate, central.rate));
    // Each contradicts the other: who is served may change, and that is no new dispute.
    const parties = others.length === 0 ? [] : this.#candidates;
    const agreed: Agreed = {
      ...{ mid: central.rate, ageMs: central.ageMs, basis: central.basis, figures: central.figures },
      uncertaintyBps: this.#reach(central.rate, this.#candidates),
      agreement: 'contested',
    };
    return {
      agreed,
      opinions: this.#candidates.map((each) =>
        each === central
          ? opinion(each, 'chosen')
          : opinion(each, others.includes(each) ? 'rejected' : 'supports', CONTESTED),
      ),
      dissents: this.#dissents(parties),
      dismissed: [],
      borneOut: [],
      unsettled: this.#unsettled(parties),
    };
  }

  /** Nobody says what was known before: that is served on, until witnesses agree or its gate opens to one. */
  #contestMemory({ mid, ageMs, basis, figures }: LastGood): Consensus {
    const others = this.#candidates.filter((each) => bpsBetween(each.rate, mid) > this.#pair.agreeBps);
    return {
      agreed: {
        ...{ mid, ageMs, basis, figures },
        uncertaintyBps: this.#reach(mid, this.#candidates),
        agreement: 'contested',
      },
      opinions: this.#candidates.map((each) =>
        opinion(each, 'rejected', `${bpsBetween(each.rate, mid)} basis points from the last good rate, unconfirmed`),
      ),
      dissents: this.#dissents(others),
      dismissed: [],
      borneOut: [],
      unsettled: this.#unsettled(others),
    };
  }

  #settle(central: Candidate, supporters: readonly Candidate[], agreement: Agreement): Consensus {
    const others = this.#candidates.filter((each) => !supporters.includes(each));
    // Who looked before the others did may have been right then.
    const oldestLookMs = Math.max(...supporters.map((each) => each.seenMs));
    const wrong = others.filter((each) => each.seenMs <= oldestLookMs + ONE_MOMENT_MS);
    return {
      agreed: {
        ...{
          mid: central.rate,
          ageMs: this.#ageOf(central, supporters),
          basis: central.basis,
          figures: central.figures,
        },
        uncertaintyBps: this.#reach(central.rate, supporters),
        agreement,
      },
      opinions: this.#candidates.map((each) => {
        if (each === central) return opinion(each, 'chosen');
        if (supporters.includes(each)) return opinion(each, 'supports');
        return opinion(
          each,
          'rejected',
          `${bpsBetween(each.rate, central.rate)} basis points from what the others say`,
        );
      }),
      dissents: this.#dissents(others),
      dismissed: wrong.flatMap((each) => each.witnesses),
      borneOut: supporters.flatMap((each) => each.witnesses),
      unsettled: this.#unsettled(others),
    };
  }

  /** A figure whose time is over may still be the middle one. It is as old then as the word of two others for it. */
  #ageOf(central: Candidate, supporters: readonly Candidate[]): number {
    if (levelOf(central.ageMs, this.#policy) !== 'stale') return central.ageMs;
    const ages = supporters.filter((each) => each !== central).map(({ ageMs }) => ageMs);
    const [, second = central.ageMs] = ages.sort((a, b) => a - b);
    return Math.min(central.ageMs, second);
  }

  /** Somebody has had no chance yet to take back a word, since one of these began to contradict. */
  #unsettled(others: readonly Candidate[]): boolean {
    return others.some((other) => this.#candidates.some(({ askedMs }) => askedMs >= this.#dissentMs(other)));
  }

  /** The distance to the furthest of them, with what it is uncertain by itself. */
  #reach(mid: Rate, candidates: readonly Candidate[]): number {
    return Math.max(...candidates.map((each) => bpsBetween(each.rate, mid) + each.uncertaintyBps));
  }

  #rank(candidate: Candidate): number {
    const level = (ageMs: number): number => LEVEL_RANK[levelOf(ageMs, this.#policy)];
    const [now, soon] = [level(candidate.ageMs), level(candidate.ageMs + this.#policy.lookAheadMs)];
    return (candidate.disputed ? 10_000 : 0) + now * 1_000 + soon * 100 + this.#candidates.indexOf(candidate);
  }

  #stands({ ageMs }: LastGood): boolean {
    return ageMs <= this.#policy.memoryMs;
  }

  #gate({ ageMs }: LastGood): number {
    return gateAt(ageMs, this.#pair.gateBps, this.#pair.gatePerRootHourBps);
  }

  /** For how long the route has said about this. A new figure that is far from its last one is a new word. */
  #dissentMs({ route, rate, seenMs }: Candidate): number {
    const known = this.#memory.dissents.find((each) => each.route === route);
    return known !== undefined && this.agree(known.rate, rate) ? Math.max(known.forMs, seenMs) : seenMs;
  }

  #dissents(candidates: readonly Candidate[]): readonly Dissent[] {
    return candidates.map((each) => ({ route: each.route, rate: each.rate, forMs: this.#dissentMs(each) }));
  }
}

const TOO_FEW = 'too few routes speak';
const CONTESTED = 'in dispute: it is not settled yet who is right';

const LEVEL_RANK = { fresh: 0, aging: 1, stale: 2 } as const;

const opinion = ({ route, rate }: Candidate, verdict: Opinion['verdict'], why?: string): Opinion => ({
  route,
  rate,
  verdict,
  why,
});
