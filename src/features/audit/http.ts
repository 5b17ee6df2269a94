/** Every route of the log. */
import type { Clock, Random } from '../../kernel/clock.ts';
import type { Db } from '../../platform/db/port.ts';
import type { RegisterRoutes } from '../../platform/http-server/port.ts';
import { auditAppendRoutes } from './append-routes.ts';
import { auditBundleRoutes } from './bundle-routes.ts';
import { auditOperateRoutes } from './operate-routes.ts';
import { AuditReader } from './reader.ts';
import { auditRoutes } from './routes.ts';
import type { AuditLog } from './service.ts';
import type { PublishedKey } from './signer/port.ts';
import { auditTileRoutes } from './tile-routes.ts';

export interface Signing {
  /** Has a checkpoint of at least this size signed. */
  publish(size: number): Promise<unknown>;
  /** The keys that have signed checkpoints, oldest first. */
  keys(): Promise<readonly PublishedKey[]>;
}

export interface AuditHttpDeps {
  readonly log: AuditLog;
  readonly db: Db;
  readonly clock: Clock;
  readonly random: Random;
  /** Where this process signs the log. */
  readonly signing: Signing | undefined;
  /** Who reads tiles: anybody, or callers with a key. */
  readonly tiles: 'public' | 'key';
  /** The stream that `POST /log/add` appends to; undefined: there is no such route. */
  readonly addStream: string | undefined;
}

export function auditHttp(deps: AuditHttpDeps): readonly RegisterRoutes[] {
  const { db, clock, signing } = deps;
  const reader = new AuditReader({ db, clock, publish: signing?.publish });
  return [
    auditRoutes(reader, signing?.keys),
    auditAppendRoutes({ ...deps, reader }),
    auditOperateRoutes(deps),
    auditBundleRoutes(db, signing?.keys),
    auditTileRoutes({ db, reader, access: deps.tiles === 'public' ? 'public' : 'audit:read' }),
  ];
}
