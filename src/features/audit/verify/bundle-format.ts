/**
 * A bundle: entries of a log with all that somebody needs to verify them alone, with neither the database
 * nor the network. `docs/verify/` has a verifier that an auditor can read.
 */
import { z } from 'zod';
import { PlumblineError } from '../../../kernel/errors.ts';

export const BUNDLE_FORMAT = 'plumbline/audit-bundle@v1';

const HASH = z.base64().length(44);

const ENTRY = z.object({
  index: z.int().nonnegative(),
  /** The text that is hashed, with its line ends. */
  leaf: z.string(),
  /** Of the record's hash, in hex; none in streams that name nobody. */
  salt: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
  /** Canonical JSON, as it was hashed; none where it was forgotten or kept elsewhere. */
  record: z.string().optional(),
  /** From the leaf's sibling up, in base64. */
  proof: z.array(HASH).max(63),
});

export const BUNDLE = z.object({
  format: z.literal(BUNDLE_FORMAT),
  origin: z.string(),
  /** The log's keys as its owner says: who verifies has them from elsewhere. */
  vkeys: z.array(z.string()),
  /** The signed note. */
  checkpoint: z.string(),
  /** What was asked for. */
  about: z.record(z.string(), z.union([z.string(), z.number()])),
  entries: z.array(ENTRY),
});

export type Bundle = z.infer<typeof BUNDLE>;
export type BundleEntry = z.infer<typeof ENTRY>;

export const formatBundle = (bundle: Bundle): string => `${JSON.stringify(bundle, null, 1)}\n`;

/** @throws `audit.bundle_malformed` (invalid) */
export function parseBundle(text: string): Bundle {
  const parsed = BUNDLE.safeParse(jsonOf(text));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw malformed(`${issue?.path.join('/') || 'it'}: ${issue?.message ?? 'it has another form'}`);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw malformed('it is no JSON');
  }
}

const malformed = (why: string): PlumblineError =>
  new PlumblineError('invalid', 'audit.bundle_malformed', `this is no ${BUNDLE_FORMAT}: ${why}`);
