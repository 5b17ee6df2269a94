/**
 * What is compared of a reference. Banks change case, drop punctuation and take the marks off Vietnamese
 * letters, so two references are equal where their letters and digits are; one stands in another where
 * it fills whole words of it. A reference without letters and digits is empty, and equal to nothing.
 */

/** Words longer than this together are not looked for as one reference. */
const MOST_WORDS = 6;

const PLAIN = /^[A-Z0-9]*$/;
const ASCII = /^[\0-\x7f]*$/;
const SEPARATORS = /[^A-Z0-9]+/g;
const OTHER_SEPARATORS = /[^\p{L}\p{N}]+/gu;

/** `Đơn hàng #12-3` is `DON HANG 12 3`: words of capital letters and digits, a space between them. */
function spaced(text: string): string {
  if (ASCII.test(text)) return text.toUpperCase().replace(SEPARATORS, ' ').trim();
  return text
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .replace(/[đĐ]/g, 'D')
    .toUpperCase()
    .replace(OTHER_SEPARATORS, ' ')
    .trim();
}

/** `Đơn hàng #12-3` is `DONHANG123`: what is compared for equality. Empty where there is nothing to compare. */
export function fold(text: string): string {
  if (PLAIN.test(text)) return text;
  return ASCII.test(text) ? text.toUpperCase().replace(SEPARATORS, '') : spaced(text).replaceAll(' ', '');
}

/**
 * Whatever could be a reference in a text: each run of one to six whole words, folded, the text itself
 * among them where it is that short.
 * @param fits the lengths that are looked for
 */
export function spansOf(text: string, fits: ReadonlySet<number>): readonly string[] {
  const words = spaced(text);
  if (words === '') return [];
  const ends: number[] = [0];
  for (const word of words.split(' ')) ends.push((ends.at(-1) ?? 0) + word.length);
  const whole = words.replaceAll(' ', '');
  const spans: string[] = [];
  for (let first = 0; first < ends.length - 1; first += 1) {
    const from = ends[first] ?? 0;
    for (let last = first + 1; last < ends.length && last <= first + MOST_WORDS; last += 1) {
      const to = ends[last] ?? 0;
      if (fits.has(to - from)) spans.push(whole.slice(from, to));
    }
  }
  return spans;
}
