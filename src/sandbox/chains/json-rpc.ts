/** What a JSON-RPC server is asked and answers. */
import { z } from 'zod';

export const RPC_REQUEST = z.object({ id: z.number(), method: z.string(), params: z.array(z.unknown()).default([]) });
export type RpcRequest = z.output<typeof RPC_REQUEST>;

export type RpcAnswer =
  | { readonly result: unknown }
  | { readonly error: { readonly code: number; readonly message: string } };

export const refused = (code: number, message: string): RpcAnswer => ({ error: { code, message } });
