/** Signed notes and the checkpoints in them (c2sp.org/signed-note, c2sp.org/tlog-checkpoint). */
import { sha256, toHex } from './sha256.ts';

export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  /** Lower-case hex. */
  readonly root: string;
}

const ED25519 = 1;

export function bytesOf(base64: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}

/** What it says, whoever has signed it; undefined: it is no checkpoint. */
export function parseCheckpoint(note: string): Checkpoint | undefined {
  const [origin, size, root] = note.split('\n');
  const hash = root === undefined ? undefined : bytesOf(root);
  if (origin === undefined || size === undefined || !/^(0|[1-9]\d{0,15})$/.test(size) || hash?.length !== 32)
    return undefined;
  return { origin, size: Number(size), root: toHex(hash) };
}

/** @param vkey `name+id+key`, as the log's owner has published it */
export async function isSignedBy(note: string, vkey: string): Promise<boolean> {
  const [, name, id, key64] = /^([^\s+]+)\+([0-9a-f]{8})\+(\S+)$/.exec(vkey.trim()) ?? [];
  const key = key64 === undefined ? undefined : bytesOf(key64);
  if (name === undefined || id === undefined || key === undefined || key[0] !== ED25519 || key.length !== 33)
    return false;
  const prefix = new TextEncoder().encode(`${name}\n`);
  const named = new Uint8Array(prefix.length + key.length);
  named.set(prefix);
  named.set(key, prefix.length);
  if (toHex(sha256(named)).slice(0, 8) !== id) return false;
  const end = note.lastIndexOf('\n\n');
  const text = new TextEncoder().encode(note.slice(0, end + 1));
  const verifier = await crypto.subtle.importKey('raw', key.slice(1), 'Ed25519', false, ['verify']);
  for (const line of note.slice(end + 2).split('\n')) {
    const [, signer, base64] = /^\u2014 (\S+) (\S+)$/.exec(line) ?? [];
    const signature = base64 === undefined ? undefined : bytesOf(base64);
    if (signer !== name || signature === undefined || toHex(signature.subarray(0, 4)) !== id) continue;
    if (await crypto.subtle.verify('Ed25519', verifier, signature.slice(4), text)) return true;
  }
  return false;
}
