/** A simulated node: a server on loopback that speaks its family's real protocol, and misbehaves on command. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Clock } from '../../kernel/clock.ts';
import type { SimulatedChain } from './chain.ts';
import { answerEvm } from './evm-node.ts';
import type { NodeFault, NodeOptions } from './faults.ts';
import { RPC_REQUEST, refused } from './json-rpc.ts';
import { answerSolana } from './solana-node.ts';
import { answerTron, refusedByTron } from './tron-node.ts';
import { NodeView } from './view.ts';

export const FAMILIES = ['evm', 'tron', 'solana'] as const;
export type Family = (typeof FAMILIES)[number];

export interface SimulatedNode {
  readonly url: string;
  setFault(fault: NodeFault): void;
  /** Called before every answer, for what happens between two questions. */
  onAsked: (method: string) => void;
  /** Requests received since the start. */
  readonly calls: number;
  close(): Promise<void>;
}

export async function startNode(
  family: Family,
  chain: SimulatedChain,
  clock: Clock,
  options: NodeOptions = {},
): Promise<SimulatedNode> {
  const view = new NodeView(chain, clock, options);
  let calls = 0;
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      calls += 1;
      const path = request.url ?? '/';
      node.onAsked(family === 'tron' ? path : String(Object.assign({ method: '' }, parsed(body)).method));
      if (view.fault === 'timeout') return;
      if (view.fault === 'dead') request.socket.resetAndDestroy();
      else send(response, reply(family, view, path, body));
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  const node = {
    url: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`,
    setFault: (fault: NodeFault) => {
      view.fault = fault;
    },
    onAsked: (_: string): void => {},
    get calls() {
      return calls;
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return node;
}

interface Reply {
  readonly status: number;
  readonly body: string;
}
const ok = (document: unknown): Reply => ({ status: 200, body: JSON.stringify(document) });

function reply(family: Family, view: NodeView, path: string, body: string): Reply {
  switch (view.fault) {
    case 'status-500':
      return { status: 500, body: 'Internal Server Error' };
    case 'rate-limited':
      return { status: 429, body: '{"error":"rate limited"}' };
    case 'html':
      return { status: 200, body: '<!DOCTYPE html><html><body>Checking your browser</body></html>' };
    case 'empty-body':
      return { status: 200, body: '' };
    case 'empty-object':
      return { status: 200, body: '{}' };
    case 'not-json':
      return { status: 200, body: '{"jsonrpc":"2.0","id":1,"result":"0x' };
    default:
      return family === 'tron' ? replyTron(view, path, body) : replyRpc(family, view, body);
  }
}

function replyTron(view: NodeView, path: string, body: string): Reply {
  if (view.fault === 'error-under-200') return ok(refusedByTron);
  if (view.fault === 'result-null') return ok(null);
  if (view.fault === 'wrong-id') return ok({ jsonrpc: '2.0', id: 1, result: '0x0' });
  const answer = answerTron(view, path, Object(parsed(body)));
  if (answer === undefined) return { status: 404, body: '' };
  const isBalance = path.endsWith('triggerconstantcontract') || path.endsWith('getaccount');
  if (view.fault === 'empty-result' && isBalance) return ok({ result: { result: true }, constant_result: [''] });
  return ok(answer);
}

const BALANCES = new Set(['eth_call', 'eth_getBalance', 'getMultipleAccounts']);

function replyRpc(family: 'evm' | 'solana', view: NodeView, body: string): Reply {
  const asked = RPC_REQUEST.safeParse(parsed(body));
  if (!asked.success) return ok({ jsonrpc: '2.0', id: null, ...refused(-32700, 'parse error') });
  const { id, method } = asked.data;
  const isBalance = BALANCES.has(method);
  if (view.fault === 'error-under-200' && isBalance) {
    return ok({ jsonrpc: '2.0', id, ...refused(-32603, 'request failed or timed out') });
  }
  if (view.fault === 'result-null' && isBalance) return ok({ jsonrpc: '2.0', id, result: null });
  if (view.fault === 'empty-result' && isBalance) return ok({ jsonrpc: '2.0', id, result: '0x' });
  const answer = family === 'evm' ? answerEvm(view, asked.data) : answerSolana(view, asked.data);
  return ok({ jsonrpc: '2.0', id: view.fault === 'wrong-id' ? id + 1 : id, ...answer });
}

function send(response: ServerResponse, { status, body }: Reply): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(body);
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}
