import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCatalogue } from './catalogue.ts';
import { fingerprintOf, nextPage, scopeOf, stepAt } from './rules.ts';

const MINUTE = 60_000;
const steps = { steps: [0, 5, 15].map((after) => ({ afterMs: after * MINUTE })), repeatMs: 15 * MINUTE };

describe('escalation', () => {
  it('goes up by time and repeats at the top', () => {
    const told: [number, number][] = [];
    let at: number | undefined = 0;
    while (at !== undefined && at <= 60 * MINUTE) {
      const step = stepAt(steps, 0, at);
      told.push([at / MINUTE, step]);
      at = nextPage(steps, 0, step, at);
    }
    expect(told).toEqual([
      [0, 0],
      [5, 1],
      [15, 2],
      [30, 2],
      [45, 2],
      [60, 2],
    ]);
  });

  it('is told once a step where nothing is repeated', () => {
    const once = { ...steps, repeatMs: null };
    expect(nextPage(once, 0, 0, 0)).toBe(5 * MINUTE);
    expect(nextPage(once, 0, 2, 15 * MINUTE)).toBeUndefined();
  });

  it('always goes forward, whatever the steps are', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 1e7 }), { minLength: 1, maxLength: 5 }),
        fc.option(fc.integer({ min: MINUTE, max: 1e7 }), { nil: null }),
        fc.integer({ min: 0, max: 1e8 }),
        (after, repeatMs, now) => {
          const given = { steps: after.toSorted((a, b) => a - b).map((afterMs) => ({ afterMs })), repeatMs };
          const step = stepAt(given, 0, now);
          const next = nextPage(given, 0, step, now);
          if (next === undefined) expect(repeatMs).toBeNull();
          else expect(next > now || stepAt(given, 0, next) > step).toBe(true);
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('a fingerprint', () => {
  it('is the event and its scope, in any order, with what is not there as null', () => {
    expect(scopeOf(['book', 'kind'], { kind: 'daily', book: 'main', extra: 1 })).toEqual({
      book: 'main',
      kind: 'daily',
    });
    expect(fingerprintOf('a', { y: 1, x: null })).toBe(fingerprintOf('a', { x: null, y: 1 }));
    expect(scopeOf(['pair'], ['pair'])).toEqual({ pair: null });
  });
});

describe('the catalogue', () => {
  it('names each fault and its place', () => {
    const bad =
      'version: 1\ndefault: { steps: [] }\nevents: { "Bad Name": { steps: [{ after_minutes: -1, teams: [x] }] }, a.b: { steps: [{ after_minutes: 5, teams: [x] }, { after_minutes: 1, teams: [x] }], what: 1 } }';
    expect(() => parseCatalogue(bad, 'file.yaml')).toThrow(
      expect.objectContaining({ code: 'incidents.catalogue_invalid' }),
    );
    try {
      parseCatalogue(bad, 'file.yaml');
    } catch (error) {
      const pointers = (error as { faults: { pointer: string }[] }).faults.map(({ pointer }) => pointer);
      expect(pointers).toEqual(expect.arrayContaining(['/default/steps', '/events/a.b']));
    }
    const steps = 'steps: [{ after_minutes: 0, teams: [x] }]';
    const slip = `version: 1\ndefault: { ${steps} }\nevents: { solvency.deficitt: { ${steps} } }`;
    expect(() => parseCatalogue(slip, 'f')).toThrow(
      expect.objectContaining({
        faults: [{ pointer: '/events/solvency.deficitt', message: expect.stringContaining('nobody raises it') }],
      }),
    );
    expect(() => parseCatalogue('a: [', 'f')).toThrow('the catalogue of incidents f has 1 fault(s)');
  });
});
