/** One suite for wallets on every family of chains. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { Reading } from '../../src/features/reconciliation/ports.ts';
import { readWallet } from '../../src/features/reconciliation/sources/wallets/read.ts';
import { formatMoney } from '../../src/kernel/money.ts';
import type { NodeOptions } from '../../src/sandbox/chains/faults.ts';
import { FAMILIES, startNode } from '../../src/sandbox/chains/node.ts';
import {
  ACCOUNTS,
  AT_CUT,
  AT_NOW,
  COINS_NOW,
  CUT,
  chainOf,
  clock,
  startWallets,
  USDT,
  type WalletRig,
} from '../support/wallets.ts';

const rigs: WalletRig[] = [];
afterEach(async () => {
  await Promise.all(rigs.splice(0).map((rig) => rig.close()));
});

const show = (reading: Reading): string =>
  reading.kind === 'read' ? `${formatMoney(reading.amount)} at ${reading.at}` : reading.reason;
const evidenceOf = (reading: Reading): Record<string, unknown> =>
  reading.kind === 'read' ? { ...Object(reading.evidence) } : {};

describe.each(FAMILIES)('wallets on %s', (family) => {
  const start = async (...options: readonly NodeOptions[]): Promise<WalletRig> => {
    const rig = await startWallets(family, options);
    rigs.push(rig);
    return rig;
  };
  const look = async (rig: WalletRig, config = {}, cut: Date | 'none' = CUT): Promise<Reading> =>
    readWallet(rig.deps, rig.source(config), USDT, { cut: cut === 'none' ? undefined : cut });
  const truth = family === 'evm' ? `${AT_CUT} at cut` : `${AT_NOW} at now`;

  it('tells the sum of a token, with its block and what each wallet holds', async () => {
    const rig = await start({}, {}, {});
    const reading = await look(rig);
    expect(show(reading)).toBe(truth);
    const at = family === 'evm' ? '1500.250000' : '1100.250000';
    expect(evidenceOf(reading)).toMatchObject({
      chain: family,
      wallets: [{ balance: at }, { balance: '0.750000' }],
      agreed: rig.nodes.map(({ url }) => url).sort(),
      dissent: [],
    });
  });

  it('tells the same bytes for the same cut', async () => {
    const rig = await start({}, {}, {});
    const [first, second] = [await look(rig), await look(rig)];
    expect(second).toEqual(first);
  });

  it("tells the chain's own coin", async () => {
    const rig = await start({});
    const [wallet] = ACCOUNTS[family].wallets;
    const reading = await look(rig, { token: undefined, decimals: undefined, addresses: [wallet] }, 'none');
    expect(show(reading)).toBe(`${COINS_NOW} at now`);
  });

  it('names the node that says something else', async () => {
    const rig = await start({}, {}, {});
    rig.nodes[1]?.setFault('one-more');
    const reading = await look(rig);
    expect(show(reading)).toBe(truth);
    expect(evidenceOf(reading).dissent).toEqual([expect.stringContaining(`${rig.nodes[1]?.url} says 1`)]);
  });

  it('tells nothing where no quorum agrees, and names each', async () => {
    const rig = await start({}, {}, {});
    rig.nodes[0]?.setFault('zero');
    rig.nodes[1]?.setFault('one-more');
    const reading = await look(rig);
    expect(reading.kind).toBe('unreadable');
    for (const { url } of rig.nodes) expect(show(reading)).toContain(url);
    expect(show(reading)).toContain('2 of 3 nodes have to agree');
  });

  it('names a node of another chain', async () => {
    const rig = await start({}, {}, {});
    rig.nodes[2]?.setFault('wrong-chain');
    const reading = await look(rig);
    expect(show(reading)).toBe(truth);
    expect(String(evidenceOf(reading).dissent)).toMatch(/the book says chain_id|of the book begins with/);
  });

  it('takes a zero of two nodes, and of one only where the book allows it', async () => {
    const rig = await start({}, {});
    for (const node of rig.nodes) node.setFault('zero');
    const none = family === 'evm' ? '0.000000000000000000 at cut' : '0.000000000000000000 at now';
    expect(show(await look(rig))).toBe(none);
    const one = { endpoints: [rig.nodes[0]?.url] };
    expect(show(await look(rig, one))).toContain('may_be_empty');
    expect(show(await look(rig, { ...one, may_be_empty: true }))).toBe(none);
  });

  it('does not tell the path of an address, which may be a key', async () => {
    const rig = await start({});
    rig.nodes[0]?.setFault('status-500');
    expect(show(await look(rig, { endpoints: [`${rig.nodes[0]?.url}/v3/sesame?key=sesame`] }))).not.toContain('sesame');
    await rig.nodes[0]?.close();
    const gone = show(await look(rig, { endpoints: [`${rig.nodes[0]?.url}/v3/sesame?key=sesame`] }));
    expect(gone).toContain('127.0.0.1');
    expect(gone).not.toContain('sesame');
  });

  it('reads an address and a header from files', async () => {
    const rig = await start({});
    const folder = mkdtempSync(path.join(tmpdir(), 'plumbline-wallet-'));
    try {
      writeFileSync(path.join(folder, 'url'), `${rig.nodes[0]?.url}\n`);
      writeFileSync(path.join(folder, 'key'), 'sesame\n');
      const header = { name: 'TRON-PRO-API-KEY', file: path.join(folder, 'key') };
      const endpoint = { url_file: path.join(folder, 'url'), header };
      expect(show(await look(rig, { endpoints: [endpoint] }))).toBe(truth);
      const missing = { ...endpoint, url_file: path.join(folder, 'other') };
      expect(show(await look(rig, { endpoints: [missing] }))).toMatch(/^endpoint 1 .*does not exist/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  if (family === 'evm') {
    it('reads by height where a node cannot by hash', async () => {
      expect(show(await look(await start({ byHash: false })))).toBe(truth);
    });

    it('says that the figure is of now where the node has thrown the state of the cut away', async () => {
      expect(show(await look(await start({ historyBlocks: 10 }, { historyBlocks: 10 })))).toBe(`${AT_NOW} at now`);
    });

    it('says so, too, where no block after the cut is known yet', async () => {
      expect(show(await look(await start({}), {}, new Date(CUT.getTime() + 600_001)))).toBe(`${AT_NOW} at now`);
    });

    it('notices that its block was replaced meanwhile', async () => {
      const rig = await start({ byHash: false });
      const [node] = rig.nodes;
      if (node !== undefined) {
        node.onAsked = (method) => {
          if (method === 'eth_getCode') rig.chain.reorganise(70, []);
        };
      }
      expect(show(await look(rig))).toMatch(/^http:\S+ block \d+ was 0x\w+ and became 0x/);
    });

    it('reads what is true after a reorganisation', async () => {
      const rig = await start({});
      const address = ACCOUNTS.evm.wallets[0].toLowerCase();
      rig.chain.reorganise(45, [{ address, asset: ACCOUNTS.evm.token, units: 1n }]);
      expect(show(await look(rig))).toBe(`${AT_CUT} at cut`);
      expect(show(await look(rig, {}, 'none'))).toBe('0.750001000000000000 at now');
    });
  } else {
    it('agrees with a node that stands at another block', async () => {
      const rig = await start({}, {});
      const [first] = rig.nodes;
      let asked = 0;
      if (first !== undefined) {
        first.onAsked = () => {
          asked += 1;
          if (asked === 4) rig.chain.mine(CUT.getTime() + 600_000, []);
        };
      }
      expect(show(await look(rig))).toBe(truth);
    });

    it('does not agree with a node whose history is another one', async () => {
      const rig = await start({});
      const other = chainOf(family);
      other.reorganise(45, [
        { address: ACCOUNTS[family].wallets[0], asset: ACCOUNTS[family].token, units: 1_100_250_000n },
      ]);
      const node = await startNode(family, other, clock);
      const reading = await look(rig, { endpoints: [rig.nodes[0]?.url, node.url] });
      await node.close();
      expect(reading.kind).toBe('unreadable');
      expect(show(reading)).toMatch(/says 1101.* in block 150 .* says 1101.* in block 150/);
    });
  }
});
