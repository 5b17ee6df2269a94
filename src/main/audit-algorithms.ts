/** How the audit log's checkpoints are signed, as configured. */
import type { KeyAlgorithm } from '../features/audit/tlog/cosignature.ts';
import { canSignWith } from '../features/audit/tlog/keys.ts';
import { PlumblineError } from '../kernel/errors.ts';
import type { Config } from '../platform/config/config.ts';

/** @throws `audit.algorithm_unknown` (invalid): this Node has no such signature */
export function signingAlgorithms(
  { AUDIT_SECOND_SIGNATURE: second }: Pick<Config['values'], 'AUDIT_SECOND_SIGNATURE'>,
  isKnown: (algorithm: KeyAlgorithm) => boolean = canSignWith,
): readonly KeyAlgorithm[] {
  if (second === 'none') return ['ed25519'];
  if (isKnown(second)) return ['ed25519', second];
  const message = `is "${second}", which Node ${process.version} cannot sign with; run Plumbline on Node 24 or newer, or set it to none`;
  throw new PlumblineError('invalid', 'audit.algorithm_unknown', `AUDIT_SECOND_SIGNATURE ${message}`, {
    faults: [{ pointer: 'AUDIT_SECOND_SIGNATURE', message }],
  });
}
