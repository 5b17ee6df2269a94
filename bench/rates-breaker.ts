/** A call through a closed circuit breaker, and a refusal by an open one, beside cockatiel's and opossum's. */
import { ConsecutiveBreaker, circuitBreaker, handleAll } from 'cockatiel';
import OpossumBreaker from 'opossum';
import { CircuitBreaker } from '../src/platform/breaker/circuit-breaker.ts';
import { systemClock } from '../src/platform/clock/system.ts';
import type { Bench, Measurement } from './bench.ts';
import { race } from './timing.ts';

const CALLS = 200_000;
const THRESHOLD = 5;
const OPEN_MS = 60_000;

const breakers = () => ({
  ours: new CircuitBreaker({
    name: 'bench',
    failureThreshold: THRESHOLD,
    openMs: OPEN_MS,
    probeDeadlineMs: 2_500,
    clock: systemClock,
  }),
  cockatiel: circuitBreaker(handleAll, { halfOpenAfter: OPEN_MS, breaker: new ConsecutiveBreaker(THRESHOLD) }),
  // It knows rates of failure only; set as lean as it can be.
  opossum: new OpossumBreaker(work, {
    timeout: false,
    resetTimeout: OPEN_MS,
    rollingCountBuckets: 1,
    rollingPercentilesEnabled: false,
  }),
});
const work = (): Promise<number> => Promise.resolve(1);

export const run: Bench = async () => [...(await closedCall()), ...(await refusal())];

async function closedCall(): Promise<readonly Measurement[]> {
  const { ours, cockatiel, opossum } = breakers();
  const times = await race(
    [
      {
        name: 'ours',
        run: async (calls) => {
          for (let i = 0; i < calls; i += 1) {
            const acquired = ours.tryAcquire();
            if (!acquired.permitted) throw new Error('the breaker is closed');
            await work();
            acquired.permit.success();
          }
        },
      },
      {
        name: 'cockatiel 4',
        run: async (calls) => {
          for (let i = 0; i < calls; i += 1) await cockatiel.execute(work);
        },
      },
      {
        name: 'opossum 10',
        times: CALLS / 10,
        run: async (calls) => {
          for (let i = 0; i < calls; i += 1) await opossum.fire();
        },
      },
    ],
    CALLS,
  );
  opossum.shutdown();
  return beside('rates-breaker-closed-call', times, 1);
}

async function refusal(): Promise<readonly Measurement[]> {
  const { ours, cockatiel, opossum } = breakers();
  ours.force('open');
  cockatiel.isolate();
  opossum.open();
  let permitted = 0;
  const seldom = CALLS / 50; // each of their refusals is an exception with a stack
  const times = await race(
    [
      {
        name: 'ours',
        run: (calls) => {
          for (let i = 0; i < calls; i += 1) if (ours.tryAcquire().permitted) permitted += 1;
        },
      },
      {
        name: 'cockatiel 4',
        times: seldom,
        run: async (calls) => {
          for (let i = 0; i < calls; i += 1) await cockatiel.execute(work).catch(() => undefined);
        },
      },
      {
        name: 'opossum 10',
        times: seldom,
        run: async (calls) => {
          for (let i = 0; i < calls; i += 1) await opossum.fire().catch(() => undefined);
        },
      },
    ],
    CALLS,
  );
  opossum.shutdown();
  if (permitted > 0) throw new Error('the breaker is open');
  return beside('rates-breaker-refusal', times, 0.1);
}

function beside(
  name: string,
  [ours = 0, cockatiel = 0, opossum = 0]: readonly number[],
  most: number,
): readonly Measurement[] {
  const measurement = (peer: string, theirs: number): Measurement => ({
    ...{ name, value: ours, unit: 'ns', ratio: ours / theirs },
    reference: `${peer} ${theirs.toFixed(0)} ns`,
    bar: `<= ${most}`,
    pass: ours / theirs <= most,
  });
  return [measurement('cockatiel 4', cockatiel), measurement('opossum 10', opossum)];
}
