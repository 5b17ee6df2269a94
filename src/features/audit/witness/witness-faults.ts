/** What can come of asking a witness, other than its signature. */
import { PlumblineError } from '../../../kernel/errors.ts';

/** What was asked and answered, word for word: with it a third party can look for itself. */
export interface Evidence {
  readonly witness: string;
  readonly request: string;
  readonly status: number;
  readonly answer: string;
}

/** Its answer is not signed: it is a reason to look, and its latest cosignature is the proof. */
export const rollback = (evidence: Evidence, size: number, signed: number): PlumblineError =>
  new PlumblineError(
    'integrity',
    'audit.witness_rollback',
    `ROLLBACK: the witness ${evidence.witness} has cosigned ${size}, and our signer remembers ${signed}: log and signer were put back together. Ask its operator for that checkpoint`,
    { details: { evidence, size, signed } },
  );

export const fork = (evidence: Evidence, old: number, size: number): PlumblineError =>
  new PlumblineError(
    'integrity',
    'audit.witness_fork',
    old === size
      ? `FORK: the witness ${evidence.witness} has cosigned size ${size} with another root than ours. Ask its operator for that checkpoint: two signed trees of one size prove it`
      : `FORK: our proof from size ${old} to ${size} does not start at the tree of size ${old} that the witness ${evidence.witness} has cosigned. Ask its operator for that checkpoint`,
    { details: { evidence, old, size } },
  );

export const ownFault = (old: number, size: number): PlumblineError =>
  new PlumblineError(
    'integrity',
    'audit.root_mismatch',
    `our stored hashes give no proof from size ${old} to the signed checkpoint of ${size}: they are damaged or were changed; find them with plumbline audit verify`,
    { details: { old, size } },
  );

export const overtaken = (witness: string, actual: number, size: number): PlumblineError =>
  new PlumblineError(
    'conflict',
    'audit.witness_overtaken',
    `the witness ${witness} has cosigned ${actual} already, a newer checkpoint than this of ${size}`,
    { details: { witness, actual, size }, unchanged: true },
  );

export const unusable = (witness: string, what: string, cause?: unknown): PlumblineError =>
  new PlumblineError('upstream', 'audit.witness_unusable', `the witness ${witness} ${what}`, {
    details: { witness },
    cause,
  });

export const busy = (witness: string): PlumblineError =>
  new PlumblineError('busy', 'audit.witness_busy', `the witness ${witness} asked to be left alone for a while`, {
    details: { witness },
  });
