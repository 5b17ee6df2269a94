/** Archival, as configured: its store, its prices, and what the audit log says of manifests. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { parsePrices } from '../features/archival/plan/prices.ts';
import type { LoggedManifest, ManifestLog } from '../features/archival/ports.ts';
import { ArchivalService } from '../features/archival/service.ts';
import type { AuditLog } from '../features/audit/service.ts';
import { findLeaves, readPayloads } from '../features/audit/store.ts';
import type { IncidentService } from '../features/incidents/service.ts';
import type { NotificationService } from '../features/notifications/service.ts';
import type { Clock, Random } from '../kernel/clock.ts';
import { messageOf, PlumblineError } from '../kernel/errors.ts';
import { duckdbQuery } from '../platform/cold-query/duckdb.ts';
import type { Config } from '../platform/config/config.ts';
import type { Db } from '../platform/db/port.ts';
import type { ColdStore } from '../platform/objects/cold-port.ts';
import type { Logger } from '../platform/telemetry/port.ts';
import { openColdStore } from './adapters.ts';
import { approvalsRequired } from './identity.ts';
import { REFERENCE_PRICES } from './package.ts';

export interface ArchivalParts {
  readonly config: Config;
  readonly db: Db;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly audit: AuditLog;
  readonly notifications: NotificationService;
  readonly incidents: IncidentService;
  /** The sandbox has a store of its own. */
  readonly mode: 'live' | 'sandbox';
  /** In place of the configured one. */
  readonly cold?: ColdStore;
}

/** @throws `archive.prices_unreadable`, `archive.prices_invalid` (invalid) */
export function openArchival({
  config,
  audit,
  mode,
  notifications,
  incidents,
  ...parts
}: ArchivalParts): ArchivalService {
  const { values } = config;
  let opening: Promise<ColdStore> | undefined;
  /** A store that cannot be used as it is configured is refused at its first use, and asked again at the next. */
  const open = async (): Promise<ColdStore> => {
    const cold = parts.cold ?? (await openColdStore(config, parts.clock, mode));
    await cold.check();
    return cold;
  };
  return new ArchivalService({
    ...parts,
    cold: () => {
      opening ??= open().catch((error: unknown) => {
        opening = undefined;
        throw error;
      });
      return opening;
    },
    spoolFolder: values.ARCHIVE_SPOOL ?? join(values.PLUMBLINE_DATA, 'archive-spool'),
    prices: readPrices(values.ARCHIVE_PRICES ?? REFERENCE_PRICES),
    region: values.S3_REGION,
    query: duckdbQuery(parts.clock),
    manifests: manifestLog(parts.db, audit),
    permitsRequired: approvalsRequired(config),
    notices: {
      raise: (tx, notice) => notifications.raise(tx, notice),
      isOpen: (event, payload) => incidents.isLive(event, payload),
    },
  });
}

export function readPrices(file: string): ReturnType<typeof parsePrices> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    const message = `ARCHIVE_PRICES: ${file} cannot be read (${messageOf(cause)})`;
    throw new PlumblineError('invalid', 'archive.prices_unreadable', message, { cause });
  }
  return parsePrices(text, file);
}

const STREAM = 'archive_manifests';
const PAGE = 500;
const SAID = z.looseObject({ batch: z.string(), manifest_sha256: z.string() });

/** What was said in the transactions that let rows go, once it is in the log. */
const manifestLog = (db: Db, audit: AuditLog): ManifestLog => ({
  manifests: async function* (): AsyncIterable<LoggedManifest> {
    await audit.drainAll();
    for (let before: number | undefined; ; ) {
      const leaves = await findLeaves(db.sql, { stream: STREAM, before, limit: PAGE });
      const payloads = await readPayloads(
        db.sql,
        leaves.map(({ index }) => index),
      );
      for (const { index, recordId } of leaves) {
        const payload = payloads.get(index);
        if (payload === undefined) continue; // forgotten: the leaf itself cannot say what it was of
        const said = SAID.parse(JSON.parse(payload.record));
        yield { objectKey: recordId, batch: said.batch, manifestSha256: said.manifest_sha256 };
      }
      before = leaves.at(-1)?.index;
      if (leaves.length < PAGE) return;
    }
  },
});
