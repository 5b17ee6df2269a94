import { expect, test } from 'vitest';
import { playRules } from '../../../test/support/approval-office.ts';

const SEED = Math.floor(Math.random() * 1_000_000_000);

test(`whatever people try, two of them stand behind what is done (from seed ${SEED})`, () => {
  const broken: string[] = [];
  let done = 0;
  for (let seed = SEED; seed < SEED + 2_000; seed += 1) {
    const played = playRules(seed);
    done += played.done;
    broken.push(...played.broken.map((each) => `seed ${seed}: ${each}`));
  }
  expect(broken).toEqual([]);
  expect(done).toBeGreaterThan(500); // what nobody may do is not the test
});
