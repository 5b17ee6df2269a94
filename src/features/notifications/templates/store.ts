/** The SQL of templates. */
import { sql } from 'kysely';
import type { Sql, Tx } from '../../../platform/db/port.ts';
import type { Locale } from './builtin.ts';

export interface TemplateRow {
  readonly event_type: string;
  readonly locale: Locale;
  readonly channel: string;
  readonly version: number;
  readonly subject: string;
  readonly body: string;
  readonly html: string | null;
  readonly created_by: string;
  readonly created_at: Date;
}

/** The next version of its name. */
export async function insertTemplate(tx: Tx, row: Omit<TemplateRow, 'version'>): Promise<TemplateRow> {
  const name = `notification-template/${row.event_type}/${row.locale}/${row.channel}`;
  await sql`SELECT pg_advisory_xact_lock(hashtextextended(${name}, 0))`.execute(tx);
  const { rows } = await sql<TemplateRow>`
    INSERT INTO notification_templates (event_type, locale, channel, version, subject, body, html, created_by, created_at)
    SELECT ${row.event_type}, ${row.locale}, ${row.channel}, coalesce(max(version), 0) + 1,
      ${row.subject}, ${row.body}, ${row.html}, ${row.created_by}, ${row.created_at}::timestamptz
    FROM notification_templates
    WHERE event_type = ${row.event_type} AND locale = ${row.locale} AND channel = ${row.channel}
    RETURNING *`.execute(tx);
  const [made] = rows;
  if (made === undefined) throw new Error('a template was inserted and did not come back');
  return made;
}

/** The newest of the most exact name: the event on the channel, the event, the channel, anything. */
export async function findTemplate(
  db: Sql | Tx,
  { event, locale, channel }: { readonly event: string; readonly locale: Locale; readonly channel: string },
): Promise<TemplateRow | undefined> {
  const { rows } = await sql<TemplateRow>`
    SELECT * FROM notification_templates
    WHERE event_type IN (${event}, '*') AND channel IN (${channel}, '*') AND locale = ${locale}
    ORDER BY (event_type = ${event}) DESC, (channel = ${channel}) DESC, version DESC LIMIT 1`.execute(db);
  return rows[0];
}

/** The newest version of each name. */
export async function listTemplates(db: Sql): Promise<readonly TemplateRow[]> {
  const { rows } = await sql<TemplateRow>`
    SELECT DISTINCT ON (event_type, locale, channel) * FROM notification_templates
    ORDER BY event_type, locale, channel, version DESC`.execute(db);
  return rows;
}
