/** The verifiers of docs/verify/, which merchants and auditors read and run by themselves; the console runs the same. */

declare module '*/verify-liability.mjs' {
  /**
   * @param proof as it was given to the merchant, parsed
   * @param key of the platform, as it is published: base64
   * @param merchant whose proof it has to be; the one that it names unless told
   * @throws Error that says what does not hold
   */
  export function verifyLiability(
    proof: unknown,
    key: string,
    merchant?: string,
  ): Promise<{
    readonly ok: true;
    readonly merchant: string;
    readonly asset: string;
    readonly businessDate: string;
    /** In the smallest unit of the asset. */
    readonly owed: string;
  }>;
}

declare module '*/verify-bundle.mjs' {
  /**
   * @param bundle as the service exports it, parsed
   * @param vkey of the log, as its owner has published it: NAME+ID+KEY
   * @returns what was verified, and in `wrong` each thing that does not hold
   * @throws Error where the checkpoint is not signed by that key, or the bundle is none
   */
  export function verifyBundle(
    bundle: unknown,
    vkey: string,
  ): Promise<{
    readonly origin: string;
    /** Of the log that the checkpoint speaks of. */
    readonly size: number;
    readonly entries: number;
    readonly records: number;
    readonly wrong: readonly string[];
  }>;
}
