/** Every route of the log. */
import type { Clock, Random } from '../../kernel/clock.ts';
import type { Db } from '../../platform/db/port.ts';
import type { RegisterRoutes } from '../../platform/http-server/port.ts';
import { auditAppendRoutes } from './append-routes.ts';
import { auditOperateRoutes } from './operate-routes.ts';
import { AuditReader } from './reader.ts';
import { auditRoutes } from './routes.ts';
import type { AuditLog } from './service.ts';
import { auditTileRoutes } from './tile-routes.ts';

export interface AuditHttpDeps {
  readonly log: AuditLog;
  readonly db: Db;
  readonly clock: Clock;
  readonly random: Random;
  /** Keys that verify the log's checkpoints, as text. */
  readonly vkeys: readonly string[];
  /** Who reads tiles: anybody, or callers with a key. */
  readonly tiles: 'public' | 'key';
  /** The stream that `POST /log/add` appends to; undefined: there is no such route. */
  readonly addStream: string | undefined;
}

export function auditHttp(deps: AuditHttpDeps): readonly RegisterRoutes[] {
  const reader = new AuditReader(deps);
  return [
    auditRoutes(reader, deps.vkeys),
    auditAppendRoutes({ ...deps, reader }),
    auditOperateRoutes(deps),
    auditTileRoutes({ db: deps.db, reader, access: deps.tiles === 'public' ? 'public' : 'audit:read' }),
  ];
}
