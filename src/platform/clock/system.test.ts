import { expect, it } from 'vitest';
import { systemClock } from './system.ts';

it('takes what is over already as now, without a warning of Node', async () => {
  const warnings: string[] = [];
  const hear = (warning: Error): void => {
    warnings.push(warning.name);
  };
  process.on('warning', hear);
  await new Promise<void>((resolve) => {
    systemClock.after(-1, resolve);
  });
  await systemClock.sleep(-1);
  await systemClock.sleep(1); // warnings come a tick later
  process.off('warning', hear);
  expect(warnings).toEqual([]);
});
