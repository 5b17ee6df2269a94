/** What anchors the checkpoints of days outside of this platform, as far as it is configured. */
import { readFileSync } from 'node:fs';
import { Anchors } from '../features/audit/anchors/anchors.ts';
import { DailyAnchors } from '../features/audit/anchors/daily.ts';
import { createCalendars } from '../features/audit/anchors/ots.ts';
import { createPublication } from '../features/audit/anchors/publication.ts';
import { createTimeStampAuthority } from '../features/audit/anchors/time-stamp-client.ts';
import { nodesOf, tileBytes } from '../features/audit/log/tile-reader.ts';
import { readDailyCheckpoints } from '../features/audit/store.ts';
import type { Clock, Random } from '../kernel/clock.ts';
import { isPlumblineError, messageOf, PlumblineError } from '../kernel/errors.ts';
import type { Config } from '../platform/config/config.ts';
import { createHttpClient } from '../platform/http-client/undici.ts';
import type { ScheduledJob } from '../platform/jobs/port.ts';
import { openFolderStore } from '../platform/objects/folder.ts';
import { type TellDeps, tellOfDamage } from './audit-tell.ts';

export interface AnchoringDeps extends TellDeps {
  readonly config: Config;
  readonly clock: Clock;
  readonly random: Random;
}

const PREFIX = 'audit';
/** A calendar needs hours, and a day is closed once. */
const CRON = '23 * * * *';

/** No job without a folder for the copy. */
export function anchorJobs(
  deps: AnchoringDeps,
  onClose: (release: () => Promise<unknown>) => void,
): readonly ScheduledJob[] {
  const { config, clock, random, db, log } = deps;
  const { AUDIT_COPY_FOLDER, AUDIT_TSA_URL, AUDIT_TSA_CA, AUDIT_OTS_CALENDARS, AUDIT_ZONE } = config.values;
  if (AUDIT_COPY_FOLDER === undefined) {
    if (AUDIT_TSA_URL !== undefined || AUDIT_OTS_CALENDARS !== undefined) throw nowhereToKeep();
    return [];
  }
  const http = createHttpClient({ clock });
  onClose(() => http.close());
  const objects = openFolderStore({ folder: AUDIT_COPY_FOLDER });
  const nodes = (size: number) => nodesOf(db.sql, size);
  const publication = createPublication({ objects, prefix: PREFIX, tile: (name) => tileBytes(db.sql, name), nodes });
  const trusted = AUDIT_TSA_CA === undefined ? {} : { trusted: readCertificates(AUDIT_TSA_CA) };
  const anchors = new Anchors({
    ...{ objects, publication },
    ...(AUDIT_TSA_URL === undefined
      ? {}
      : { authority: createTimeStampAuthority({ http, clock, random, url: AUDIT_TSA_URL, ...trusted }) }),
    ...(AUDIT_OTS_CALENDARS === undefined
      ? {}
      : { calendars: createCalendars({ http, random, calendars: AUDIT_OTS_CALENDARS, upgradeHosts: CALENDAR_HOSTS }) }),
  });
  const daily = new DailyAnchors({
    anchors,
    days: (after, limit) => readDailyCheckpoints(db.sql, after, limit),
    onFault: (size, fault) =>
      log.warn({ code: 'audit.anchor_missing', size, fault }, 'a day could not be anchored yet'),
  });
  const run = async (signal?: AbortSignal): Promise<void> => {
    try {
      await daily.run(signal);
    } catch (error) {
      if (isPlumblineError(error) && error.kind === 'integrity') await tellOfDamage(deps, error);
      throw error;
    }
  };
  return [{ name: 'audit.anchors', cron: CRON, zone: AUDIT_ZONE, run }];
}

/** Whose promises come from the public pools (python-opentimestamps, calendar.py). */
const CALENDAR_HOSTS: readonly string[] = [
  'alice.btc.calendar.opentimestamps.org',
  'bob.btc.calendar.opentimestamps.org',
  'finney.calendar.eternitywall.com',
  'btc.calendar.catallaxy.com',
];

function readCertificates(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const message = `names a file that cannot be read (${messageOf(error)})`;
    throw new PlumblineError('invalid', 'audit.certificates_malformed', `AUDIT_TSA_CA ${message}`, {
      faults: [{ pointer: 'AUDIT_TSA_CA', message }],
    });
  }
}

const nowhereToKeep = (): PlumblineError =>
  new PlumblineError(
    'invalid',
    'audit.copy_missing',
    'AUDIT_TSA_URL and AUDIT_OTS_CALENDARS need AUDIT_COPY_FOLDER, where their proofs are kept: set it, for example to /mnt/worm/plumbline-audit',
    { faults: [{ pointer: 'AUDIT_COPY_FOLDER', message: 'is not set, and AUDIT_TSA_URL or AUDIT_OTS_CALENDARS is' }] },
  );
