/**
 * Keccak-256 as Ethereum has it: the submission's padding (0x01), not FIPS 202's (0x06), so that
 * node:crypto's sha3-256 gives something else (https://keccak.team/keccak_specs_summary.html).
 * For addresses, a few bytes at a time: it is written to be read, not to be fast.
 */
const RATE_BYTES = 136;
const OUTPUT_BYTES = 32;
const ROUNDS = 24;
const MASK = (1n << 64n) - 1n;

const rotate = (lane: bigint, by: number): bigint =>
  by === 0 ? lane : ((lane << BigInt(by)) | (lane >> BigInt(64 - by))) & MASK;

/** Of iota: bits of an LFSR (x^8 + x^6 + x^5 + x^4 + 1), seven a round. */
const ROUND_CONSTANTS: readonly bigint[] = (() => {
  let register = 1;
  return Array.from({ length: ROUNDS }, () => {
    let constant = 0n;
    for (let bit = 0; bit < 7; bit += 1) {
      if ((register & 1) === 1) constant |= 1n << BigInt(2 ** bit - 1);
      register = register & 0x80 ? ((register << 1) ^ 0x171) & 0xff : register << 1;
    }
    return constant;
  });
})();

/** Of rho and pi: where each lane goes, and by how much it turns on the way. */
const MOVES: readonly { readonly from: number; readonly to: number; readonly by: number }[] = (() => {
  const moves = [{ from: 0, to: 0, by: 0 }];
  let [x, y] = [1, 0];
  for (let step = 0; step < 24; step += 1) {
    const next = (2 * x + 3 * y) % 5;
    moves.push({ from: x + 5 * y, to: y + 5 * next, by: (((step + 1) * (step + 2)) / 2) % 64 });
    [x, y] = [y, next];
  }
  return moves;
})();

function permute(lanes: BigUint64Array): void {
  const at = (index: number): bigint => lanes[index] ?? 0n;
  const moved = new BigUint64Array(25);
  for (const constant of ROUND_CONSTANTS) {
    const columns = [0, 1, 2, 3, 4].map((x) => at(x) ^ at(x + 5) ^ at(x + 10) ^ at(x + 15) ^ at(x + 20));
    const column = (x: number): bigint => columns[x % 5] ?? 0n;
    for (let index = 0; index < 25; index += 1) {
      lanes[index] = at(index) ^ column(index + 4) ^ rotate(column(index + 1), 1);
    }
    for (const { from, to, by } of MOVES) moved[to] = rotate(at(from), by);
    for (let index = 0; index < 25; index += 1) {
      const row = index - (index % 5);
      const lane = (x: number): bigint => moved[row + ((index + x) % 5)] ?? 0n;
      lanes[index] = lane(0) ^ (~lane(1) & MASK & lane(2));
    }
    lanes[0] = at(0) ^ constant;
  }
}

export function keccak256(message: Uint8Array): Uint8Array {
  const padded = new Uint8Array((Math.floor(message.length / RATE_BYTES) + 1) * RATE_BYTES);
  padded.set(message);
  padded[message.length] = 0x01;
  padded[padded.length - 1] = (padded[padded.length - 1] ?? 0) | 0x80;
  const lanes = new BigUint64Array(25);
  const input = new DataView(padded.buffer);
  for (let block = 0; block < padded.length; block += RATE_BYTES) {
    for (let lane = 0; lane < RATE_BYTES / 8; lane += 1) {
      lanes[lane] = (lanes[lane] ?? 0n) ^ input.getBigUint64(block + lane * 8, true);
    }
    permute(lanes);
  }
  const output = new DataView(new ArrayBuffer(OUTPUT_BYTES));
  for (let lane = 0; lane < OUTPUT_BYTES / 8; lane += 1) output.setBigUint64(lane * 8, lanes[lane] ?? 0n, true);
  return new Uint8Array(output.buffer);
}
