/** What was recorded, against the hash in its leaf. */
import { z } from 'zod';
import { dataHash } from '../log/leaf.ts';
import type { Findings } from './damage.ts';
import type { StoredLeaf, StoredRedaction } from './store.ts';

export const REDACTIONS_STREAM = 'plumbline.redactions';

export interface PayloadCounts {
  payloads: number;
  redacted: number;
  /** Leaves of entries of which a hash alone was given. */
  bare: number;
}

export interface PayloadRules {
  /**
   * Streams to which hashes of what is kept elsewhere were appended before leaves said so themselves: a leaf
   * there has a payload or not.
   */
  readonly bareStreams?: readonly string[];
}

/** With what its hash, as it is in the tree, is of. */
export interface RecordedLeaf extends StoredLeaf {
  readonly bare: boolean;
}

export function checkPayload(
  leaf: RecordedLeaf,
  stream: string,
  redaction: StoredRedaction | undefined,
  rules: PayloadRules,
  counts: PayloadCounts,
  logSize: number,
  findings: Findings,
): void {
  const { index } = leaf;
  if (leaf.record !== null) {
    counts.payloads += 1;
    if (dataHash(leaf.salt ?? undefined, leaf.record) === leaf.dataHash) return;
    findings.add({
      kind: 'payload-altered',
      index,
      message: `the payload of leaf ${index}, of ${leaf.recordId.slice(0, 80)} in ${stream}, is not what was recorded`,
    });
  } else if (redaction !== undefined) {
    counts.redacted += 1;
    if (isProved(redaction)) return;
    const isGone = redaction.stream === null && redaction.leaf < logSize;
    findings.add({
      kind: 'redaction-unproved',
      index: isGone ? redaction.leaf : index, // it is that leaf which is missing
      message: `the payload of leaf ${index} is said to be forgotten by leaf ${redaction.leaf}, which does not say so`,
    });
  } else if (leaf.bare || rules.bareStreams?.includes(stream) === true) {
    counts.bare += 1;
  } else {
    findings.add({
      kind: 'payload-missing',
      index,
      message: `the payload of leaf ${index}, of ${leaf.recordId.slice(0, 80)} in ${stream}, is missing, and no leaf says that it was forgotten`,
    });
  }
}

/** `[first, last]` of each run of leaves, as `forget.ts` records them. */
const SAYS = z.object({ leaves: z.array(z.tuple([z.number(), z.number()])) });

/** The leaf that it names has recorded that this payload is forgotten; its own payload is checked as any other. */
function isProved({ index, leaf, stream, record }: StoredRedaction): boolean {
  if (leaf <= index || stream !== REDACTIONS_STREAM || record === null) return false;
  const said = SAYS.safeParse(jsonOf(record));
  return said.success && said.data.leaves.some(([first, last]) => first <= index && index <= last);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
