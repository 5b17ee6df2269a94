/** The HTTP API of a TRON node (https://developers.tron.network/reference), as far as wallets go. */
import type { SimulatedBlock } from './chain.ts';
import type { NodeView } from './view.ts';

const REFUSED = { Error: 'class java.lang.IllegalArgumentException : contract does not exist' };

/** @param request the body of the POST. Undefined: there is no such path. */
export function answerTron(view: NodeView, path: string, request: object): unknown {
  const asked: { readonly [name: string]: unknown } = { ...request };
  switch (path) {
    case '/walletsolidity/getnowblock':
      return blockOf(view.head);
    case '/walletsolidity/getblockbynum':
      return Number(asked.num) === 0 ? genesisOf(view) : blockOf(view.block(Number(asked.num)));
    case '/walletsolidity/getaccount':
      return accountOf(view, String(asked.address));
    case '/walletsolidity/triggerconstantcontract':
      return called(view, asked);
    default:
      return undefined;
  }
}

const genesisOf = (view: NodeView) => {
  const block = view.chain.blocks[0];
  return block && blockOf({ ...block, hash: view.genesis });
};

function blockOf(block: SimulatedBlock | undefined) {
  if (block === undefined) return {};
  const { number, hash, parent, timeMs } = block;
  const numbered = number === 0 ? {} : { number };
  const raw_data = { ...numbered, timestamp: timeMs, parentHash: parent, txTrieRoot: '0'.repeat(64), version: 31 };
  return { blockID: hash, block_header: { raw_data, witness_signature: '00' } };
}

function accountOf(view: NodeView, address: string) {
  const units = view.balance(view.head?.number ?? 0, address, 'coin');
  if (units === undefined) return {};
  return { address, ...(units === 0n ? {} : { balance: Number(units) }), create_time: 1_600_000_000_000 };
}

function called(view: NodeView, asked: { readonly [name: string]: unknown }) {
  const { address: token } = view.chain.token;
  if (view.fault === 'no-contract' || asked.contract_address !== token) {
    const message = Buffer.from('Smart contract is not exist.').toString('hex');
    return { result: { code: 'CONTRACT_VALIDATE_ERROR', message } };
  }
  const units =
    asked.function_selector === 'decimals()'
      ? BigInt(view.decimals)
      : (view.balance(view.head?.number ?? 0, String(asked.owner_address), token) ?? 0n);
  return {
    result: { result: true },
    energy_used: 935,
    constant_result: [units.toString(16).padStart(64, '0')],
    transaction: { ret: [{}], visible: true },
  };
}

/** What this API answers under HTTP 200 where it cannot. */
export const refusedByTron = REFUSED;
