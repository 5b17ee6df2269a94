/** OpenTimestamps files, with calendars that speak the real protocol. */
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createCalendars } from '../../src/features/audit/anchors/ots.ts';
import { digestOf, readOts } from '../../src/features/audit/anchors/ots-file.ts';
import { systemClock, systemRandom } from '../../src/platform/clock/system.ts';
import { createHttpClient } from '../../src/platform/http-client/undici.ts';
import { startCalendar, type TestCalendar } from '../support/calendar-server.ts';

const http = createHttpClient({ clock: systemClock });
const document = 'log.example/one\n42\nAAAA\n';
let one: TestCalendar;
let two: TestCalendar;
beforeEach(async () => {
  [one, two] = await Promise.all([startCalendar(), startCalendar()]);
});
afterEach(async () => {
  await Promise.all([one.close(), two.close()]);
});
afterAll(() => http.close());

const calendars = (least?: number) =>
  createCalendars({
    http,
    random: systemRandom,
    calendars: [one.url, `${two.url}/`],
    ...(least === undefined ? {} : { least }),
  });

describe('OpenTimestamps calendars', () => {
  it('promise, and the file holds the promises', async () => {
    const { file, pending, blocks } = await calendars().stamp(document);
    expect({ pending: [...pending].sort(), blocks }).toEqual({ pending: [one.url, two.url].sort(), blocks: [] });
    expect(readOts(file).digest).toEqual(digestOf(document));
  });

  it('are not told the digest, nor that two documents are one', async () => {
    await calendars().stamp(document);
    await calendars().stamp(document);
    const [first, second] = one.digests;
    expect(first).toHaveLength(32);
    expect(first).not.toEqual(digestOf(document));
    expect(first).not.toEqual(second);
    expect(two.digests[0]).toEqual(first);
  });

  it('keep their promise later', async () => {
    const { file } = await calendars().stamp(document);
    expect(await calendars().upgrade(file)).toMatchObject({ blocks: [], file });
    one.attest(800);
    const half = await calendars().upgrade(file);
    expect(half).toMatchObject({ blocks: [800], pending: [two.url], faults: [] });
    two.attest(801);
    const whole = await calendars().upgrade(half.file);
    expect(whole).toMatchObject({ blocks: [800, 801], pending: [], faults: [] });
    expect(await calendars().upgrade(whole.file)).toEqual(whole);
  });

  it('may fail alone, and the file says which are missing', async () => {
    one.fail = { status: 503, body: 'no' };
    await expect(calendars().stamp(document)).rejects.toMatchObject({
      code: 'audit.ots_unavailable',
      message: expect.stringContaining('1 of 2 calendars took the digest and 2 must'),
    });
    const { file, pending } = await calendars(1).stamp(document);
    expect(pending).toEqual([two.url]);
    two.fail = { status: 500, body: 'no' };
    expect(await calendars().upgrade(file)).toMatchObject({
      pending: [two.url],
      faults: [expect.stringContaining('500')],
    });
  });

  it.each([[''], ['\x00nonsense'], ['\xf0'], ['x'.repeat(20_000)]])(
    'are not believed with another answer',
    async (body) => {
      one.fail = { status: 200, body };
      await expect(calendars().stamp(document)).rejects.toMatchObject({ code: 'audit.ots_unavailable' });
    },
  );

  it('are not asked at addresses that a file names', async () => {
    const { file } = await calendars().stamp(document);
    const others = createCalendars({ http, random: systemRandom, calendars: [two.url] });
    one.attest(800);
    two.attest(800);
    expect(await others.upgrade(file)).toMatchObject({ pending: [one.url], blocks: [800] });
  });
});
