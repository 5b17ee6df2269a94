/** What verify-liability.mjs gives to a program that imports it. */

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
