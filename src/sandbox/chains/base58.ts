/** Hexadecimal bytes as Solana writes them. */
const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';

export function base58(hex: string): string {
  let text = '';
  for (let value = BigInt(`0x${hex}`); value > 0n; value /= 58n) text = ALPHABET.charAt(Number(value % 58n)) + text;
  return '1'.repeat((/^(00)*/.exec(hex)?.[0].length ?? 0) / 2) + text;
}
