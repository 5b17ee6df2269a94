/**
 * What the owner of a database can do to the audit log in it, triggers switched off for the time of the deed. The
 * original is kept in a schema of its own: it is of the log, and outlives a gateway that is dropped.
 */
import { sql } from 'kysely';
import { z } from 'zod';
import type { Sql, Tx } from '../platform/db/port.ts';

const PAYLOAD = z.object({ index: z.bigint().transform(Number), record: z.string() });
const TAMPERED = z.object({ index: z.bigint().transform(Number), tamperedAt: z.date() });

export type Payload = z.output<typeof PAYLOAD>;
export type Tampered = z.output<typeof TAMPERED>;

/** A live service records what it was started with under this name, before it does anything else. */
export async function isOfLiveService(tx: Tx): Promise<boolean> {
  const { rows } = await sql`
    SELECT EXISTS (
      SELECT FROM audit_leaves l JOIN audit_streams s ON s.id = l.stream_id
      WHERE s.name = 'plumbline.configuration' AND l.record_id = 'settings'
    ) AS live`.execute(tx);
  return z.object({ live: z.boolean() }).parse(rows[0]).live;
}

export async function createKept(tx: Tx): Promise<void> {
  await sql`CREATE SCHEMA IF NOT EXISTS sandbox_tampering`.execute(tx);
  await sql`
    CREATE TABLE IF NOT EXISTS sandbox_tampering.originals (
      idx         bigint PRIMARY KEY,
      record      text NOT NULL,
      tampered_at timestamptz NOT NULL,
      mended_at   timestamptz
    )`.execute(tx);
}

/** The newest reports in the log that nobody has tampered with. */
export async function findReports(tx: Tx, limit: number): Promise<readonly Payload[]> {
  const { rows } = await sql`
    SELECT p.idx AS index, p.record FROM audit_payloads p
    JOIN audit_leaves l ON l.idx = p.idx JOIN audit_streams s ON s.id = l.stream_id
    WHERE s.name = 'reconciliation_logs' AND NOT EXISTS (SELECT FROM sandbox_tampering.originals o WHERE o.idx = p.idx)
    ORDER BY p.idx DESC LIMIT ${limit}`.execute(tx);
  return z.array(PAYLOAD).parse(rows);
}

export async function keepOriginal(tx: Tx, { index, record }: Payload, at: Date): Promise<void> {
  await sql`
    INSERT INTO sandbox_tampering.originals (idx, record, tampered_at) VALUES (${index}, ${record}, ${at})`.execute(tx);
}

/** Past the trigger that refuses it, as only an owner can. */
export async function overwrite(tx: Tx, { index, record }: Payload): Promise<void> {
  await sql`ALTER TABLE audit_payloads DISABLE TRIGGER audit_payloads_rows`.execute(tx);
  await sql`UPDATE audit_payloads SET record = ${record} WHERE idx = ${index}`.execute(tx);
  await sql`ALTER TABLE audit_payloads ENABLE TRIGGER audit_payloads_rows`.execute(tx);
}

/** What is not what it was, oldest first. */
export async function readTampered(db: Sql | Tx): Promise<readonly Tampered[]> {
  const { rows: kept } = await sql`SELECT to_regclass('sandbox_tampering.originals') IS NOT NULL AS there`.execute(db);
  if (!z.object({ there: z.boolean() }).parse(kept[0]).there) return [];
  const { rows } = await sql`
    SELECT idx AS index, tampered_at AS "tamperedAt" FROM sandbox_tampering.originals WHERE mended_at IS NULL ORDER BY idx`.execute(
    db,
  );
  return z.array(TAMPERED).parse(rows);
}

/** @returns the original, which counts as mended from now on */
export async function takeOriginal(tx: Tx, index: number, at: Date): Promise<Payload | undefined> {
  const { rows } = await sql`
    UPDATE sandbox_tampering.originals SET mended_at = ${at} WHERE idx = ${index} AND mended_at IS NULL
    RETURNING idx AS index, record`.execute(tx);
  return z.array(PAYLOAD).parse(rows)[0];
}
