import { expect, it } from 'vitest';
import { loadConfig } from '../platform/config/config.ts';
import { signingAlgorithms } from './audit-algorithms.ts';

it('signs with Ed25519, and with a second one where that is asked for', () => {
  expect(signingAlgorithms(loadConfig({}).values)).toEqual(['ed25519']);
  const { values } = loadConfig({ AUDIT_SECOND_SIGNATURE: 'ml-dsa-44' });
  expect(signingAlgorithms(values, () => true)).toEqual(['ed25519', 'ml-dsa-44']);
  expect(() => signingAlgorithms(values, () => false)).toThrow(
    expect.objectContaining({
      code: 'audit.algorithm_unknown',
      kind: 'invalid',
      message: expect.stringContaining(`Node ${process.version} cannot sign with; run Plumbline on Node 24 or newer`),
    }),
  );
});
