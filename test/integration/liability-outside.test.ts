/** Proofs of liabilities as others meet them: over HTTP, at the command line, in a browser, by their vectors. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { sql } from 'kysely';
import { afterAll, expect, it } from 'vitest';
import { parseProof } from '../../src/features/reconciliation/proof/proof.ts';
import { proofRoutes } from '../../src/features/reconciliation/proof/routes.ts';
import { openProofSecrets } from '../../src/features/reconciliation/proof/secrets.ts';
import { pemSigner } from '../../src/features/reconciliation/proof/signing.ts';
import { verifyProof } from '../../src/features/reconciliation/proof/verify.ts';
import { systemClock, systemRandom } from '../../src/platform/clock/system.ts';
import { openStateFolder } from '../../src/platform/files/folder.ts';
import { startApp } from '../support/app.ts';
import { findChromium, openBrowser } from '../support/browser.ts';
import { describeEachDb } from '../support/databases.ts';
import { BOOK, keyOf, merchantOf, openProofs, proofSecrets } from '../support/liability.ts';
import { headerOf, holding, plant, proofOf } from '../support/liability-forger.ts';
import { liabilityVectors } from '../support/liability-vectors.ts';
import { plumbline } from '../support/program.ts';

const folder = mkdtempSync(join(tmpdir(), 'plumbline-outside-'));
afterAll(() => rmSync(folder, { recursive: true }));
const chromium = findChromium();
const KEY = proofSecrets.signer.publicKey;
const VERIFIER = resolve('docs/verify/verify-liability.mjs');
const PAGE = resolve('docs/verify/liability.html');

it('the vectors are what this program comes to', () => {
  expect(JSON.parse(readFileSync('docs/verify/liability-vectors.json', 'utf8'))).toEqual(liabilityVectors());
  expect(verifyProof(parseProof(JSON.stringify(liabilityVectors().proof)), { key: KEY })).toMatchObject({ ok: true });
});

it('the verifier is short, and the page has the same functions', () => {
  const source = readFileSync(VERIFIER, 'utf8');
  expect(source.trimEnd().split('\n').length).toBeLessThan(60);
  const functions = source.slice(source.indexOf('const fromHex ='), source.indexOf('if (globalThis.process'));
  expect(readFileSync(PAGE, 'utf8')).toContain(functions.replace('export async', 'async').trimEnd());
});

it.skipIf(chromium === undefined)('the page works in a browser without a network', { timeout: 60_000 }, async () => {
  const tree = plant([1, 2, 3].map((n) => holding(n, BigInt(n) * 1_000n)));
  const proof = proofOf(tree, merchantOf(2));
  const [right, wrong] = [join(folder, 'right.json'), join(folder, 'wrong.json')];
  writeFileSync(right, JSON.stringify(proof));
  writeFileSync(wrong, JSON.stringify({ ...proof, header: headerOf(tree, { total: '1' }) }));
  const browser = await openBrowser(chromium ?? '');
  try {
    const page = await (await browser.newContext({ offline: true })).newPage();
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => !request.url().startsWith('file:') && complaints.push(`asks for ${request.url()}`));
    await page.goto(pathToFileURL(PAGE).href);
    await page.fill('#key', KEY);
    await page.fill('#merchant', merchantOf(2));
    await page.setInputFiles('#file', right);
    await page
      .getByText('Verified: 20.05 VND are counted among what is owed on 2026-11-23. Is that your balance?')
      .waitFor();
    await page.setInputFiles('#file', wrong);
    await page.getByText('NOT verified: the key has not signed the header').waitFor();
    expect(complaints).toEqual([]);
  } finally {
    await browser.close();
  }
});

it('keys and the secret are made once, and kept for their owner', async () => {
  const open = () =>
    openProofSecrets({
      ...{ signingKey: undefined, proofSecret: undefined, random: systemRandom },
      files: openStateFolder({ folder: join(folder, 'state'), clock: systemClock }),
    });
  const [one, two] = [await open(), await open()];
  expect(one?.signer.publicKey).toBe(two?.signer.publicKey);
  expect(one?.secret).toEqual(two?.secret);
  expect(one?.secret).toHaveLength(32);
  for (const name of ['reconciliation-key.pem', 'proof-secret']) {
    expect(statSync(join(folder, 'state', name)).mode & 0o777).toBe(0o600);
  }
  const given = { files: undefined, random: systemRandom };
  expect(await openProofSecrets({ ...given, signingKey: undefined, proofSecret: undefined })).toBeUndefined();
  const secret = 'ab'.repeat(32);
  expect(await openProofSecrets({ ...given, signingKey: keyOf(7), proofSecret: secret })).toMatchObject({
    signer: { publicKey: KEY },
  });
  await expect(openProofSecrets({ ...given, signingKey: keyOf(7), proofSecret: undefined })).rejects.toMatchObject({
    code: 'proof.half_configured',
  });
  await expect(openProofSecrets({ ...given, signingKey: keyOf(7), proofSecret: 'abc' })).rejects.toMatchObject({
    code: 'proof.secret_malformed',
  });
  expect(() => pemSigner('no key', 'X')).toThrow('X is not an Ed25519 key in PEM');
});

describeEachDb('over HTTP and at the command line', (open, engine) => {
  it.skipIf(engine === 'PostgreSQL 15')(
    'a proof is shown, given, counted, published and verified',
    { timeout: 90_000 },
    async () => {
      const db = await open();
      const fixture = await openProofs(db);
      await sql`INSERT INTO balances SELECT ('00000000-0000-4000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, n * 10, 0, -(n % 2) FROM generate_series(1, 20) AS n`.execute(
        db.sql,
      );
      const row = await fixture.make(23);
      // A service that is given a database and no secrets makes no proofs of its own.
      const env = { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' };
      const routes = () => [proofRoutes(fixture.proofs, BOOK)];
      const app = await startApp({ db, env, warm: false, compose: { routes } });
      try {
        const at = `/v1/liability-proofs/${row.id}`;
        expect((await app.request('/v1/liability-proofs')).body).toMatchObject({
          data: [{ id: row.id, total: '2100.00' }],
          next: null,
        });
        expect((await app.request('/v1/liability-proofs/dates/2026-11-23')).body).toMatchObject({
          verified: 0,
          negative_count: 10,
        });
        const proof = parseProof((await app.request(`${at}/merchants/${merchantOf(3)}`)).text);
        expect(verifyProof(proof, { key: KEY, owed: 3_000n })).toMatchObject({ ok: true });
        expect((await app.request(`${at}/merchants/${merchantOf(3)}/packed`)).body).toMatchObject({
          header_hash: row.header_hash,
        });
        expect((await app.post(`${at}/merchants/${merchantOf(3)}/verified`, {})).body).toEqual({
          merchants: 20,
          verified: 1,
        });
        expect((await app.request(at)).body).toMatchObject({ verified: 1 });
        expect((await app.request(`${at}/publication?first=5&count=2`)).text.split('\n')).toHaveLength(3);
        expect((await app.request(`${at}/merchants/${merchantOf(99)}`)).status).toBe(404);
        expect((await app.request(`/v1/liability-proofs/${merchantOf(1)}/publication`)).status).toBe(404);
        expect((await app.request(`${at}/merchants/nobody`)).status).toBe(422);
        const mere = { headers: { authorization: `Bearer ${app.key('reconciliation:read')}` } };
        expect((await app.request(`${at}/merchants/${merchantOf(3)}`, mere)).status).toBe(403);

        const run = (...args: readonly string[]) =>
          plumbline(['reconcile', 'proof', ...args], {
            PLUMBLINE_URL: app.url,
            PLUMBLINE_API_KEY: app.key('reconciliation:read', 'reconciliation:prove'),
          });
        const [file, all] = [join(folder, 'merchant.json'), join(folder, 'all.txt')];
        expect((await run('show')).stdout).toContain('2100.00 VND to 20 merchants');
        expect((await run('merchant', merchantOf(4), '-o', file)).status).toBe(0);
        expect((await run('verify', file, '--key', KEY, '--date', '2026-11-23')).stdout).toContain(
          'verified: 40.00 VND',
        );
        expect((await run('publish', '--of', '2026-11-23', '-o', all)).status).toBe(0);
        expect((await run('verify', all, '--total', '--key', KEY)).stdout).toContain('20 leaves add up to 2100.00 VND');
        const refused = await run('verify', file, '--key', KEY, '--merchant', merchantOf(5));
        expect([refused.status, refused.stdout]).toEqual([8, expect.stringContaining('REFUSED')]);
      } finally {
        await app.close();
        fixture.remove();
      }
    },
  );
});
