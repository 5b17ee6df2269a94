/** A day's checkpoint with all that anchors it, from real servers, in a folder as an auditor gets it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Anchors } from '../../src/features/audit/anchors/anchors.ts';
import { createCalendars } from '../../src/features/audit/anchors/ots.ts';
import { createPublication } from '../../src/features/audit/anchors/publication.ts';
import { createTimeStampAuthority } from '../../src/features/audit/anchors/time-stamp-client.ts';
import { systemClock, systemRandom } from '../../src/platform/clock/system.ts';
import { createHttpClient } from '../../src/platform/http-client/undici.ts';
import { openFolderStore } from '../../src/platform/objects/folder.ts';
import { startCalendar, type TestCalendar } from '../support/calendar-server.ts';
import { startTimeStampAuthority, type TestAuthority } from '../support/time-stamp-authority.ts';
import { signedLog } from '../support/witness.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'plumbline-anchors-'));
const objects = openFolderStore({ folder });
const http = createHttpClient({ clock: systemClock });
let authority: TestAuthority;
let calendar: TestCalendar;

beforeAll(async () => {
  [authority, calendar] = await Promise.all([startTimeStampAuthority(), startCalendar()]);
});
afterAll(async () => {
  await Promise.all([authority?.close(), calendar?.close(), http.close()]);
  rmSync(folder, { recursive: true });
});

describe('anchors', () => {
  const log = signedLog(20);
  const anchors = () =>
    new Anchors({
      objects,
      publication: createPublication({
        objects,
        prefix: 'audit',
        tile: () => Promise.reject(new Error('no tile is full')),
        nodes: () => log.tree.nodes,
      }),
      authority: createTimeStampAuthority({
        http,
        clock: systemClock,
        random: systemRandom,
        url: authority.url,
        trusted: authority.root,
      }),
      calendars: createCalendars({ http, random: systemRandom, calendars: [calendar.url] }),
    });

  it('are got one by one, what failed first at the next try, and none twice', async () => {
    const note = await log.checkpoint();
    calendar.fail = { status: 503, body: '' };
    const first = await anchors().anchor(note);
    expect(first).toMatchObject({
      anchors: [expect.stringMatching(/\.tsr$/)],
      faults: [expect.stringContaining('503')],
    });
    calendar.fail = undefined;
    const second = await anchors().anchor(note);
    expect(second).toMatchObject({ key: first.key, faults: [] });
    expect(second.anchors).toHaveLength(2);
    expect(second.anchors).toContain(first.anchors[0]);
    expect(second.anchors.some((each) => each.endsWith('.ots'))).toBe(true);
    expect(await anchors().anchor(note)).toEqual(second);
    const [document, stamp] = await Promise.all([objects.get(first.key), objects.get(first.anchors[0] ?? '')]);
    expect(authority.verify(document, stamp)).toContain('OK');
  });

  it('get better once a block attests', async () => {
    const { key, anchors: before } = await anchors().anchor(await log.checkpoint());
    expect(await anchors().upgrade(key)).toBe(false);
    calendar.attest(900);
    expect(await anchors().upgrade(key)).toBe(true);
    const after = await anchors().anchor(await log.checkpoint());
    expect(after.anchors).toHaveLength(before.length + 1);
    calendar.fail = { status: 500, body: '' };
    expect(await anchors().upgrade(key)).toBe(true); // nobody is asked again
  });
});
