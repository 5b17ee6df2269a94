/** Templates over HTTP. */
import { z } from 'zod';
import { type RegisterRoutes, TIMESTAMP } from '../../../platform/http-server/port.ts';
import { CHANNELS } from '../channels/channel.ts';
import { EVENT, LOCALE } from '../schemas.ts';
import type { TemplateRow } from './store.ts';
import type { Said, Templates } from './templates.ts';

const tags = ['notifications'];
const TEXT = {
  subject: z.string().max(500),
  body: z.string().min(1).max(20_000),
  html: z.string().max(50_000).nullable().default(null),
};
const NAME = {
  event: z.union([EVENT, z.literal('*')]),
  locale: LOCALE,
  channel: z.enum([...CHANNELS, '*']).default('*'),
};
const EXAMPLE = z
  .record(z.string().max(60), z.union([z.string().max(2_000), z.int(), z.boolean(), z.null()]))
  .default({});
const RENDERED = z.object({ subject: z.string(), text: z.string(), html: z.string().nullable() });
const TEMPLATE = z.object({
  event: z.string(),
  locale: LOCALE,
  channel: z.string(),
  version: z.int(),
  subject: z.string(),
  body: z.string(),
  html: z.string().nullable(),
  created_by: z.string(),
  created_at: TIMESTAMP,
});

export const templateRoutes =
  (templates: Templates): RegisterRoutes =>
  (routes) => {
    const example = (event: string, data: z.output<typeof EXAMPLE>): Said => {
      const time = '2026-01-31T23:59:59.000Z'; // the same text for the same template
      const message = 'An example of what is said';
      return {
        ...{ event, severity: 'critical', message, data, time },
        incident: { id: '00000000-0000-7000-8000-000000000000', count: '3', opened_at: time },
        items: [{ event: 'payment.completed', message, time }],
      };
    };
    routes.get(
      '/v1/notification-templates',
      {
        config: { access: 'notifications:read' },
        schema: {
          tags,
          summary: 'Texts of your own: the version in force of each',
          response: { 200: z.object({ data: z.array(TEMPLATE) }) },
        },
      },
      async () => ({ data: (await templates.list()).map(toJson) }),
    );
    routes.post(
      '/v1/notification-templates',
      {
        config: { access: 'notifications:operate', acts: true },
        schema: {
          tags,
          summary: 'A new version of a text',
          description:
            'In Liquid: {{ message }}, {{ event }}, {{ severity }}, {{ time }}, {{ data.name }}, {{ incident.id }}. `example` has the data that it names; what it does not have is refused.',
          body: z.strictObject({ ...NAME, ...TEXT, example: EXAMPLE }),
          response: { 201: TEMPLATE },
        },
      },
      async (request, reply) => {
        const { example: data, subject, body, html, ...name } = request.body;
        const row = await templates.put(name, { subject, body, html }, example(name.event, data), request.subject);
        reply.code(201);
        return toJson(row);
      },
    );
    routes.post(
      '/v1/notification-templates/preview',
      {
        config: { access: 'notifications:read' },
        schema: {
          tags,
          summary: 'What a text comes to: the one given, or the one in force',
          body: z.strictObject({ ...NAME, text: z.strictObject(TEXT).optional(), data: EXAMPLE }),
          response: { 200: RENDERED },
        },
      },
      async (request) => {
        const { text, data, ...name } = request.body;
        const { subject, text: body, html } = await templates.preview(name, text, example(name.event, data));
        return { subject, text: body, html: html ?? null };
      },
    );
  };

const toJson = (row: TemplateRow): z.input<typeof TEMPLATE> => ({
  ...{
    event: row.event_type,
    locale: row.locale,
    channel: row.channel,
    version: row.version,
    subject: row.subject,
    body: row.body,
  },
  ...{ html: row.html, created_by: row.created_by, created_at: row.created_at.toISOString() },
});
