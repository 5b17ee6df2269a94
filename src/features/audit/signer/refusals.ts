/** What the signer refuses, in words for whoever has to get up. */
import { PlumblineError } from '../../../kernel/errors.ts';

interface Tree {
  readonly size: number;
  readonly root: string;
  readonly checkpoint?: string | null;
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

export const rollback = (signed: Tree, size: number): PlumblineError =>
  new PlumblineError(
    'integrity',
    'audit.rollback',
    `ROLLBACK: signed ${signed.size}, the log has ${size}. Leaves that were published are gone, as after the restore of an old backup: bring the log back to ${signed.size} or more, from a newer backup or from its published tiles; nothing is signed until then`,
    { details: { signed: { ...signed }, offered: { size } } },
  );

export function fork(
  signed: Tree,
  offered: { readonly size: number; readonly root: Uint8Array },
  how: 'same size' | 'proof',
): PlumblineError {
  const what =
    how === 'same size'
      ? `size ${signed.size} was signed with root ${signed.root}, and the log now shows ${hex(offered.root)}`
      : `no proof leads from size ${signed.size}, root ${signed.root}, to size ${offered.size}, root ${hex(offered.root)}`;
  return new PlumblineError(
    'integrity',
    'audit.fork',
    `FORK: ${what}. The log's past was changed, or its stored hashes are damaged: find the first bad leaf with plumbline audit verify; nothing is signed until then`,
    { details: { signed: { ...signed }, offered: { size: offered.size, root: hex(offered.root) } } },
  );
}

export const isOlder = (state: Tree, size: number, folder: string): PlumblineError =>
  new PlumblineError(
    'integrity',
    'audit.signer_state_old',
    `the signer's state in ${folder} says that ${state.size} was signed last, and a checkpoint of size ${size} bears its signature: an older copy of the state was put back. Give it that checkpoint: plumbline audit signer restore --checkpoint FILE`,
    { details: { state: { ...state }, size } },
  );

export const otherOrigin = (configured: string, found: string): PlumblineError =>
  new PlumblineError(
    'invalid',
    'audit.origin_mismatch',
    `the log is "${configured}", and this belongs to "${found.slice(0, 200)}"; a log keeps its origin for ever: set AUDIT_ORIGIN back, or use another folder and another database`,
    { details: { configured, found: found.slice(0, 200) } },
  );

export const malformedOrigin = (origin: string): PlumblineError =>
  new PlumblineError(
    'invalid',
    'audit.origin_malformed',
    `"${origin.slice(0, 80)}" is not the origin of a log; write a name such as audit.example.com/gateway, without spaces and "+", 200 characters at the most`,
    { faults: [{ pointer: 'AUDIT_ORIGIN', message: 'must be a name without spaces and "+"' }] },
  );
