/**
 * Days and amounts from the bytes of their digits, where they have the form that almost all have. Whatever has
 * another one is read as text, or refused, elsewhere: nothing is decided here.
 */

const [MINUS, POINT, ZERO, NINE] = [0x2d, 0x2e, 0x30, 0x39];
/** So many digits are a whole number in a double, whatever they are. */
const MOST_DIGITS = 15;
const POWERS = Float64Array.from({ length: MOST_DIGITS + 1 }, (_, exponent) => 10 ** exponent);

export const NOT_DIGITS = -1;

/** 20261125 of `2026-11-25`, whether or not there is such a day. */
export function digitsOfDate(bytes: Buffer, from: number, to: number): number {
  if (to - from !== 10) return NOT_DIGITS;
  let digits = 0;
  for (let at = from; at < to; at += 1) {
    const byte = bytes[at] ?? 0;
    if (at === from + 4 || at === from + 7) {
      if (byte !== MINUS) return NOT_DIGITS;
    } else if (byte < ZERO || byte > NINE) return NOT_DIGITS;
    else digits = 10 * digits + byte - ZERO;
  }
  return digits;
}

/** NaN where the text has another form than `-1234.50`, or more digits than a double holds whatever they are. */
export function minorUnits(bytes: Buffer, from: number, to: number, decimals: number): number {
  const first = bytes[from] === MINUS ? from + 1 : from;
  let units = 0;
  let point = to;
  for (let at = first; at < to; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte === POINT && point === to) point = at;
    else if (byte < ZERO || byte > NINE) return Number.NaN;
    else units = 10 * units + byte - ZERO;
  }
  const whole = point - first;
  const fraction = point === to ? 0 : to - point - 1;
  const isPlain = whole === 1 || (whole > 1 && bytes[first] !== ZERO);
  if (!isPlain || point === to - 1 || whole + fraction > MOST_DIGITS || fraction > decimals) return Number.NaN;
  const minor = units * (POWERS[decimals - fraction] ?? Number.NaN);
  if (!Number.isSafeInteger(minor)) return Number.NaN;
  return first === from ? minor : 0 - minor;
}
