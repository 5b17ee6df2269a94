/**
 * Callers who append at the same time share a commit. Who asks while a group is being committed belongs
 * to the next one, which is made ready meanwhile: no timer, and always one group to commit and one to make.
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
/** Fewer callers than this are not parted into one group that is committed and one that is made. */
const WORTH_PARTING = 32;

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
   * next. Where others wait for the turn it is theirs after each group: callers who never pause starve nobody.
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
    } while (this.#isWanted && !turns.areWanted);
    if (this.#isWanted) this.#takeTurn();
    else this.#flushing = false;
    tell();
  }

  get #isWanted(): boolean {
    return this.#next !== undefined || this.#queue.length > 0;
  }

  /** Half of those who wait or are being served, so that there is always one group to commit and one to make. */
  #take(served: number): Group {
    const half = Math.ceil((served + this.#queue.length) / 2);
    return this.#queue.splice(0, Math.min(MAX_GROUP, Math.max(WORTH_PARTING, half)));
  }

  #prepare(served: number): { readonly group: Group; readonly prepared: Prepared | undefined } | undefined {
    // What is made before somebody else's turn is made for a log that is another one after it.
    if (this.#queue.length === 0 || this.#deps.turns.areWanted) return undefined;
    const group = this.#take(served);
    try {
      return { group, prepared: this.#deps.prepare(group) };
    } catch {
      return { group, prepared: undefined }; // it is made again for its commit, which tells them why it cannot be
    }
  }
}
