import { expect, test } from 'vitest';
import { Together } from './together.ts';

const asked: (readonly number[])[] = [];
const together = new Together(async (keys: readonly number[]) => {
  asked.push(keys);
  await new Promise((resolve) => setImmediate(resolve));
  if (keys.includes(13)) throw new Error('not that one');
  return keys.reduce((sum, key) => sum + key, 0);
}, 5);

test('who asks while a question is under way is asked for with the next, no more at once than are bearable', async () => {
  const first = [together.about([1, 2]), together.about([3])];
  expect(await Promise.all(first)).toEqual([6, 6]);
  const [one, two, many, last] = [[4], [5, 6], [7, 8, 9, 10, 11, 12], [1]].map((keys) => together.about(keys));
  expect(await Promise.all([one, two, many, last])).toEqual([15, 15, 57, 1]);
  expect(asked).toEqual([[1, 2, 3], [4, 5, 6], [7, 8, 9, 10, 11, 12], [1]]);
});

test('who asks together is refused together, and the next are answered', async () => {
  const refused = [together.about([13]), together.about([1])].map((each) =>
    expect(each).rejects.toThrow('not that one'),
  );
  await Promise.all(refused);
  expect(await together.about([2])).toBe(2);
});
