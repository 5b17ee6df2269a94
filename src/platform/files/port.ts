/**
 * A folder of a few small files that several processes of one machine may share, for what must never
 * go back: a file is the old one or the new one, never a part of either, and the new one is on the disk
 * before anybody is told.
 */
export interface StateFolder {
  /** For messages. */
  readonly path: string;
  /** Undefined when there is no such file. */
  read(name: string): Promise<string | undefined>;
  /** Replaces the whole file, or makes it; readable by its owner alone. Durable when it resolves. */
  write(name: string, text: string): Promise<void>;
  /** Durable when it resolves; a file that is not there is no fault. */
  remove(name: string): Promise<void>;
  /** Names of files, ascending. */
  list(): Promise<readonly string[]>;
  /**
   * Runs `work` while no other work of this folder runs, in this process or another on this machine; waits its turn.
   * Not to be entered from inside itself.
   * @throws `files.locked` (busy) when the holder does not end
   */
  exclusive<T>(work: () => Promise<T>): Promise<T>;
}
/* Any method but `exclusive` throws `files.unusable` (upstream): no rights, no space, a broken disk. */

/** Files that others put there. */
export interface FileReader {
  /**
   * The whole file; undefined when there is none.
   * @throws `files.too_large`, `files.unreadable` (upstream)
   */
  read(path: string, maxBytes: number): Promise<Uint8Array | undefined>;
}
