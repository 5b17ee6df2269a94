/** JSON-RPC as geth answers it (https://ethereum.github.io/execution-apis/). */
import type { SimulatedBlock } from './chain.ts';
import { type RpcAnswer, type RpcRequest, refused } from './json-rpc.ts';
import type { NodeView } from './view.ts';

const hex = (value: number | bigint): string => `0x${value.toString(16)}`;
const word = (value: bigint): string => `0x${value.toString(16).padStart(64, '0')}`;

export const evmChainId = (genesis: string): number => Number.parseInt(genesis.slice(-6), 16) + 1;

export function answerEvm(view: NodeView, { method, params }: RpcRequest): RpcAnswer {
  const [first, second] = params;
  switch (method) {
    case 'eth_chainId':
      return { result: hex(evmChainId(view.chain.genesis) + (view.fault === 'wrong-chain' ? 1 : 0)) };
    case 'eth_getBlockByNumber':
      return { result: blockOf(named(view, first)) };
    case 'eth_getBalance':
      return at(view, second, ({ number }) => hex(view.balance(number, lower(first), 'coin') ?? 0n));
    case 'eth_getCode':
      return at(view, second, () => (hasContract(view, first) ? '0x6080604052' : '0x'));
    case 'eth_call':
      return at(view, second, ({ number }) => called(view, number, first));
    default:
      return refused(-32601, `the method ${method} does not exist/is not available`);
  }
}

const lower = (value: unknown): string => String(value).toLowerCase();
const hasContract = (view: NodeView, address: unknown): boolean =>
  view.fault !== 'no-contract' && lower(address) === view.chain.token.address.toLowerCase();

/** By height, by `latest`, or by hash (EIP-1898). */
function named(view: NodeView, name: unknown): SimulatedBlock | undefined {
  if (name === 'latest') return view.head;
  if (typeof name === 'string') return view.block(Number(name));
  const hash = typeof name === 'object' && name !== null && 'blockHash' in name ? String(name.blockHash) : '';
  const block = view.byHash(hash.slice(2));
  return block === undefined && view.fault === 'moving' ? view.head : block;
}

function at(view: NodeView, name: unknown, tell: (block: SimulatedBlock) => string): RpcAnswer {
  if (typeof name !== 'string' && view.options.byHash === false) {
    return refused(-32602, 'invalid argument 1: json: cannot unmarshal object into Go value of type string');
  }
  const block = named(view, name);
  if (block === undefined) return refused(-32000, 'header not found');
  if (view.isPruned(block.number))
    return refused(-32000, `missing trie node ${block.hash} (path ) state is not available`);
  return { result: tell(block) };
}

function called(view: NodeView, number: number, request: unknown): string {
  const { to, data } = Object.assign({ to: '', data: '' }, request);
  if (!hasContract(view, to)) return '0x';
  if (data === '0x313ce567') return word(BigInt(view.decimals));
  const address = `0x${String(data).slice(-40)}`;
  return word(view.balance(number, address, view.chain.token.address) ?? 0n);
}

const blockOf = (block: SimulatedBlock | undefined) =>
  block === undefined
    ? null
    : {
        number: hex(block.number),
        hash: `0x${block.hash}`,
        parentHash: `0x${block.parent}`,
        timestamp: hex(Math.floor(block.timeMs / 1_000)),
        gasLimit: '0x1c9c380',
        gasUsed: '0x0',
        transactions: [],
      };
