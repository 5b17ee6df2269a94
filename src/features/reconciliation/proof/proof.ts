/** A merchant's proof, as a JSON document that verifies alone, and packed, beside a header that is known. */
import { z } from 'zod';
import { messageOf, PlumblineError } from '../../../kernel/errors.ts';
import { headerHash, heightOf, uintBytes, uintOf, uuidBytes, uuidText, widthOf } from './format.ts';
import { HEADER, HEX32, type Header, UINT } from './header.ts';

const SIBLING = z.tuple([HEX32, UINT]);

const PART = z.strictObject({
  part: z.int().min(0).max(15),
  /** Place among all leaves, from 0. */
  index: z.int().min(0),
  available: UINT,
  pending: UINT,
  reserved: UINT,
  /** From the leaf up: the hash and the sum of what stands beside. */
  path: z.array(SIBLING).max(32),
});

export const PROOF = z.strictObject({
  format: z.literal('pol/v1 proof'),
  header: HEADER,
  /** Ed25519, base64. */
  signature: z.string().regex(/^[A-Za-z0-9+/]{86}==$/, 'the base64 of 64 bytes'),
  merchant: z.uuid(),
  /** For this merchant alone: with it anybody can try which leaf is theirs. */
  salt: HEX32,
  parts: z.array(PART).min(1).max(16),
});

export type Proof = z.output<typeof PROOF>;
export type ProofPart = z.output<typeof PART>;

/** @throws `proof.malformed` (invalid) naming the first field that is not as it should be */
export function parseProof(text: string): Proof {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    throw malformed(`it is no JSON: ${messageOf(error)}`);
  }
  const parsed = PROOF.safeParse(document);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw malformed(`/${issue?.path.join('/') ?? ''}: ${issue?.message ?? ''}`);
}

const malformed = (why: string): PlumblineError =>
  new PlumblineError('invalid', 'proof.malformed', `this is no proof of a balance: ${why}`);

const MAGIC = Buffer.from('pol1');

/**
 * All of a proof but the header, which is named by its hash; about 1 kB a part at ten million leaves.
 *
 *     "pol1" | header's hash 32 | merchant 16 | salt 32 | parts 1, then of each
 *     part 1 | index 4 | available, pending, reserved: length 1, bytes | siblings: hash 32, sum: length 1, bytes
 *
 * Pads are left out: where they stand follows from the index and the number of leaves.
 */
export function packProof(proof: Proof): Uint8Array {
  const number = (text: string): Uint8Array => {
    const value = BigInt(text);
    const bytes = value === 0n ? Buffer.alloc(0) : uintBytes(value, Math.ceil(value.toString(16).length / 2));
    return Buffer.concat([Uint8Array.of(bytes.length), bytes]);
  };
  return Buffer.concat([
    MAGIC,
    Buffer.from(headerHash(proof.header), 'hex'),
    uuidBytes(proof.merchant),
    Buffer.from(proof.salt, 'hex'),
    Uint8Array.of(proof.parts.length),
    ...proof.parts.flatMap(({ part, index, available, pending, reserved, path }) => [
      Uint8Array.of(part),
      uintBytes(BigInt(index), 4),
      ...[available, pending, reserved].map(number),
      ...path.flatMap(([hash, sum], level) =>
        isPad(proof.header, index, level) ? [] : [Buffer.from(hash, 'hex'), number(sum)],
      ),
    ]),
  ]);
}

/**
 * @param padHash of the header's run, at a level
 * @throws `proof.malformed` (invalid); `proof.other_header` (conflict) where it belongs to another header
 */
export function unpackProof(
  packed: Uint8Array,
  { header, signature }: Pick<Proof, 'header' | 'signature'>,
  padHash: (level: number) => string,
): Proof {
  let at = 0;
  const take = (length: number): Uint8Array => {
    at += length;
    if (at > packed.length) throw malformed('it ends too early');
    return packed.subarray(at - length, at);
  };
  const byte = (): number => take(1)[0] ?? 0;
  const hex = (): string => Buffer.from(take(32)).toString('hex');
  const number = (): string => {
    const length = byte();
    return length === 0 ? '0' : uintOf(take(length)).toString();
  };
  if (MAGIC.compare(take(4)) !== 0) throw malformed('it does not begin with "pol1"');
  const of = hex();
  if (of !== headerHash(header)) {
    throw new PlumblineError('conflict', 'proof.other_header', `the proof belongs to the header with the hash ${of}`);
  }
  const merchant = uuidText(take(16));
  const salt = hex();
  const parts = Array.from({ length: byte() }, (): ProofPart => {
    const [part, index] = [byte(), Number(uintOf(take(4)))];
    const [available, pending, reserved] = [number(), number(), number()];
    const path = Array.from({ length: heightOf(header.leaves) }, (_, level): [string, string] =>
      isPad(header, index, level) ? [padHash(level), '0'] : [hex(), number()],
    );
    return { part, index, available, pending, reserved, path };
  });
  if (at !== packed.length) throw malformed('something follows its end');
  return parseProof(JSON.stringify({ format: 'pol/v1 proof', header, signature, merchant, salt, parts }));
}

/** Whether beside that leaf's ancestor stands the pad that completes the level. */
export const isPad = ({ leaves }: Pick<Header, 'leaves'>, index: number, level: number): boolean =>
  (Math.floor(index / 2 ** level) ^ 1) >= widthOf(leaves, level);
