// Verifies that a balance is counted in what a platform says it owes, with nothing but this file (liability-proofs.md).
//   node verify-liability.mjs PROOF.json KEY [MERCHANT]
// KEY is the platform's Ed25519 key in base64: take it from where it is published, not from the proof.
const fromHex = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (two) => Number.parseInt(two, 16));
const toHex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
const fromBase64 = (base64) => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
const sha256 = async (hex) => toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', fromHex(hex))));
const text = (value) => toHex(new TextEncoder().encode(value));
const fixed = (value, bytes) => `${'0'.repeat(2 * bytes)}${BigInt(value).toString(16)}`.slice(-2 * bytes);
const sorted = (_, v) => (v && typeof v === 'object' ? Object.fromEntries(Object.entries(v).sort()) : v);
function check(holds, why) {
  if (!holds) throw new Error(why);
}
const exact = (value, form) => check(typeof value === 'string' && form.test(value), 'a field is malformed') ?? value;
const hash32 = (hex) => exact(hex, /^[0-9a-f]{64}$/);
const wide = (value, bits) => check(value < 2n ** bits, 'a number is too wide') ?? value;
const uint = (digits, bits) => wide(BigInt(exact(digits, /^(0|[1-9]\d{0,38})$/)), bits);

export async function verifyLiability({ header, signature, merchant, salt, parts }, key, expected = merchant) {
  const tag = exact(header.runTag, /^[0-9a-f]{16}$/);
  const prefix = (type, level) => text('pol/v1') + fixed(type, 1) + fixed(level, 1) + tag;
  const signed = fromHex(prefix(4, 0) + text(JSON.stringify(header, sorted)));
  const publicKey = await crypto.subtle.importKey('raw', fromBase64(key), 'Ed25519', false, ['verify']);
  const isSigned = await crypto.subtle.verify('Ed25519', publicKey, fromBase64(signature), signed);
  check(isSigned && header.v === 'pol/v1', 'the key has not signed the header');
  check(merchant === expected, 'the proof is of another merchant');
  const id = exact(merchant, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/).replaceAll('-', '');
  const asset = text(exact(header.asset, /^[A-Z0-9]{2,8}$/)).padEnd(16, '0');
  check(parts.length === header.split, 'not each part of the balance is shown');
  const height = Array.from({ length: 40 }).findIndex((_, n) => 2 ** n >= header.leaves);
  let owed = 0n;
  for (const [n, { part, index, path, available, pending, reserved }] of parts.entries()) {
    check(part === n, 'a part is shown twice, or in another order');
    check(Number.isInteger(index) && index >= 0 && index < header.leaves, 'there is no leaf of that index');
    check(path.length === height, 'the path is not as long as the tree is high');
    const three = [available, pending, reserved].map((amount) => uint(amount, 64n));
    let sum = three[0] + three[1] + three[2];
    let hash = await sha256(prefix(1, n) + id + hash32(salt) + three.map((each) => fixed(each, 8)).join('') + asset);
    owed += sum;
    for (const [level, [besideHash, besideSum]] of path.entries()) {
      const [beside, place] = [uint(besideSum, 128n), Math.floor(index / 2 ** level)];
      const pad = (place ^ 1) < Math.ceil(header.leaves / 2 ** level) || `${await sha256(prefix(3, level))} 0`;
      check(pad === true || pad === `${besideHash} ${beside}`, 'a level ends here, and not with its pad');
      const pair = [hash + fixed(sum, 16), hash32(besideHash) + fixed(beside, 16)];
      sum = wide(sum + beside, 128n);
      hash = await sha256(prefix(2, level + 1) + (place % 2 === 1 ? pair.reverse() : pair).join(''));
    }
    check(sum === uint(header.total, 128n), 'the sums do not lead to the signed total');
    check(hash === header.digest, 'the hashes do not lead to the signed root');
  }
  return { ok: true, merchant, asset: header.asset, businessDate: header.businessDate, owed: String(owed) };
}

if (globalThis.process?.argv[1]?.endsWith('verify-liability.mjs')) {
  const proof = JSON.parse((await import('node:fs')).readFileSync(process.argv[2], 'utf8'));
  const verdict = await verifyLiability(proof, ...process.argv.slice(3)).catch(({ message }) => ({ reason: message }));
  process.stdout.write(`${JSON.stringify(verdict)}\n`);
  process.exitCode = verdict.ok === true ? 0 : 1;
}
