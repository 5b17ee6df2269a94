/**
 * Wallets on TRON, through a node's HTTP API (https://developers.tron.network/reference). Only
 * /walletsolidity is asked, the state under the solidified head, which no reorganisation takes back. A node
 * answers for that head alone: there is no asking for an older one, so a figure is that of now. Staked TRX
 * is not in a wallet's balance.
 */
import { z } from 'zod';
import { integerNumber, JsonNumber } from '../../../../platform/http-client/exact-json.ts';
import { tronAbiWord } from './addresses.ts';
import type { Block, OpenedChain, Sighting, Wallets } from './chain.ts';
import { type Node, shaped, walletFault } from './endpoint.ts';

const BLOCK = z.object({
  blockID: z.string().regex(/^[0-9a-f]{64}$/, 'expected the id of a block'),
  // Protocol buffers leave a zero out: block 0 has neither number nor, on some networks, time.
  block_header: z.object({
    raw_data: z.object({ number: integerNumber.default(0), timestamp: integerNumber.default(0) }),
  }),
});

/** `balance` is left out where it is zero; the address is there whenever the account is. */
const ACCOUNT = z.object({ address: z.string(), balance: z.instanceof(JsonNumber).optional() });

const CALLED = z.object({
  result: z.object({ result: z.boolean().optional(), code: z.string().optional(), message: z.string().optional() }),
  constant_result: z.array(z.string()).optional(),
});

/** @throws `wallet.wrong_chain`, `wallet.unanswered`, `wallet.malformed`, `wallet.refused` (upstream) */
export async function openTron(node: Node, wallets: Wallets, genesis: string): Promise<OpenedChain> {
  const first = await blockAt(node, 0);
  if (first.hash !== genesis) {
    throw walletFault(
      'wallet.wrong_chain',
      `its block 0 is ${first.hash}; the network of the book begins with ${genesis}`,
    );
  }
  const head = await newest(node);
  return {
    head,
    now: () => sight(node, wallets),
    hashAt: async (number) => (await blockAt(node, number)).hash,
  };
}

const TRIES = 5;

/** What is read between two looks at one and the same head belongs to it. */
async function sight(node: Node, wallets: Wallets): Promise<Sighting> {
  for (let attempt = 1; attempt <= TRIES; attempt += 1) {
    const block = await newest(node);
    const balances = await balancesOf(node, wallets);
    if ((await newest(node)).hash === block.hash) return { block, balances };
  }
  throw walletFault('wallet.moved', `the head moved on during each of ${TRIES} readings`);
}

async function ask<Schema extends z.ZodType>(node: Node, method: string, body: object, schema: Schema) {
  const answer = await node.post(`/walletsolidity/${method}`, JSON.stringify(body));
  const refused = REFUSED.safeParse(answer);
  // The capital is TRON's own.
  if (refused.success)
    throw walletFault('wallet.refused', `${method} was refused: ${refused.data.Error.slice(0, 200)}`);
  return shaped(schema, answer, method);
}
const REFUSED = z.object({ Error: z.string() });

const toBlock = ({ blockID, block_header: { raw_data } }: z.output<typeof BLOCK>): Block => ({
  number: raw_data.number,
  hash: blockID,
  timeMs: raw_data.timestamp,
});

const newest = async (node: Node): Promise<Block> => toBlock(await ask(node, 'getnowblock', {}, BLOCK));

async function blockAt(node: Node, number: number): Promise<Block> {
  const block = toBlock(await ask(node, 'getblockbynum', { num: number }, BLOCK));
  if (block.number === number) return block;
  throw walletFault('wallet.malformed', `was asked for block ${number} and answered with block ${block.number}`);
}

async function balancesOf(node: Node, { addresses, token, decimals }: Wallets): Promise<readonly bigint[]> {
  if (token === undefined) return Promise.all(addresses.map((address) => coinOf(node, address)));
  const [owner = ''] = addresses;
  const said = await constant(node, { token, owner, signature: 'decimals()', parameter: '' });
  if (said !== BigInt(decimals)) {
    throw walletFault('wallet.wrong_unit', `the token ${token} has ${said} decimals; the book says ${decimals}`);
  }
  return Promise.all(
    addresses.map((address) =>
      constant(node, { token, owner: address, signature: 'balanceOf(address)', parameter: tronAbiWord(address) }),
    ),
  );
}

async function coinOf(node: Node, address: string): Promise<bigint> {
  const answer = await ask(node, 'getaccount', { address, visible: true }, z.union([ACCOUNT, z.strictObject({})]));
  if (!('address' in answer)) {
    throw walletFault('wallet.missing', `does not know the wallet ${address}: no such account exists on the chain`);
  }
  if (answer.address !== address) {
    throw walletFault('wallet.malformed', `was asked for ${address} and answered for ${answer.address.slice(0, 60)}`);
  }
  if (answer.balance === undefined) return 0n;
  if (!/^\d{1,19}$/.test(answer.balance.source)) {
    throw walletFault('wallet.malformed', `the balance of ${address} is ${answer.balance.source.slice(0, 40)}`);
  }
  return BigInt(answer.balance.source);
}

interface ConstantCall {
  readonly token: string;
  readonly owner: string;
  readonly signature: string;
  readonly parameter: string;
}

/** One uint256 of a contract's view function. */
async function constant(node: Node, { token, owner, signature, parameter }: ConstantCall): Promise<bigint> {
  const body = {
    owner_address: owner,
    contract_address: token,
    function_selector: signature,
    parameter,
    visible: true,
  };
  const { result, constant_result: words } = await ask(node, 'triggerconstantcontract', body, CALLED);
  if (result.result !== true || result.message !== undefined) {
    // A refusal's message is hexadecimal, a revert's is text beside `result: true`.
    const message = result.message ?? '';
    const text = /^([0-9a-f]{2})+$/i.test(message) ? Buffer.from(message, 'hex').toString('utf8') : message;
    throw walletFault('wallet.refused', `${signature} of ${token} was refused: ${result.code ?? ''} ${text}`.trim());
  }
  const [word, second] = words ?? [];
  if (word === undefined || second !== undefined || !/^[0-9a-f]{64}$/.test(word)) {
    throw walletFault(
      'wallet.malformed',
      `${signature} of ${token} answered with no uint256: is there such a contract?`,
    );
  }
  return BigInt(`0x${word}`);
}
