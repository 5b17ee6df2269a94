/** JSON-RPC 2.0 over POST (https://www.jsonrpc.org/specification), one call a request. */
import { z } from 'zod';
import { type ExactJson, integerNumber, JsonNumber } from '../../../../platform/http-client/exact-json.ts';
import { type Node, shaped, walletFault } from './endpoint.ts';

/** The node understood and refuses; `code` is its own. */
export class RpcRefusal extends Error {
  override readonly name = 'RpcRefusal';
  readonly code: number;
  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

const ERROR = z.object({ code: integerNumber, message: z.string().default('') });
const ENVELOPE = z.object({
  id: z.instanceof(JsonNumber),
  error: z.unknown().optional(),
  result: z.unknown().optional(),
});

/**
 * What the node answered, judged by `schema`. `null` is an answer only where the schema takes it.
 * @throws RpcRefusal; `wallet.unanswered`, `wallet.malformed` (upstream)
 */
export async function call<Schema extends z.ZodType>(
  node: Node,
  method: string,
  params: readonly unknown[],
  schema: Schema,
): Promise<z.output<Schema>> {
  const answer: ExactJson = await node.post('', JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }));
  const envelope = shaped(ENVELOPE, answer, method);
  if (envelope.error !== undefined && envelope.error !== null) {
    const { code, message } = shaped(ERROR, envelope.error, `${method} (its error)`);
    throw new RpcRefusal(code, `${method} was refused: ${message.slice(0, 200)} (${code})`);
  }
  if (envelope.id.source !== '1') throw walletFault('wallet.malformed', `${method} answered another request`);
  if (envelope.result === undefined) throw walletFault('wallet.malformed', `${method} answered without a result`);
  return shaped(schema, envelope.result, method);
}
