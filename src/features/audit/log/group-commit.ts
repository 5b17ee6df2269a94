/**
 * Callers who append at the same time share a commit. Who asks while a group is being committed belongs
 * to the next one: no timer. Few callers go all together; of many there are always two groups, of which one is
 * committed and the other is made, and sent behind it.
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
  /**
   * What can be made of a group for the log as the group before will leave it; undefined where that must be waited
   * for. No I/O.
   */
  readonly prepare: (group: Group) => Prepared | undefined;
  /** Never throws. @returns what tells the callers; those who are refused have been told */
  readonly commit: (group: Group, prepared: Prepared | undefined) => Promise<() => void>;
}

/** A group whose commit is under way. */
interface Committing {
  readonly size: number;
  readonly committed: Promise<() => void>;
}

const MAX_GROUP = 4_096;
/**
 * So many callers and fewer are not parted in two: a second commit costs more than the work that it hides. Leaves a
 * second in halves and together: 10,600 and 12,300 with 16 callers, 18,300 both with 32, 29,100 and 24,100 with 64
 * (PostgreSQL 15, two processors, means of two runs each in turn).
 */
const TOGETHER = 32;

export class GroupCommit<Prepared> {
  readonly #deps: GroupCommitDeps<Prepared>;
  readonly #queue: Waiting[] = [];
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
   * While the database works on a group, this process tells the callers of the one before, makes the next, and
   * sends it; where none is made, the callers are told at once, and may be in the next. Where others wait for the
   * turn it is theirs after what is under way: callers who never pause starve nobody.
   */
  async #flush(): Promise<void> {
    const { turns } = this.#deps;
    let tell = nobody;
    let group: Committing | undefined = this.#commit(this.#take(0), undefined);
    while (group !== undefined) {
      await setImmediate(); // the batch is on its way
      tell();
      await setImmediate(); // who was told may have asked again
      const behind = this.#sendBehind(group);
      tell = await group.committed;
      if (behind === undefined) {
        tell();
        tell = nobody;
        await setImmediate();
      }
      group =
        behind ?? (this.#queue.length > 0 && !turns.areWanted ? this.#commit(this.#take(0), undefined) : undefined);
    }
    if (this.#queue.length > 0) this.#takeTurn();
    else this.#flushing = false;
  }

  #commit(group: Group, prepared: Prepared | undefined): Committing {
    return { size: group.length, committed: this.#deps.commit(group, prepared) };
  }

  /** @param served callers whose commit is under way, who may ask again */
  #take(served: number): Group {
    const callers = served + this.#queue.length;
    return this.#queue.splice(0, callers > TOGETHER ? Math.min(MAX_GROUP, Math.ceil(callers / 2)) : callers);
  }

  #sendBehind({ size }: Committing): Committing | undefined {
    if (this.#deps.turns.areWanted || size + this.#queue.length <= TOGETHER) return undefined;
    const group = this.#take(size);
    const prepared = group.length === 0 ? undefined : this.#prepare(group);
    if (prepared !== undefined) return this.#commit(group, prepared);
    this.#queue.unshift(...group);
    return undefined;
  }

  #prepare(group: Group): Prepared | undefined {
    try {
      return this.#deps.prepare(group);
    } catch {
      return undefined; // it is made again for its commit, which tells them why it cannot be
    }
  }
}

const nobody = (): void => undefined;
