/**
 * Every source of observed assets under every fault: it tells the truth, or it tells nothing and says who
 * failed and how. A figure that is not the truth, zero above all, is never told.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Reading } from '../../src/features/reconciliation/ports.ts';
import { STATEMENT, statementSource } from '../../src/features/reconciliation/sources/statements/config.ts';
import { readStatement } from '../../src/features/reconciliation/sources/statements/read.ts';
import { readWallet } from '../../src/features/reconciliation/sources/wallets/read.ts';
import { addDays } from '../../src/kernel/business-date.ts';
import { formatMoney } from '../../src/kernel/money.ts';
import { systemClock } from '../../src/platform/clock/system.ts';
import { fileReader } from '../../src/platform/files/reader.ts';
import { createHttpClient } from '../../src/platform/http-client/undici.ts';
import { NODE_FAULTS, type NodeFault } from '../../src/sandbox/chains/faults.ts';
import { FAMILIES, type Family } from '../../src/sandbox/chains/node.ts';
import { type Bank, startBank } from '../support/bank.ts';
import { ACCOUNT, DATE, FORMATS, statementOf, VND, ZONE } from '../support/statements.ts';
import { ACCOUNTS, AT_CUT, AT_NOW, COINS_NOW, CUT, startWallets, USDT, type WalletRig } from '../support/wallets.ts';

/** Where all are to be waited for, and where one of them never answers. Milliseconds. */
const PATIENCE = 10_000;
const TIMEOUT_MS = 150;
const timeoutFor = (fault: NodeFault): number => (fault === 'timeout' ? TIMEOUT_MS * 4 : PATIENCE);
const FAULTS = NODE_FAULTS.filter((fault) => fault !== 'none');

const figure = (reading: Reading): string | undefined =>
  reading.kind === 'read' ? formatMoney(reading.amount) : undefined;

/** With one node nobody contradicts these: a token is not asked for coins, and one unit too many is a lie. */
const UNNOTICED: Readonly<Record<'token' | 'coin', ReadonlySet<NodeFault>>> = {
  token: new Set(['one-more']),
  coin: new Set(['one-more', 'no-contract', 'wrong-unit']),
};
/** What an EVM chain cannot tell from a wallet that was never used; what TRON's API has no envelope for. */
const holds = (family: Family, asset: 'token' | 'coin', fault: NodeFault): boolean =>
  UNNOTICED[asset].has(fault) || (family !== 'evm' && fault === 'moving');

describe.each(FAMILIES)('wallets on %s', (family) => {
  let one: WalletRig;
  let three: WalletRig;
  beforeAll(async () => {
    one = await startWallets(family, [{}], TIMEOUT_MS);
    three = await startWallets(family, [{}, {}, {}], TIMEOUT_MS);
  });
  afterAll(async () => {
    await one.close();
    await three.close();
  });
  const coin = { token: undefined, decimals: undefined, addresses: [ACCOUNTS[family].wallets[0]] };
  const truthOf = (asset: 'token' | 'coin'): string =>
    asset === 'coin' ? COINS_NOW : family === 'evm' ? AT_CUT : AT_NOW;
  const look = (rig: WalletRig, asset: 'token' | 'coin', timeoutMs = TIMEOUT_MS): Promise<Reading> =>
    readWallet({ ...rig.deps, timeoutMs }, rig.source(asset === 'coin' ? coin : {}), USDT, { cut: CUT });

  describe.each(['token', 'coin'] as const)('the %s', (asset) => {
    it.each(FAULTS)('one node, %s: no figure', async (fault) => {
      one.nodes[0]?.setFault(fault);
      const reading = await look(one, asset);
      if (holds(family, asset, fault)) return;
      expect(figure(reading)).toBeUndefined();
      if (reading.kind === 'unreadable') {
        expect(reading.reason).toContain(String(one.nodes[0]?.url));
        expect(reading.reason.length).toBeGreaterThan(String(one.nodes[0]?.url).length + 10);
      }
    });
  });

  it.each(FAULTS)('one of three nodes, %s: the truth, and who dissents', async (fault) => {
    three.nodes.forEach((node, index) => {
      node.setFault(index === 1 ? fault : 'none');
    });
    const reading = await look(three, 'token', timeoutFor(fault));
    expect(figure(reading)).toBe(truthOf('token'));
    const dissent = reading.kind === 'read' ? String(Object(reading.evidence).dissent) : '';
    if (!holds(family, 'token', fault) || fault === 'one-more') expect(dissent).toContain(String(three.nodes[1]?.url));
  });

  it.each(FAULTS)('two of three nodes, %s and another fault: no figure but the truth', async (fault) => {
    // Where a chain cannot tell no wallet from an empty one, two such nodes say the same.
    const other = fault === 'zero' || fault === 'no-wallet' ? 'one-more' : 'zero';
    three.nodes.forEach((node, index) => {
      node.setFault((['none', fault, other] as const)[index] ?? 'none');
    });
    const told = figure(await look(three, 'token'));
    expect([undefined, truthOf('token')]).toContain(told);
  });
});

describe('statements', () => {
  const json = FORMATS.find(({ name }) => name === 'json');
  const today = statementOf(100_000n, [{ id: 'FT1', minor: 250_000n, reference: 'INV-7' }]);
  const clock = { ...systemClock, now: () => Date.parse('2026-11-24T01:00:00Z') };
  const http = createHttpClient({ clock });
  const deps = { http, clock, files: fileReader, timeoutMs: TIMEOUT_MS };
  let folder: string;
  let bank: Bank;
  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'plumbline-observed-'));
    bank = await startBank();
    writeFileSync(path.join(folder, 'key'), bank.publicKey);
  });
  afterAll(async () => {
    rmSync(folder, { recursive: true });
    await bank.close();
    await http.close();
  });
  const right = json?.write(today) ?? '';
  const other = (change: (text: string) => string) => () => ({ body: change(right) });

  it.each<readonly [string, Bank['disturb']]>([
    ['timeout', () => 'silence'],
    ['500', () => ({ status: 500, body: right })],
    ['empty', () => ({ body: '' })],
    ['empty object', () => ({ body: '{}' })],
    ['null', () => ({ body: 'null' })],
    ['not JSON', () => ({ body: right.slice(0, -20) })],
    ['error under 200', () => ({ body: '{"error":{"code":17,"message":"busy"}}' })],
    ['zero', other((text) => text.replace('"closing": "3500.00"', '"closing": "0.00"'))],
    ['no closing balance', other((text) => text.replace('"closing"', '"closed"'))],
    ['wrong unit', other((text) => text.replaceAll('VND', 'USD'))],
    ['hundredths', other((text) => text.replace('"3500.00"', '"350000"'))],
    ['numbers', other((text) => text.replace('"3500.00"', '3500.00'))],
    ['decimal comma', other((text) => text.replace('3500.00', '3500,00'))],
    ['wrong account', other((text) => text.replace(ACCOUNT, '0071000123457'))],
    ['yesterday again', other((text) => text.replaceAll(DATE, addDays(DATE, -1)))],
    ['a line twice', other((text) => text.replace(/(\{\s*"id"[^}]*\})/, '$1,$1'))],
    ['a line lost', other((text) => text.replace(/\{\s*"id"[^}]*\}/, ''))],
    ['not signed', () => ({ body: right, signature: '' })],
    ['signed otherwise', () => ({ body: right, signature: Buffer.alloc(64, 7).toString('base64') })],
    ['changed after signing', () => ({ body: right.replace('250', '251'), signature: bank.sign('ed25519', right) })],
    ['none', () => ({ status: 404, body: '' })],
  ])('over HTTP, %s: no figure', async (_, disturb) => {
    const config = {
      account: ACCOUNT,
      format: 'json',
      url: `${bank.url}/ed25519/{date}`,
      signature: { algorithm: 'ed25519', header: 'X-Signature', key_file: path.join(folder, 'key') },
      since: DATE,
    };
    const look = () => readStatement(deps, statementSource(STATEMENT.parse(config)), VND, { date: DATE, zone: ZONE });
    bank.disturb = () => ({ body: right });
    expect(figure(await look())).toBe('3500.00');
    bank.disturb = disturb;
    const reading = await look();
    expect(figure(reading)).toBeUndefined();
    expect(reading.kind === 'unreadable' && reading.reason).toContain(`${bank.url}/ed25519/${DATE}`);
  });

  it.each(
    FORMATS.flatMap((format) =>
      ['gone', 'empty', 'cut short', 'of another day', 'of another account', 'a folder'].map((fault) => ({
        format,
        fault,
      })),
    ),
  )('a file of $format.name, $fault: no figure', async ({ format, fault }) => {
    const name = `${format.name}-${fault.replaceAll(' ', '-')}`;
    const config = { account: ACCOUNT, ...format.config, file: path.join(folder, `${name}-{date}`), since: DATE };
    const text = format.write(today);
    const file = path.join(folder, `${name}-${DATE}`);
    if (fault === 'empty') writeFileSync(file, '');
    if (fault === 'cut short') writeFileSync(file, text.slice(0, Math.floor(text.length * 0.8)));
    if (fault === 'of another day') writeFileSync(file, format.write(statementOf(100_000n, [], addDays(DATE, -1))));
    if (fault === 'of another account') writeFileSync(file, text.replaceAll(ACCOUNT, '0071000123457'));
    const source =
      fault === 'a folder' ? { ...config, file: `${folder}/../${path.basename(folder)}/{date}/..` } : config;
    const reading = await readStatement(deps, statementSource(STATEMENT.parse(source)), VND, {
      date: DATE,
      zone: ZONE,
    });
    expect(figure(reading)).toBeUndefined();
    expect(reading.kind === 'unreadable' && reading.reason).toMatch(/plumbline-observed-/);
  });
});
