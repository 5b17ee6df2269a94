/** The audit log as others read it: tiles, checkpoints, receipts. */
import { gunzipSync } from 'node:zlib';
import { describe, expect, it, test } from 'vitest';
import { parseVerifierKey } from '../../src/features/audit/tlog/keys.ts';
import { parseReceipt, verifyReceipt } from '../../src/features/audit/tlog/receipt.ts';
import { sha256Hex } from '../../src/kernel/hash.ts';
import { readWholeLog, treeHash } from '../support/audit-client.ts';
import {
  append,
  bytes,
  type Leaf,
  many,
  ORIGIN,
  settled,
  signer,
  sizeOf,
  withService,
} from '../support/audit-service.ts';
import { describeDb } from '../support/databases.ts';
import { sharedPglite } from '../support/pglite.ts';

describeDb('the tiles of the audit log over HTTP', (open) => {
  it('is read whole by a client that knows its address alone', async () => {
    const db = await open();
    await withService(db, async (service) => {
      expect((await fetch(`${service.url}/log/checkpoint`)).status).toBe(404);
      await append(service, many(600));
      await settled(service);
      const size = await sizeOf(service);
      await signer.publish(db, size);
      const log = await readWholeLog(`${service.url}/log`);
      expect([log.origin, log.size, log.entries.length]).toEqual([ORIGIN, size, size]);
      expect(log.levels[0]).toEqual(log.leaves);
      expect(log.levels[1]).toEqual([treeHash(log.leaves.slice(0, 256)), treeHash(log.leaves.slice(256, 512))]);
      expect(treeHash(log.leaves).toString('base64')).toBe(log.root);
      for (const [index, entry] of log.entries.entries()) {
        expect(entry.toString().split('\n')).toHaveLength(6);
        if (index % 100 === 0) {
          const { body } = await service.request(`/v1/audit/entries/${index}`);
          expect(body).toMatchObject({ leaf: entry.toString(), leaf_hash: log.leaves[index]?.toString('hex') });
        }
      }
    });
  });

  it('serves tiles that never change, and none beyond what is published', async () => {
    const db = await open();
    await withService(db, async (service) => {
      await append(service, many(300));
      await settled(service);
      await signer.publish(db, 290);
      const tile = (path: string, headers: Record<string, string> = {}) =>
        fetch(`${service.url}/log/${path}`, { headers });
      const checkpoint = await tile('checkpoint');
      expect(checkpoint.headers.get('content-type')).toBe('text/plain; charset=utf-8');
      expect(checkpoint.headers.get('cache-control')).toBe('no-store');
      const full = await tile('tile/0/000');
      expect(full.headers.get('content-type')).toBe('application/octet-stream');
      expect(full.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
      expect((await full.arrayBuffer()).byteLength).toBe(8_192);
      const etag = full.headers.get('etag') ?? '';
      expect((await tile('tile/0/000', { 'if-none-match': etag })).status).toBe(304);
      expect((await tile('tile/0/000', { 'if-none-match': '"other"' })).status).toBe(200);
      const lengths = [
        ['tile/0/000.p/5', 5 * 32],
        ['tile/0/001.p/34', 34 * 32],
        ['tile/1/000.p/1', 32],
      ] as const;
      for (const [path, length] of lengths) {
        expect((await (await tile(path)).arrayBuffer()).byteLength, path).toBe(length);
      }
      for (const path of [
        ...['tile/0/001', 'tile/0/001.p/35', 'tile/0/001.p/0', 'tile/0/001.p/256', 'tile/0/002', 'tile/1/000'],
        ...['tile/1/000.p/2', 'tile/2/000.p/1', 'tile/0/1', 'tile/00/000', 'tile/0/%3000', 'tile/0/000?x=1'],
        ...['tile/64/000', 'tile/entries/x000/000', 'tile/data/000', 'tile/', 'tile/0/x999/x999/x999/x999/x999/999'],
        'tile/entries/001.p/35',
      ]) {
        expect((await tile(path)).status, path).toBe(404);
      }
      const plain = Buffer.from(
        await (await tile('tile/entries/001.p/34', { 'accept-encoding': 'identity' })).arrayBuffer(),
      );
      const zipped = await service.app.server.inject({
        url: '/log/tile/entries/001.p/34',
        headers: { 'accept-encoding': 'br, gzip' },
      });
      expect(zipped.headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'accept-encoding' });
      expect(zipped.rawPayload.length).toBeLessThan(plain.length);
      expect(gunzipSync(zipped.rawPayload)).toEqual(plain);
      const no = { url: '/log/tile/entries/001.p/34', headers: { 'accept-encoding': 'gzip;q=0' } };
      expect((await service.app.server.inject(no)).rawPayload).toEqual(plain);
    });
  });
});

describe('the audit log as others read it', () => {
  test('where it is signed: who waits has a receipt', async () => {
    const db = await sharedPglite('migrated');
    const signed = { DATABASE_URL: '' };
    await withService(
      db,
      async (service) => {
        const answer = await service.post('/v1/audit/entries?wait=published', many(3));
        const { data } = answer.body as { data: Leaf[] };
        const { keys } = (await service.request('/v1/audit/log')).body as { keys: { vkey: string }[] };
        const trusted = { origin: ORIGIN, logKeys: keys.map(({ vkey }) => parseVerifierKey(vkey)) };
        for (const { receipt, leaf_hash } of data) {
          expect(verifyReceipt(parseReceipt(receipt ?? ''), bytes(leaf_hash), trusted).size).toBeGreaterThan(3);
        }
        expect(data).toHaveLength(3);
      },
      signed,
    );
    await db.close();
  });

  test('by its settings: tiles need a key; bytes are added without more', async () => {
    const db = await sharedPglite('migrated');
    const env = { AUDIT_TILES: 'key', AUDIT_ADD_STREAM: 'added' };
    await withService(
      db,
      async (service) => {
        expect((await fetch(`${service.url}/log/checkpoint`)).status).toBe(401);
        expect((await service.request('/log/checkpoint')).body).toMatchObject({ code: 'audit.no_checkpoint' });
        await service.post('/v1/audit/streams', { name: 'added', salted: false });
        const add = (body: Uint8Array<ArrayBuffer>) => service.request('/log/add', { method: 'POST', body });
        const entry = new Uint8Array([0, 1, 2, 255]);
        const { status, text } = await add(entry);
        expect([status, text]).toEqual([200, expect.stringMatching(/^\d+$/)]);
        expect((await add(entry)).text).toBe(text);
        expect((await service.request(`/v1/audit/entries/${text}`)).body).toMatchObject({
          ...{ data_hash: sha256Hex(entry), record: null, forgotten_by: null, op: 'add' },
        });
        expect((await add(new Uint8Array(65_536))).status).toBe(413);
      },
      env,
    );
    await db.close();
  });
});
