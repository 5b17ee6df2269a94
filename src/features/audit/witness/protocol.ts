/** The request of c2sp.org/tlog-witness: the size before, the proof from there, and the checkpoint. */
import { PlumblineError } from '../../../kernel/errors.ts';
import { HASH_BYTES } from '../tlog/hashing.ts';

export const ADD_CHECKPOINT = '/add-checkpoint';
export const SIZE_TYPE = 'text/x.tlog.size';
/** Characters of a request: a proof, and a note with more post-quantum signatures than anybody sends. */
export const MAX_REQUEST = 128 * 1024;
const MAX_PROOF = 63;

export interface AddCheckpoint {
  readonly old: number;
  readonly proof: readonly Uint8Array[];
  /** The signed note. */
  readonly checkpoint: string;
}

export const formatRequest = ({ old, proof, checkpoint }: AddCheckpoint): string =>
  `old ${old}\n${proof.map((hash) => `${Buffer.from(hash).toString('base64')}\n`).join('')}\n${checkpoint}`;

/** @throws `audit.request_malformed` (invalid) */
export function parseRequest(body: string): AddCheckpoint {
  const end = body.indexOf('\n\n');
  if (body.length > MAX_REQUEST || end === -1) throw malformed('there is no empty line before the checkpoint');
  const [first = '', ...lines] = body.slice(0, end).split('\n');
  const old = parseSize(first.startsWith('old ') ? first.slice(4) : '');
  if (old === undefined) throw malformed('the first line is not "old SIZE"');
  if (lines.length > MAX_PROOF) throw malformed(`the proof has more than ${MAX_PROOF} lines`);
  const proof = lines.map((line) => {
    const hash = Buffer.from(line, 'base64');
    if (hash.length !== HASH_BYTES || hash.toString('base64') !== line)
      throw malformed('a line of the proof is no hash');
    return hash;
  });
  return { old, proof, checkpoint: body.slice(end + 2) };
}

/** Undefined for what is not the decimal of a size. */
export function parseSize(text: string): number | undefined {
  const size = /^(0|[1-9]\d{0,15})$/.test(text) ? Number(text) : undefined;
  return size !== undefined && Number.isSafeInteger(size) ? size : undefined;
}

const malformed = (what: string): PlumblineError =>
  new PlumblineError('invalid', 'audit.request_malformed', `the request is not as c2sp.org/tlog-witness says: ${what}`);
