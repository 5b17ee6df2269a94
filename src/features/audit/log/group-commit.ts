/**
 * Callers who append at the same time share a commit. Who asks while a group is being committed belongs
 * to the next one: no timer. Few callers go all together; of many there is always one group to commit and
 * one that is made ready meanwhile.
 */
import { setImmediate } from 'node:timers/promises';
import type { LoggedLeaf } from '../store.ts';
import type { Entry } from './batch.ts';
import type { Turns } from './turns.ts';

/** A leaf that is durable, and whether the key had been used for it before. */
export interface Appended {
  readonly leaf: LoggedLeaf;
  readonly replayed: boolean;
}

export interface Waiting {
  readonly entry: Entry;
  readonly resolve: (appended: Appended) => void;
  readonly reject: (error: unknown) => void;
}

/** Callers who wait together. */
export type Group = readonly Waiting[];

export interface GroupCommitDeps<Prepared> {
  /** Shared with all else that appends in this process. */
  readonly turns: Turns;
  /** What can be made of a group ahead of its commit; undefined where the log must be asked first. No I/O. */
  readonly prepare: (group: Group) => Prepared | undefined;
  /** Never throws. @returns what tells the callers; those who are refused have been told */
  readonly commit: (group: Group, prepared: Prepared | undefined) => Promise<() => void>;
}

const MAX_GROUP = 4_096;
/**
 * So many callers and fewer are not parted in two: a second commit costs more than the making that it hides.
 * With 64 callers a leaf took 44 us of PostgreSQL's processor time, and 62 in halves (PostgreSQL 15, medians
 * of four runs each in turn, 20,000 leaves by hash a run); with 1,024 both took 28.
 */
const TOGETHER = 128;

export class GroupCommit<Prepared> {
  readonly #deps: GroupCommitDeps<Prepared>;
  readonly #queue: Waiting[] = [];
  /** The group after the one that is being committed. */
  #next: { readonly group: Group; readonly prepared: Prepared | undefined } | undefined;
  #flushing = false;

  constructor(deps: GroupCommitDeps<Prepared>) {
    this.#deps = deps;
  }

  /** Resolves when the leaf is durable. @throws what the commit of its group refuses it with */
  append(entry: Entry): Promise<Appended> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ entry, resolve, reject });
      if (this.#flushing) return;
      this.#flushing = true;
      this.#takeTurn();
    });
  }

  #takeTurn(): void {
    void this.#deps.turns.take(() => this.#flush());
  }

  /**
   * While the database works on a group, this process tells the callers of the one before, and makes the
   * next; where none is made, the callers are told at once, and may be in the next. Where others wait for the
   * turn it is theirs after each group: callers who never pause starve nobody.
   */
  async #flush(): Promise<void> {
    const { turns, commit } = this.#deps;
    let tell = (): void => undefined;
    do {
      const { group, prepared } = this.#next ?? { group: this.#take(0), prepared: undefined };
      const committed = commit(group, prepared);
      await setImmediate(); // the batch is on its way
      tell();
      await setImmediate(); // who was told may have asked again
      this.#next = this.#prepare(group.length);
      tell = await committed;
      if (this.#next === undefined) {
        tell();
        tell = () => undefined;
        await setImmediate();
      }
    } while (this.#isWanted && !turns.areWanted);
    if (this.#isWanted) this.#takeTurn();
    else this.#flushing = false;
    tell();
  }

  get #isWanted(): boolean {
    return this.#next !== undefined || this.#queue.length > 0;
  }

  /** @param served callers whose commit is under way, who may ask again */
  #take(served: number): Group {
    const callers = served + this.#queue.length;
    return this.#queue.splice(0, callers > TOGETHER ? Math.min(MAX_GROUP, Math.ceil(callers / 2)) : callers);
  }

  #prepare(served: number): { readonly group: Group; readonly prepared: Prepared | undefined } | undefined {
    // What is made before somebody else's turn is made for a log that is another one after it.
    if (this.#deps.turns.areWanted || served + this.#queue.length <= TOGETHER) return undefined;
    const group = this.#take(served);
    if (group.length === 0) return undefined;
    try {
      return { group, prepared: this.#deps.prepare(group) };
    } catch {
      return { group, prepared: undefined }; // it is made again for its commit, which tells them why it cannot be
    }
  }
}
