/** Segments put together in their order: the links, the times and the tree across their borders. */
import { genesisHash } from '../log/leaf.ts';
import { EMPTY_ROOT, HASH_BYTES } from '../tlog/hashing.ts';
import { TILE_WIDTH } from '../tlog/tiles.ts';
import type { Frontier } from '../tlog/tree.ts';
import type { Findings } from './damage.ts';
import { Growth, type GrowthState, type UpperTile } from './growth.ts';
import type { Marks } from './marks.ts';
import type { Segment } from './segment.ts';

interface StreamEnd {
  readonly size: number;
  readonly head: string;
  readonly index: number;
}

export interface StitchState {
  readonly growth: GrowthState;
  readonly streams: readonly (readonly [name: string, end: StreamEnd])[];
  readonly atUs: number;
}

export class Stitch {
  readonly growth: Growth;
  readonly #origin: string;
  readonly #marks: Marks;
  readonly #findings: Findings;
  readonly #streams: Map<string, StreamEnd>;
  #atUs: number;
  #rest: Uint8Array = new Uint8Array(0);
  /** Leaves were missing before: what follows them cannot be compared. */
  #isTorn = false;

  constructor(origin: string, marks: Marks, findings: Findings, state?: StitchState) {
    this.#origin = origin;
    this.#marks = marks;
    this.#findings = findings;
    this.growth = state === undefined ? new Growth() : Growth.of(state.growth);
    this.#streams = new Map(state?.streams);
    this.#atUs = state?.atUs ?? 0;
  }

  state(): StitchState {
    return { growth: this.growth.state(), streams: [...this.#streams], atUs: this.#atUs };
  }

  frontier(): Frontier {
    return this.growth.frontier(this.#rest);
  }

  /** @returns the tiles above the leaves that it fills */
  add(segment: Segment): readonly UpperTile[] {
    for (const damage of segment.damage) this.#findings.add(damage);
    this.#links(segment);
    if (segment.firstAtUs > 0 && segment.firstAtUs < this.#atUs) {
      this.#findings.add({
        kind: 'time-back',
        index: segment.first,
        message: `leaf ${segment.first} is of an earlier time than the leaf before it: ${segment.firstAtUs} after ${this.#atUs}`,
      });
    }
    this.#atUs = Math.max(this.#atUs, segment.atUs);
    const upper: UpperTile[] = [];
    for (let at = 0; at < segment.roots.length; at += HASH_BYTES) {
      this.#check(segment.first + (at / HASH_BYTES) * TILE_WIDTH, TILE_WIDTH, segment);
      upper.push(...this.growth.add(segment.roots.subarray(at, at + HASH_BYTES)));
    }
    this.#check(this.growth.size, segment.rest.length / HASH_BYTES, segment);
    this.#rest = segment.rest;
    return upper;
  }

  #check(start: number, width: number, { marked, rest }: Segment): void {
    const sizes = this.#marks.within(start, start + width);
    if (sizes.length === 0) return;
    const roots = this.growth.roots(
      marked.get(start) ?? rest,
      sizes.map((size) => size - start),
    );
    for (const [at, size] of sizes.entries()) this.#marks.check(size, roots[at] ?? EMPTY_ROOT);
  }

  #links({ streams, isTorn }: Segment): void {
    for (const [name, part] of streams) {
      const before = this.#streams.get(name) ?? { size: 0, head: genesisHash(this.#origin, name), index: -1 };
      if (!this.#isTorn && (part.firstSeq !== before.size || part.previous !== before.head)) {
        const follows =
          before.index < 0 ? 'begin the stream' : `follow leaf ${before.index}, its number ${before.size - 1}`;
        this.#findings.add({
          kind: 'link-broken',
          index: part.firstIndex,
          message: `leaf ${part.firstIndex}, number ${part.firstSeq} of the stream ${name}, does not ${follows}`,
        });
      }
      this.#streams.set(name, { size: part.seq + 1, head: part.head, index: part.index });
    }
    this.#isTorn ||= isTorn;
  }
}
