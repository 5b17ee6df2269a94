/**
 * What the service was configured with, as leaves: one for each part that differs from what was recorded
 * of it last. Of secrets it says that they changed, and nothing else.
 */
import { scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { canonicalJson, type Json } from '../../../kernel/canonical.ts';
import type { Random } from '../../../kernel/clock.ts';
import type { Db } from '../../../platform/db/port.ts';
import type { AuditLog } from '../service.ts';
import { findLeaves, readPayloads } from '../store.ts';
import { changesBetween } from './changes.ts';
import { type KnownSecret, readSecrets, writeSecret } from './store.ts';

const CONFIGURATION_STREAM = 'plumbline.configuration';

export interface ConfigurationPart {
  /** Its record id, such as `settings`. */
  readonly name: string;
  readonly document: Json;
  /** By name, apart from the document; undefined: it is not set. */
  readonly secrets?: Readonly<Record<string, string | undefined>>;
}

export interface ConfigurationDeps {
  readonly log: AuditLog;
  readonly db: Db;
  readonly random: Random;
}

const SALT_BYTES = 16;
const FINGERPRINT_BYTES = 32;

/**
 * Processes that start at once with one configuration record it once. Resolves when it is durable.
 * @param by the process that starts. @returns the names of the parts that were recorded
 */
export const recordConfiguration = (
  deps: ConfigurationDeps,
  parts: readonly ConfigurationPart[],
  by: string,
): Promise<readonly string[]> =>
  deps.db.exclusive('audit/configuration', async () => {
    const known = await readSecrets(deps.db.sql);
    const recorded: string[] = [];
    for (const part of parts) if (await recordPart(deps, part, by, known)) recorded.push(part.name);
    return recorded;
  });

async function recordPart(
  { log, db, random }: ConfigurationDeps,
  { name, document, secrets = {} }: ConfigurationPart,
  by: string,
  known: ReadonlyMap<string, KnownSecret>,
): Promise<boolean> {
  const changed: KnownSecret[] = [];
  const names: string[] = [];
  for (const [secret, value = ''] of Object.entries(secrets)) {
    const before = known.get(`${name} ${secret}`);
    if (before === undefined ? value === '' : await isThat(before, value)) continue;
    names.push(secret);
    const salt = random.bytes(SALT_BYTES);
    changed.push({ name: `${name} ${secret}`, salt, fingerprint: await fingerprintOf(value, salt) });
  }
  const before = await lastOf(db, name);
  if (before !== undefined && canonicalJson(before) === canonicalJson(document) && changed.length === 0) return false;
  await log.configured(name, {
    by,
    changes: before === undefined ? null : changesBetween(before, document),
    secrets: Object.fromEntries(names.map((secret) => [secret, 'changed'])),
    document,
  });
  // After the leaf: where this fails, the next start says it once more.
  for (const secret of changed) await writeSecret(db.sql, secret);
  return true;
}

/** The document that was recorded last; undefined where there is none, or where it is gone. */
async function lastOf(db: Db, name: string): Promise<Json | undefined> {
  const [leaf] = await findLeaves(db.sql, { stream: CONFIGURATION_STREAM, recordId: name, limit: 1 });
  const payload = leaf && (await readPayloads(db.sql, [leaf.index])).get(leaf.index);
  return payload === undefined ? undefined : JSON.parse(payload.record).document;
}

const slowHash = promisify<string, Uint8Array, number, Buffer>(scrypt);

/** Slow, so that nobody finds a weak secret by trying. */
const fingerprintOf = (value: string, salt: Uint8Array): Promise<Buffer> => slowHash(value, salt, FINGERPRINT_BYTES);

const isThat = async ({ salt, fingerprint }: KnownSecret, value: string): Promise<boolean> =>
  timingSafeEqual(await fingerprintOf(value, salt), fingerprint);
