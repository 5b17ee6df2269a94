/** All the SQL of what the identity provider said of people. */
import { sql } from 'kysely';
import { z } from 'zod';
import type { Tx } from '../../../platform/db/port.ts';

const CLAIMED = z.array(z.string());
export const parseClaimed = (claimed: unknown): readonly string[] => CLAIMED.parse(claimed);

/**
 * Keeps the word where it is newer than the one that is there.
 * @returns what was said before; undefined: nothing, or this is not the newest
 */
export async function noteWord(
  tx: Tx,
  word: { readonly subject: string; readonly claimed: readonly string[]; readonly saidAt: Date },
): Promise<readonly string[] | undefined> {
  const { subject, claimed, saidAt } = word;
  await sql`SELECT pg_advisory_xact_lock(hashtextextended(${`person/${subject}`}, 0))`.execute(tx);
  const { rows } = await sql<{ claimed: unknown; said_at: Date }>`
    SELECT claimed, said_at FROM console_people WHERE subject = ${subject}`.execute(tx);
  const [before] = rows;
  if (before !== undefined && before.said_at > saidAt) return undefined;
  await sql`
    INSERT INTO console_people (subject, claimed, said_at) VALUES (${subject}, ${JSON.stringify(claimed)}::jsonb, ${saidAt})
    ON CONFLICT (subject) DO UPDATE SET claimed = excluded.claimed, said_at = excluded.said_at`.execute(tx);
  return before === undefined ? undefined : parseClaimed(before.claimed);
}
