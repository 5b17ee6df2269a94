// Verifies a bundle of an audit log, with nothing but this file: no package, no database, no network.
//   node verify-bundle.mjs BUNDLE.json 'NAME+ID+KEY'
// The key is the log's own, as its owner has published it: take it from him, not from the bundle.
// What is verified: the checkpoint is signed by that key; every entry is in the log that it is of (RFC 6962);
// entries follow each other within their streams; the records are what was hashed. Exit code 0: all of it.

const bytes = (text) => new TextEncoder().encode(text);
const fromBase64 = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
const fromHex = (text) => Uint8Array.from(text.match(/../g) ?? [], (two) => Number.parseInt(two, 16));
const toHex = (array) => Array.from(array, (byte) => byte.toString(16).padStart(2, '0')).join('');

async function sha256(...parts) {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return new Uint8Array(await crypto.subtle.digest('SHA-256', all));
}

/** The checkpoint's origin, size and root, if this key has signed it. https://c2sp.org/signed-note */
async function verifyCheckpoint(note, vkey) {
  const [, name, id, key64] = /^([^\s+]+)\+([0-9a-f]{8})\+(\S+)$/.exec(vkey) ?? [];
  if (name === undefined) throw new Error('the key is no NAME+ID+KEY');
  const key = fromBase64(key64);
  const keyId = (await sha256(bytes(`${name}\n`), key)).slice(0, 4);
  if (toHex(keyId) !== id || key[0] !== 1 || key.length !== 33)
    throw new Error('the key is no Ed25519 key of that name');
  const end = note.lastIndexOf('\n\n');
  const text = note.slice(0, end + 1);
  const publicKey = await crypto.subtle.importKey('raw', key.slice(1), 'Ed25519', false, ['verify']);
  for (const line of note.slice(end + 2).split('\n')) {
    const [, signer, base64] = /^\u2014 (\S+) (\S+)$/.exec(line) ?? [];
    const signature = base64 === undefined ? new Uint8Array(0) : fromBase64(base64);
    if (signer !== name || toHex(signature.slice(0, 4)) !== id) continue;
    if (!(await crypto.subtle.verify('Ed25519', publicKey, signature.slice(4), bytes(text)))) continue;
    const [origin, size, root] = text.split('\n');
    return { origin, size: Number(size), root: toHex(fromBase64(root)) };
  }
  throw new Error('the key has not signed the checkpoint');
}

/** The root of a tree of that size in which the leaf is at that place. RFC 9162, 2.1.3.2 */
async function rootOf(leaf, index, size, proof) {
  let [at, last, hash] = [index, size - 1, leaf];
  const node = (left, right) => sha256(Uint8Array.of(1), left, right);
  for (const other of proof) {
    if (last === 0) return undefined;
    if (at % 2 === 1 || at === last) {
      hash = await node(other, hash);
      while (at % 2 === 0 && at !== 0) [at, last] = [at / 2, Math.floor(last / 2)];
    } else hash = await node(hash, other);
    [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
  }
  return last === 0 ? toHex(hash) : undefined;
}

const LEAF = /^plumbline\/audit@v1\n(\S+) (\d+)\n(.+) (\S+)\n([0-9a-f]{64}) ([0-9a-f]{64})(?: bare)?\n\d+ .+\n$/u;

export async function verifyBundle(bundle, vkey) {
  const { origin, size, root } = await verifyCheckpoint(bundle.checkpoint, vkey);
  const wrong = [];
  const newest = new Map();
  let records = 0;
  for (const { index, leaf, salt = '', record, proof } of bundle.entries) {
    const hash = await sha256(Uint8Array.of(0), bytes(leaf));
    const inLog = index < size && (await rootOf(hash, index, size, proof.map(fromBase64))) === root;
    if (!inLog) wrong.push(`entry ${index} is not in the log`);
    const [, stream, seq, , , dataHash, previous] = LEAF.exec(leaf) ?? [];
    if (stream === undefined) wrong.push(`entry ${index} is no leaf`);
    const genesis = toHex(await sha256(bytes(`plumbline/audit@v1\ngenesis ${origin} ${stream}\n`)));
    const before = Number(seq) === 0 ? genesis : newest.get(`${stream} ${Number(seq) - 1}`);
    if (before !== undefined && before !== previous) wrong.push(`entry ${index} does not follow the one before it`);
    newest.set(`${stream} ${seq}`, toHex(hash));
    if (record === undefined) continue;
    records += 1;
    const recorded = toHex(await sha256(fromHex(salt), bytes(record)));
    if (recorded !== dataHash) wrong.push(`the record of entry ${index} is not what was recorded`);
  }
  return { origin, size, entries: bundle.entries.length, records, wrong };
}

if (globalThis.process?.argv[1]?.endsWith('verify-bundle.mjs')) {
  const { readFileSync } = await import('node:fs');
  const result = await verifyBundle(JSON.parse(readFileSync(process.argv[2], 'utf8')), process.argv[3] ?? '');
  process.stdout.write(`${JSON.stringify(result, null, 1)}\n`);
  process.exitCode = result.wrong.length === 0 ? 0 : 1;
}
