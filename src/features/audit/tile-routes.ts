/** The log as anybody may read it, without a key unless told: c2sp.org/tlog-tiles. Leaves hold hashes; what was recorded is not here. */
import { hash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { PlumblineError } from '../../kernel/errors.ts';
import type { Db } from '../../platform/db/port.ts';
import { type RegisterRoutes, sendText } from '../../platform/http-server/port.ts';
import { tileBytes } from './log/tile-reader.ts';
import type { AuditReader } from './reader.ts';
import { parseTilePath, type TileName, widthAt } from './tlog/tiles.ts';

export interface TileRoutesDeps {
  readonly reader: AuditReader;
  readonly db: Db;
  /** The scope that readers need, or `public`. */
  readonly access: string;
}

const PREFIX = '/log/';
const FOR_GOOD = 'public, max-age=31536000, immutable';
const compress = promisify(gzip);

export const auditTileRoutes =
  ({ reader, db, access }: TileRoutesDeps): RegisterRoutes =>
  (routes) => {
    const config = { access };
    routes.get('/log/checkpoint', { config, schema: { hide: true } }, async (_request, reply) => {
      const published = await reader.checkpoint();
      if (published === undefined) {
        throw new PlumblineError('missing', 'audit.no_checkpoint', 'no checkpoint of this log was signed yet');
      }
      reply.header('cache-control', 'no-store');
      sendText(reply, published.note);
    });
    routes.get('/log/tile/*', { config, schema: { hide: true } }, async (request, reply) => {
      // As it was sent: each tile has one path, and no other spelling of it.
      const tile = parseTilePath(request.url.slice(PREFIX.length));
      if (tile === undefined || !(await isThere(reader, tile))) throw noTile(request.url);
      await sendTile(request, reply, tile, await tileBytes(db.sql, tile));
    });
  };

/** A tile is there in the width that it has in the published log, and in each that it had before. */
async function isThere(reader: AuditReader, tile: TileName): Promise<boolean> {
  const leaves = (tile.level === 'entries' ? 1 : 256 ** tile.level) * (tile.index * 256 + tile.width);
  return (await reader.isPublished(leaves)) && widthAt(tile, leaves) === tile.width;
}

async function sendTile(request: FastifyRequest, reply: FastifyReply, tile: TileName, bytes: Buffer): Promise<void> {
  const entries = tile.level === 'entries';
  const zipped =
    entries && /\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))/.test(String(request.headers['accept-encoding'] ?? ''));
  const etag = `"${hash('sha256', bytes, 'hex').slice(0, 32)}${zipped ? '-gzip' : ''}"`;
  reply.header('cache-control', FOR_GOOD).header('etag', etag);
  if (entries) reply.header('vary', 'accept-encoding');
  if (request.headers['if-none-match']?.split(/\s*,\s*/).includes(etag) === true) {
    await reply.code(304).send();
    return;
  }
  reply.header('content-type', 'application/octet-stream');
  if (zipped) reply.header('content-encoding', 'gzip');
  await reply.send(zipped ? await compress(bytes) : bytes);
}

const noTile = (url: string): PlumblineError =>
  new PlumblineError(
    'missing',
    'audit.no_tile',
    `there is no ${url.slice(0, 100)} in the log as far as its checkpoint covers it`,
  );
