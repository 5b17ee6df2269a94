/** Writes docs/verify/liability-vectors.json: what another implementation of pol/v1 has to come to. */
import { writeFileSync } from 'node:fs';
import { liabilityVectors } from '../test/support/liability-vectors.ts';

writeFileSync(
  new URL('../docs/verify/liability-vectors.json', import.meta.url),
  `${JSON.stringify(liabilityVectors(), null, 2)}\n`,
);
