/**
 * Who signs the log's checkpoints. It stands apart from the database, and remembers what it has signed:
 * whoever rewrites the log, be it the database's owner, gets no signature for it.
 */
import type { KeyAlgorithm } from '../tlog/cosignature.ts';
import type { Signer as NoteSigner } from '../tlog/keys.ts';

/** A private key, or something elsewhere (a KMS) that signs with one. Its name is the log's origin. */
export interface LogKey extends NoteSigner {
  /** C2SP signed-note: NAME+ID+BASE64. */
  readonly vkey: string;
}

/** The keys at hand. */
export interface KeyRing {
  keys(): Promise<readonly LogKey[]>;
  /** Durable when it resolves. Absent where keys are made elsewhere. */
  readonly create?: (algorithm: KeyAlgorithm, name: string) => Promise<LogKey>;
  /** Forgets the private half for good. */
  readonly destroy?: (vkey: string) => Promise<void>;
}

/** A key and the tree sizes of the checkpoints that bear its signature. */
export interface PublishedKey {
  readonly vkey: string;
  readonly from: number;
  /** null: it signs on. */
  readonly until: number | null;
}

export interface SignRequest {
  readonly size: number;
  readonly root: Uint8Array;
  /** Of consistency (RFC 6962), from the size signed last to this one. */
  readonly proof: readonly Uint8Array[];
}

/** What was signed last; size 0 at first. */
export interface Signed {
  readonly size: number;
  readonly root: Buffer;
  /** The signed note; absent before the first, and where a process died before it could sign. */
  readonly checkpoint?: string;
}

export interface LogSigner {
  readonly origin: string;
  last(): Promise<Signed>;
  /**
   * The signed checkpoint; the same one for what was signed last. What it has signed is on the disk before
   * a signature is made.
   * @throws `audit.rollback`, `audit.fork` (integrity); `audit.signer_state_lost`, `audit.signer_state_corrupt`
   * (integrity); `audit.signer_key_missing` (invalid)
   */
  sign(request: SignRequest): Promise<string>;
  /**
   * Compares a checkpoint from elsewhere with what was signed last. One that bears the signer's signature
   * and is larger means that its state was put back to an older one.
   * @returns whether it bears the signer's signature
   * @throws `audit.signer_state_old`, `audit.fork` (integrity); `audit.note_malformed`, `audit.origin_mismatch` (invalid)
   */
  confront(checkpoint: string): Promise<boolean>;
  /** All keys that have ever signed, oldest first. */
  keys(): Promise<readonly PublishedKey[]>;
  /** What was said of the keys, each a note signed by those that were in force before and after. */
  keyStatements(): Promise<readonly string[]>;
  /** Takes a new key of each kind that is asked for; those in force sign as well until the overlap is over. */
  rotate(options: { readonly overlapMs: number }): Promise<readonly PublishedKey[]>;
}
