import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareDecimal, type Decimal, formatDecimal } from '../../kernel/decimal.ts';
import { compareRate, pair, parseRate, rate } from '../../kernel/rate.ts';
import {
  agree,
  allowedFor,
  asOfAt,
  bidAsk,
  bpsBetween,
  dailyStamp,
  expiryOf,
  gateAt,
  halfSpreadAt,
  implausibility,
  levelOf,
  liveStamp,
} from './rules.ts';
import { DEFAULT_RATES_OPTIONS } from './settings.ts';

const USDT_VND = pair('USDT', 'VND');
const USDT_USD = pair('USDT', 'USD');
const NOW = Date.parse('2026-11-23T02:00:00Z');
const HOUR = 3_600_000;
const LIMITS = { freshMs: 300_000, agingMs: 1_800_000 };
const BAND = { min: { units: 10_000n, scale: 0 }, max: { units: 60_000n, scale: 0 } };

describe('level', () => {
  it.each([
    [0, 'fresh'],
    [300_000, 'fresh'],
    [300_001, 'aging'],
    [1_800_000, 'aging'],
    [1_800_001, 'stale'],
    [Number.MAX_SAFE_INTEGER, 'stale'],
  ] as const)('of an age of %d ms is %s', (ageMs, level) => {
    expect(levelOf(ageMs, LIMITS)).toBe(level);
  });

  it('and the bound of each purpose, inclusive, are two things', () => {
    const { maxAgeMs } = DEFAULT_RATES_OPTIONS;
    expect(allowedFor('quote', 24 * HOUR, maxAgeMs)).toBe(true);
    expect(allowedFor('quote', 24 * HOUR + 1, maxAgeMs)).toBe(false);
    expect(allowedFor('reconcile', 24 * HOUR + 1, maxAgeMs)).toBe(false);
    expect(allowedFor('display', 400 * 24 * HOUR, maxAgeMs)).toBe(true);
  });
});

describe('band', () => {
  it('includes its ends', () => {
    for (const value of ['10000', '60000', '26105.5']) {
      expect(implausibility(parseRate(USDT_VND, value), BAND)).toBeUndefined();
    }
  });

  it.each([
    ['9999.99999999', undefined],
    ['60000.00000001', undefined],
    ['260.5', '10^2 too small'],
    ['2605000', '10^2 too large'],
    ['0.0000383', 'inverted'],
    ['1000000000000000000000000000000', undefined],
  ])('refuses %s, and says which unit it may be in', (value, hint) => {
    const reason = implausibility(parseRate(USDT_VND, value), BAND) ?? 'believed';
    expect(reason).toContain('outside 10000 to 60000');
    if (hint === undefined) expect(reason).not.toContain('looks');
    else expect(reason).toContain(hint);
  });
});

describe('stamps', () => {
  it('of a live feed: believed up to 5 s ahead, and never later than the receipt', () => {
    expect(liveStamp(NOW - 40_000, NOW)).toEqual({ publishedAt: NOW - 40_000, currentUntil: NOW - 40_000 });
    expect(liveStamp(NOW + 5_000, NOW)).toEqual({ publishedAt: NOW, currentUntil: NOW });
    expect(liveStamp(NOW + 5_001, NOW)).toEqual({ publishedAt: NOW, currentUntil: NOW });
    expect(liveStamp(NOW + 400 * HOUR, NOW).publishedAt).toBe(NOW);
  });

  it('of a daily figure: current until its successor is due, then ageing from that instant', () => {
    const stamp = dailyStamp(NOW - 20 * HOUR, NOW + 4 * HOUR, NOW);
    expect(asOfAt(stamp, NOW)).toBe(NOW);
    expect(asOfAt(stamp, NOW + 30 * HOUR)).toBe(NOW + 4 * HOUR);
  });

  it('of a daily figure from the future: current at its receipt, and no longer', () => {
    expect(asOfAt(dailyStamp(NOW + HOUR, NOW + 25 * HOUR, NOW), NOW + HOUR)).toBe(NOW);
  });
});

const positive = (max: bigint, scale: number): fc.Arbitrary<Decimal> =>
  fc.record({ units: fc.bigInt(1n, max), scale: fc.nat(scale) });

describe('spread', () => {
  it('is the base while fresh, then grows with the square root of the age, and never shrinks', () => {
    expect(halfSpreadAt(300_000, 10, 300_000)).toBe(10);
    expect(halfSpreadAt(300_001, 10, 300_000)).toBe(11);
    expect(halfSpreadAt(1_200_000, 10, 300_000)).toBe(20);
    expect(halfSpreadAt(24 * HOUR, 10, 300_000)).toBe(170);
    expect(halfSpreadAt(Number.MAX_SAFE_INTEGER, 1_000, 300_000)).toBe(5_000);
    expect(halfSpreadAt(24 * HOUR, 0, 300_000)).toBe(0);
    fc.assert(
      fc.property(fc.nat(1e9), fc.nat(1e9), fc.nat(500), (a, b, base) => {
        const [young, old] = a < b ? [a, b] : [b, a];
        expect(halfSpreadAt(old, base, 300_000)).toBeGreaterThanOrEqual(halfSpreadAt(young, base, 300_000));
      }),
    );
  });

  it('lies around the mid and is never narrower than said', () => {
    fc.assert(
      fc.property(positive(10n ** 14n, 8), fc.nat(5_000), (value, bps) => {
        fc.pre(value.units * 10n ** BigInt(8 - value.scale) >= 100n); // what a rate can be at all
        const mid = rate(USDT_VND, value);
        const { bid, ask } = bidAsk(mid, bps);
        expect(compareRate(bid, mid)).toBeLessThanOrEqual(0);
        expect(compareRate(ask, mid)).toBeGreaterThanOrEqual(0);
        const below = { units: mid.value.units * BigInt(10_000 - bps), scale: mid.value.scale + 4 };
        const above = { units: mid.value.units * BigInt(10_000 + bps), scale: mid.value.scale + 4 };
        expect(compareDecimal(bid.value, below)).toBeLessThanOrEqual(0);
        expect(compareDecimal(ask.value, above)).toBeGreaterThanOrEqual(0);
      }),
    );
    const { bid, ask } = bidAsk(parseRate(USDT_VND, '25934.21778743'), 10);
    expect([formatDecimal(bid.value), formatDecimal(ask.value)]).toEqual(['25908.28356964', '25960.15200522']);
  });
});

describe('distance', () => {
  it('is 0 only between equals, and rounds up', () => {
    const [one, nearly, two] = ['1', '1.00000001', '2'].map((text) => parseRate(USDT_USD, text));
    if (one === undefined || nearly === undefined || two === undefined) throw new Error('three rates');
    expect([bpsBetween(one, one), bpsBetween(one, nearly), bpsBetween(two, one)]).toEqual([0, 1, 10_000]);
  });
});

describe('gate', () => {
  it('opens with the root of the age', () => {
    expect([0, HOUR, 4 * HOUR, 24 * HOUR].map((age) => gateAt(age, 100, 50))).toEqual([100, 150, 200, 344]);
  });
});

describe('agreement', () => {
  it('holds up to the limit, whichever comes first', () => {
    const [one, below, beyond] = ['1', '1.005', '1.00500001'].map((text) => parseRate(USDT_USD, text));
    if (one === undefined || below === undefined || beyond === undefined) throw new Error('three rates');
    expect([agree(one, below, 50), agree(below, one, 50)]).toEqual([true, true]);
    expect([agree(one, beyond, 50), agree(beyond, one, 50)]).toEqual([false, false]);
  });
});

describe('expiry', () => {
  it('is the lifetime, cut by the age that the purpose allows', () => {
    expect(expiryOf(NOW, 0, 60_000, undefined)).toBe(NOW + 60_000);
    expect(expiryOf(NOW, 1_000, 60_000, 31_000)).toBe(NOW + 30_000);
    expect(expiryOf(NOW, 50_000, 60_000, 31_000)).toBe(NOW);
  });
});
