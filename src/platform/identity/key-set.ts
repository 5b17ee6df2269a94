/**
 * The provider's public keys: fetched once, again every ten minutes, and at once when a token names a key
 * that is not among them, which is how a provider rotates. Tokens with made-up keys cause no more than one
 * request in half a minute. Where the provider is silent, the keys that are known hold for an hour.
 */
import { createLocalJWKSet, errors, type FlattenedJWSInput, type JWSHeaderParameters } from 'jose';
import { z } from 'zod';
import type { Clock } from '../../kernel/clock.ts';

const FRESH_MS = 10 * 60_000;
const KEPT_MS = 60 * 60_000;
const COOL_MS = 30_000;

const KEYS = z.object({ keys: z.array(z.looseObject({ kty: z.string() })).max(100) });

type Find = ReturnType<typeof createLocalJWKSet>;

interface Known {
  readonly find: Find;
  readonly atMs: number;
}

export class KeySet {
  readonly #clock: Clock;
  readonly #fetch: () => Promise<unknown>;
  #known: Known | undefined;
  #fetching: Promise<Known> | undefined;
  #askedAtMs = Number.NEGATIVE_INFINITY;

  /** @param fetch answers with the key set (RFC 7517) */
  constructor(clock: Clock, fetch: () => Promise<unknown>) {
    this.#clock = clock;
    this.#fetch = fetch;
  }

  /** For jose. @throws what `fetch` throws; `JWKSNoMatchingKey` */
  readonly find = async (header: JWSHeaderParameters, token: FlattenedJWSInput): Promise<Awaited<ReturnType<Find>>> => {
    const known = await this.#current();
    try {
      return await known.find(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey) || this.#clock.monotonic() - this.#askedAtMs < COOL_MS) {
        throw error;
      }
      return await (await this.#ask()).find(header, token);
    }
  };

  async #current(): Promise<Known> {
    const known = this.#known;
    if (known === undefined) return this.#ask();
    const ageMs = this.#clock.monotonic() - known.atMs;
    if (ageMs < FRESH_MS || (ageMs < KEPT_MS && this.#clock.monotonic() - this.#askedAtMs < COOL_MS)) return known;
    try {
      return await this.#ask();
    } catch (error) {
      if (ageMs < KEPT_MS) return known;
      throw error;
    }
  }

  /** Once for all who ask at the same time. */
  #ask(): Promise<Known> {
    this.#askedAtMs = this.#clock.monotonic();
    this.#fetching ??= this.#get().finally(() => {
      this.#fetching = undefined;
    });
    return this.#fetching;
  }

  async #get(): Promise<Known> {
    const keys = KEYS.parse(await this.#fetch());
    const known = { find: createLocalJWKSet(keys), atMs: this.#clock.monotonic() };
    this.#known = known;
    return known;
  }
}
