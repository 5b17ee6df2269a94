/** RFC 3161 time stamps from a real authority, judged by openssl too. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { loadPki, verifyTimeStamp } from '../../src/features/audit/anchors/time-stamp.ts';
import { createTimeStampAuthority } from '../../src/features/audit/anchors/time-stamp-client.ts';
import { certificatesOf, mayStamp, namesSigner } from '../../src/features/audit/anchors/time-stamp-signer.ts';
import { systemClock, systemRandom } from '../../src/platform/clock/system.ts';
import { createHttpClient } from '../../src/platform/http-client/undici.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { startTimeStampAuthority, type TestAuthority } from '../support/time-stamp-authority.ts';

const document = Buffer.from('log.example/one\n42\nAAAA\n\n\u2014 signatures\n');
const http = createHttpClient({ clock: systemClock });
let authority: TestAuthority;
let other: TestAuthority;

beforeAll(async () => {
  [authority, other] = await Promise.all([startTimeStampAuthority(), startTimeStampAuthority()]);
});
beforeEach(() => {
  authority.disturb = (body) => ({ body });
});
afterAll(async () => {
  await Promise.all([authority?.close(), other?.close(), http.close()]);
});

const client = (more: { readonly url?: string; readonly trusted?: string | undefined } = {}) => {
  const { url = authority.url } = more;
  const trusted = 'trusted' in more ? more.trusted : authority.root;
  return createTimeStampAuthority({
    http,
    clock: systemClock,
    random: systemRandom,
    url,
    ...(trusted === undefined ? {} : { trusted }),
  });
};
const refused = (what: string) => ({ code: 'audit.timestamp_refused', message: expect.stringContaining(what) });

describe('time stamps', () => {
  it('are verified, kept as they came, and verified by openssl', async () => {
    const stamp = await client().stamp(document);
    expect(stamp).toMatchObject({ policy: '1.3.6.1.4.1.99999.1', authority: 'CN=Test authority', trusted: true });
    expect(Math.abs(stamp.at.getTime() - Date.now())).toBeLessThan(60_000);
    expect(authority.verify(document, stamp.answer)).toContain('OK');
    const again = await verifyTimeStamp(stamp.answer, { document, trusted: authority.root });
    expect(again).toEqual(stamp);
  });

  it('say so when nobody vouches for the authority', async () => {
    expect(await client({ trusted: undefined }).stamp(document)).toMatchObject({ trusted: false });
  });

  it('are refused over another document, and with any bit changed in the parts that matter', async () => {
    const { answer } = await client().stamp(document);
    const changed = Buffer.concat([document, Buffer.from('x')]);
    await expect(verifyTimeStamp(answer, { document: changed })).rejects.toMatchObject(refused('another document'));
    let survived = 0;
    for (let at = 0; at < answer.length; at += 29) {
      const broken = Buffer.from(answer);
      broken[at] = (broken[at] ?? 0) ^ 1;
      const judged = await verifyTimeStamp(broken, { document, trusted: authority.root }).catch((error) => error.code);
      // Bits that no signature covers, such as those of the status text or the second certificate, may change.
      if (judged === 'audit.timestamp_refused') continue;
      survived += 1;
      expect(judged).toMatchObject({ at: expect.any(Date), trusted: true });
    }
    expect(survived).toBeLessThan(answer.length / 29 / 2);
  });

  it('are refused with the nonce of another question', async () => {
    let first: Buffer | undefined;
    authority.disturb = (body) => {
      first ??= body;
      return { body: first };
    };
    await client().stamp(document);
    await expect(client().stamp(document)).rejects.toMatchObject(refused('nonce'));
  });

  it('are refused from a certificate that leads elsewhere', async () => {
    await expect(client({ trusted: other.root }).stamp(document)).rejects.toMatchObject(refused('signature'));
    expect(await client({ url: other.url, trusted: other.root + authority.root }).stamp(document)).toBeDefined();
  });

  it('are bound to a certificate that is for time stamping', async () => {
    const { Certificate, SignedData, TimeStampResp } = await loadPki();
    const { answer } = await client().stamp(document);
    const token = new SignedData({ schema: TimeStampResp.fromBER(new Uint8Array(answer)).timeStampToken?.content });
    const root = certificatesOf(authority.root)[0] ?? new Uint8Array();
    expect(await namesSigner(token, root)).toBe(false);
    expect(mayStamp(Certificate.fromBER(root))).toBe(false);
    const signer = token.certificates?.find((each) => each instanceof Certificate && mayStamp(each));
    expect(await namesSigner(token, new Uint8Array(signer?.toSchema().toBER() ?? []))).toBe(true);
  });

  it('pass on what the authority says when it refuses', async () => {
    authority.disturb = () => ({ body: authority.reply(Buffer.from('no query')) });
    await expect(client().stamp(document)).rejects.toMatchObject(refused('status 2'));
  });

  it.each([
    ['an error page', { body: Buffer.from('<html>'), status: 502, type: 'text/html' }, 'audit.timestamp_unavailable'],
    ['a page under 200', { body: Buffer.from('<html>'), type: 'text/html' }, 'audit.timestamp_unavailable'],
    ['bytes of no kind', { body: Buffer.from('<html>') }, 'audit.timestamp_refused'],
    ['nothing', { body: Buffer.alloc(0) }, 'audit.timestamp_refused'],
  ])('are not made of %s', async (_, answer, code) => {
    authority.disturb = () => answer;
    await expect(client().stamp(document)).rejects.toMatchObject({ code });
  });

  it('are refused where the clocks are apart', async () => {
    const clock = new ManualClock(Date.now() + 3_600_000);
    const options = { http, clock, random: systemRandom, url: authority.url, trusted: authority.root };
    await expect(createTimeStampAuthority(options).stamp(document)).rejects.toMatchObject({
      code: 'audit.timestamp_clock',
      message: expect.stringContaining('60 minutes'),
    });
  });

  it('name what is wrong with the trusted certificates', async () => {
    await expect(client({ trusted: 'no PEM' }).stamp(document)).rejects.toMatchObject({
      code: 'audit.certificates_malformed',
    });
  });
});
