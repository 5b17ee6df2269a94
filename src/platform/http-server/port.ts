/**
 * What a feature's routes.ts says to the HTTP server. A route declares who may call it and whether it
 * acts; apps/http enforces both, and refuses to start with a route that declares nothing.
 */

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, RawServerDefault } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { parseId } from '../../kernel/ids.ts';
import { printable } from '../../kernel/text.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The scope that the caller must have, `authenticated` for whoever is known, or `public`. */
    readonly access?: string;
    /** Changes something: the request must carry an Idempotency-Key. */
    readonly acts?: boolean;
    /** It carries an Idempotency-Key, which the route itself asks for and remembers. */
    readonly remembersKeys?: boolean;
    /** Fields of the answer that are secrets: given once, stored nowhere, null when the request is replayed. */
    readonly answeredOnce?: readonly string[];
    /** Dangerous: a person in a browser, or with a token, must have shown lately who they are. */
    readonly stepUp?: boolean;
  }
  interface FastifyRequest {
    /** Who asks: set before the handler of every route that is not public. */
    subject: string;
    /** The same with what is known of them. */
    caller: Caller;
  }
}

/** Who asks, and what they may. */
export interface Caller {
  /** Stable name for records: `person:<name>`, `key:<id>` of a machine's key, `local`. */
  readonly subject: string;
  /** How they are known: `key:<id>`, `session:<id>`, `token`, `local`. */
  readonly via: string;
  readonly role: string;
  readonly scopes: ReadonlySet<string>;
  /** Epoch milliseconds at which a person last showed who they are, 0 where that is not known; absent for a key. */
  readonly authenticatedAt?: number | undefined;
  /** For people to read. */
  readonly name?: string | undefined;
}

/** A Fastify instance whose schemas are zod's. */
export type Routes = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  import('fastify').FastifyBaseLogger,
  ZodTypeProvider
>;
export type RegisterRoutes = (routes: Routes) => void;

/**
 * Answers with JSON that is text already, such as one that was made once for many callers. No schema is
 * read in production: tests hold it against the one that the route declares. For a handler that returns
 * nothing, or a promise of nothing.
 */
export function sendJson(reply: FastifyReply, json: string): void {
  void reply.header('content-type', 'application/json; charset=utf-8').send(json);
}

/** Answers with a table as a file. @param name of the file, without its end */
export function sendCsv(reply: FastifyReply, name: string, text: string): void {
  void reply
    .header('content-type', 'text/csv; charset=utf-8')
    .header('content-disposition', `attachment; filename="${name}.csv"`)
    .serializer(String)
    .send(text);
}

/** Answers with a file of any kind. @param name with its end */
export function sendFile(reply: FastifyReply, type: string, name: string, bytes: Uint8Array): void {
  void reply
    .header('content-type', type)
    .header('content-disposition', `attachment; filename="${name}"`)
    .send(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
}

/** Answers with text as it is, or as it comes. For a handler that returns nothing. */
export function sendText(reply: FastifyReply, text: string | Readable): void {
  void reply.header('content-type', 'text/plain; charset=utf-8').serializer(String).send(text);
}

/** Answers with server-sent events, as they come. */
export function sendEvents(reply: FastifyReply, events: Readable): void {
  void reply
    .header('content-type', 'text/event-stream')
    .header('cache-control', 'no-store')
    .header('x-accel-buffering', 'no') // a proxy that gathers them would hold them back
    .send(events);
}

/** RFC 9457. `code` is stable, `errors` names each wrong field. */
export const PROBLEM = z
  .object({
    type: z.string().describe('urn:plumbline:problem:<code>'),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string(),
    kind: z.string().describe('invalid, denied, missing, conflict, busy, upstream, integrity or internal'),
    errors: z.array(z.object({ pointer: z.string(), detail: z.string() })).optional(),
    request_id: z.string(),
  })
  .catchall(z.unknown())
  .describe('RFC 9457 problem');

/** RFC 3339 with zone. */
export const TIMESTAMP = z.iso.datetime({ offset: true }).describe('RFC 3339 with zone');
/** Never a JSON number: a double loses the dong. */
export const DECIMAL = z
  .string('must be a decimal string in quotes, such as "1000.00"')
  .regex(/^-?(0|[1-9]\d*)(\.\d+)?$/, 'must be a plain decimal such as "1000.00"')
  .describe('Exact decimal as a string');

/** A line of text that can be stored and shown: no control characters, no halves of characters. */
export const LINE_OF_TEXT = z
  .string()
  .min(1)
  .max(100)
  .refine((text) => printable(text) === text && !text.includes('\n'), 'must be one line without control characters');

export const uuid = <Of extends string>(what: Of) =>
  z
    .string()
    .describe(`UUID of the ${what}`)
    .transform((text) => parseId(what, text));
