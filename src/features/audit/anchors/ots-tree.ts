/**
 * OpenTimestamps proofs: a tree of operations that leads from a digest to attestations of time
 * (https://github.com/opentimestamps/python-opentimestamps, opentimestamps/core). Only what is
 * serialised is kept: the message at each node follows from the digest.
 */
import { hash } from 'node:crypto';
import { type ByteReader, otsMalformed, varbytes } from './ots-bytes.ts';

export interface Op {
  readonly tag: number;
  /** Of `append` and `prepend`. */
  readonly argument?: Uint8Array;
}

export interface Attestation {
  /** Eight bytes that say of which kind it is. */
  readonly tag: Buffer;
  readonly payload: Buffer;
}

export interface OtsTree {
  readonly attestations: readonly Attestation[];
  readonly ops: readonly { readonly op: Op; readonly next: OtsTree }[];
}

export const SHA256 = 0x08;
export const APPEND = 0xf0;
const PREPEND = 0xf1;
const ATTESTATION = 0x00;
const MORE = 0xff;
const MAX_MESSAGE = 4_096;
const MAX_PAYLOAD = 8_192;
const MAX_DEPTH = 256;
/** Nodes of one tree: a calendar's answer has dozens. */
const MAX_NODES = 10_000;

const OPERATIONS: ReadonlyMap<number, (message: Uint8Array, argument: Uint8Array) => Buffer> = new Map([
  [0x02, (message) => hash('sha1', message, 'buffer')],
  [0x03, (message) => hash('ripemd160', message, 'buffer')],
  [SHA256, (message) => hash('sha256', message, 'buffer')],
  [APPEND, (message, argument) => Buffer.concat([message, argument])],
  [PREPEND, (message, argument) => Buffer.concat([argument, message])],
  [0xf2, (message) => Buffer.from(message).reverse()],
  [0xf3, (message) => Buffer.from(Buffer.from(message).toString('hex'), 'latin1')],
]);

const hasArgument = (tag: number): boolean => tag === APPEND || tag === PREPEND;

/** What the operation makes of the message. @throws `audit.ots_malformed` (upstream) */
export function applyOp({ tag, argument }: Op, message: Uint8Array): Buffer {
  const result = OPERATIONS.get(tag)?.(message, argument ?? new Uint8Array());
  if (result === undefined) throw otsMalformed(`the operation 0x${tag.toString(16)} is unknown`);
  if (result.length > MAX_MESSAGE) throw otsMalformed(`an operation makes more than ${MAX_MESSAGE} bytes`);
  return result;
}

/** @throws `audit.ots_malformed` (upstream) */
export function readTree(reader: ByteReader, message: Uint8Array): OtsTree {
  let nodes = 0;
  const read = (at: Uint8Array, depth: number): OtsTree => {
    nodes += 1;
    if (depth > MAX_DEPTH || nodes > MAX_NODES) throw otsMalformed('the proof is too large');
    const attestations: Attestation[] = [];
    const ops: { op: Op; next: OtsTree }[] = [];
    const branch = (tag: number): void => {
      if (tag === ATTESTATION) {
        attestations.push({ tag: reader.bytes(8), payload: reader.varbytes(MAX_PAYLOAD) });
        return;
      }
      const op = hasArgument(tag) ? { tag, argument: reader.varbytes(MAX_MESSAGE, 1) } : { tag };
      ops.push({ op, next: read(applyOp(op, at), depth + 1) });
    };
    let tag = reader.byte();
    for (; tag === MORE; tag = reader.byte()) branch(reader.byte());
    branch(tag);
    return { attestations, ops };
  };
  return read(message, 0);
}

/** In the order of the other implementations: attestations first, each kind sorted. */
export function writeTree(tree: OtsTree): Buffer {
  const attestations = tree.attestations
    .map(({ tag, payload }) => Buffer.concat([Buffer.of(ATTESTATION), tag, varbytes(payload)]))
    .sort(Buffer.compare);
  const ops = tree.ops
    .map(({ op, next }) => ({ head: writeOp(op), next }))
    .sort((a, b) => Buffer.compare(a.head, b.head))
    .map(({ head, next }) => Buffer.concat([head, writeTree(next)]));
  const branches = [...attestations, ...ops];
  return Buffer.concat(
    branches.flatMap((each, index) => (index < branches.length - 1 ? [Buffer.of(MORE), each] : [each])),
  );
}

const writeOp = ({ tag, argument }: Op): Buffer =>
  Buffer.concat([Buffer.of(tag), argument === undefined ? Buffer.alloc(0) : varbytes(argument)]);

/** One tree with the branches of both; they start at the same message. */
export function mergeTrees(one: OtsTree, other: OtsTree): OtsTree {
  const attestations = new Map(
    [...one.attestations, ...other.attestations].map((each) => [keyOf(each.tag, each.payload), each]),
  );
  const ops = new Map<string, { readonly op: Op; readonly next: OtsTree }>();
  for (const { op, next } of [...one.ops, ...other.ops]) {
    const key = writeOp(op).toString('hex');
    const had = ops.get(key);
    ops.set(key, { op, next: had === undefined ? next : mergeTrees(had.next, next) });
  }
  return { attestations: [...attestations.values()], ops: [...ops.values()] };
}

/** Each attestation with the message that it attests. */
export function* attested(
  tree: OtsTree,
  message: Uint8Array,
): Generator<{ readonly attestation: Attestation; readonly message: Uint8Array }> {
  for (const attestation of tree.attestations) yield { attestation, message };
  for (const { op, next } of tree.ops) yield* attested(next, applyOp(op, message));
}

/** The tree with `replace` of each node; messages are those of the nodes. */
export async function mapTree(
  tree: OtsTree,
  message: Uint8Array,
  replace: (tree: OtsTree, message: Uint8Array) => Promise<OtsTree>,
): Promise<OtsTree> {
  const ops: { op: Op; next: OtsTree }[] = [];
  for (const { op, next } of tree.ops) ops.push({ op, next: await mapTree(next, applyOp(op, message), replace) });
  return replace({ attestations: tree.attestations, ops }, message);
}

const keyOf = (tag: Buffer, payload: Buffer): string => `${tag.toString('hex')}${payload.toString('hex')}`;
