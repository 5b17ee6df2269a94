/** Bundles of a log's entries, verified by Plumbline, by the verifier that stands alone, and in a browser. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { generateSigningKey, parseVerifierKey } from '../../src/features/audit/tlog/keys.ts';
import { type BundleQuery, exportBundle, verifyBundle } from '../../src/features/audit/verify/bundle.ts';
import { type Bundle, formatBundle, parseBundle } from '../../src/features/audit/verify/bundle-format.ts';
import { fill, ORIGIN, openTestLog, threeDays } from '../support/audit.ts';
import { findChromium, openBrowser } from '../support/browser.ts';
import { start } from '../support/child.ts';
import { describeDb } from '../support/databases.ts';

const folder = mkdtempSync(join(tmpdir(), 'plumbline-bundle-'));
afterAll(() => rmSync(folder, { recursive: true }));
const chromium = findChromium();
const VERIFIER = resolve('docs/verify/verify-bundle.mjs');
const PAGE = resolve('docs/verify/verify-bundle.html');

const QUERIES: readonly (readonly [BundleQuery, number])[] = [
  [{ kind: 'range', first: 250, end: 310 }, 60],
  [{ kind: 'record', stream: 'payments', recordId: 'record 100' }, 1],
  [{ kind: 'record', stream: 'accounts', recordId: '3' }, 2],
  [{ kind: 'entries', indices: [0, 4, 618] }, 3],
  [{ kind: 'day', date: '2026-11-25' }, 301],
];

/** One thing in it is another one. */
const forgeries: readonly (readonly [string, (bundle: Bundle) => Bundle])[] = [
  ['a leaf', (bundle) => withFirst(bundle, (entry) => ({ leaf: entry.leaf.replace('tester', 'nobody') }))],
  ['an index', (bundle) => withFirst(bundle, (entry) => ({ index: entry.index + 1 }))],
  ['a record', (bundle) => withFirst(bundle, (entry) => ({ record: entry.record?.replace('50', '51') ?? '' }))],
  ['a proof', (bundle) => withFirst(bundle, (entry) => ({ proof: entry.proof.toReversed() }))],
  ['the checkpoint', (bundle) => ({ ...bundle, checkpoint: bundle.checkpoint.replace('\n619\n', '\n618\n') })],
];

function withFirst(
  bundle: Bundle,
  change: (entry: Bundle['entries'][number]) => Partial<Bundle['entries'][number]>,
): Bundle {
  return { ...bundle, entries: bundle.entries.map((entry, at) => (at === 0 ? { ...entry, ...change(entry) } : entry)) };
}

async function verifyAlone(
  bundle: Bundle,
  vkey: string,
): Promise<{ readonly code: number | null; readonly output: string }> {
  const file = join(folder, 'bundle.json');
  writeFileSync(file, formatBundle(bundle));
  return await start(process.execPath, [VERIFIER, file, vkey]).exited;
}

describeDb('a bundle', (open) => {
  it('verifies offline, and whatever is changed in it is found', { timeout: 120_000 }, async () => {
    const { db, key } = await threeDays(await open());
    const trust = { origin: ORIGIN, keys: [parseVerifierKey(key.vkey)] as const };
    for (const [query, count] of QUERIES) {
      const bundle = parseBundle(formatBundle(await exportBundle(db, query, [key.vkey])));
      expect(bundle.entries).toHaveLength(count);
      expect(verifyBundle(bundle, trust)).toMatchObject({ ok: true, size: 619, entries: count, damage: [] });
    }
    const bundle = await exportBundle(db, { kind: 'range', first: 2, end: 8 }, [key.vkey]);
    expect(bundle.entries.filter(({ record }) => record === undefined)).toHaveLength(2); // forgotten
    for (const [what, forge] of forgeries) expect([what, verifyBundle(forge(bundle), trust).ok]).toEqual([what, false]);
    const other = generateSigningKey(ORIGIN, 'ed25519', () => 0);
    expect(verifyBundle(bundle, { origin: ORIGIN, keys: [parseVerifierKey(other.vkey)] }).ok).toBe(false);
    expect(verifyBundle(bundle, { ...trust, origin: 'example.org/other' }).ok).toBe(false);
  });

  it('is refused where nothing is signed, and where there is nothing', async () => {
    const { db, log } = await openTestLog(await open());
    await fill(log, 3);
    await expect(exportBundle(db, { kind: 'range', first: 0, end: 3 }, [])).rejects.toMatchObject({
      code: 'audit.not_signed',
    });
    await expect(exportBundle(db, { kind: 'day', date: '2020-01-01' }, [])).rejects.toMatchObject({
      code: 'audit.bundle_empty',
    });
    expect(() => parseBundle('{')).toThrow('it is no JSON');
    expect(() => parseBundle('{"format":"x"}')).toThrow('audit-bundle@v1');
  });
});

describeDb('the verifier that stands alone', (open) => {
  it('says the same', async () => {
    const { db, key } = await threeDays(await open());
    const bundle = await exportBundle(db, { kind: 'range', first: 0, end: 40 }, [key.vkey]);
    const good = await verifyAlone(bundle, key.vkey);
    expect([good.code, JSON.parse(good.output)]).toMatchObject([
      0,
      { origin: ORIGIN, size: 619, entries: 40, records: 38, wrong: [] },
    ]);
    for (const [what, forge] of forgeries) {
      expect([what, (await verifyAlone(forge(bundle), key.vkey)).code]).toEqual([what, 1]);
    }
    const other = generateSigningKey(ORIGIN, 'ed25519', () => 0);
    expect((await verifyAlone(bundle, other.vkey)).output).toContain('the key has not signed the checkpoint');
  });
});

it('the verifier is short, and the page has the same functions', () => {
  const source = readFileSync(VERIFIER, 'utf8');
  expect(source.split('\n').length).toBeLessThan(101);
  const functions = source.slice(source.indexOf('const bytes ='), source.indexOf('if (globalThis.process'));
  expect(readFileSync(PAGE, 'utf8')).toContain(functions.replace('export async', 'async').trimEnd());
});

describeDb('the page that verifies', (open) => {
  it.skipIf(chromium === undefined)(
    'works in a browser without a network',
    async () => {
      const { db, key } = await threeDays(await open());
      const bundle = await exportBundle(db, { kind: 'day', date: '2026-11-25' }, [key.vkey]);
      const [right, wrong] = [join(folder, 'right.json'), join(folder, 'wrong.json')];
      writeFileSync(right, formatBundle(bundle));
      writeFileSync(wrong, formatBundle(forgeries[0]?.[1](bundle) ?? bundle));
      const browser = await openBrowser(chromium ?? '');
      try {
        const context = await browser.newContext({ offline: true });
        const page = await context.newPage();
        const complaints: string[] = [];
        page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
        page.on('pageerror', (error) => complaints.push(error.message));
        page.on(
          'request',
          (request) => !request.url().startsWith('file:') && complaints.push(`asks for ${request.url()}`),
        );
        await page.goto(pathToFileURL(PAGE).href);
        await page.fill('#key', key.vkey);
        await page.setInputFiles('#file', right);
        await page
          .getByText(`Verified: 301 entries of ${ORIGIN}, 299 with their records, in its log of 619.`)
          .waitFor();
        await page.setInputFiles('#file', wrong);
        await page.getByText('NOT verified').waitFor();
        expect(await page.textContent('#result')).toContain('entry 0 is not in the log');
        expect(complaints).toEqual([]);
      } finally {
        await browser.close();
      }
    },
    120_000,
  );
});
