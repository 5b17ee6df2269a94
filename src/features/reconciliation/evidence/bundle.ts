/**
 * The evidence of final reports in one file, which verifies without us: docs/verify/reconciliation-bundles.md.
 * It is canonical JSON, and the same chain gives the same bytes.
 */
import { z } from 'zod';
import { canonicalJson, type Json } from '../../../kernel/canonical.ts';
import { PlumblineError } from '../../../kernel/errors.ts';
import { sha256Hex } from '../../../kernel/hash.ts';
import type { Signer } from '../signing.ts';
import { HEADER, JSON_VALUE } from './header.ts';

const FORMAT = 'plumbline-reconciliation-bundle/1';

const OBJECT = z.record(z.string(), JSON_VALUE);

export const BUNDLED = z.strictObject({
  header: HEADER,
  row: OBJECT,
  report: OBJECT,
  inputs: JSON_VALUE,
  attempts: z.array(OBJECT),
});

const PAYLOAD = z.strictObject({
  format: z.literal(FORMAT),
  book: z.string(),
  /** Every business date from the first to the last is to have a report. */
  from: z.iso.date(),
  to: z.iso.date(),
  /** The newest header of the chain when the bundle was made. */
  head: z.strictObject({ seq: z.int().min(0), hash: z.string() }),
  /** Each book that a report was made by, as a document whose canonical form has the hash. */
  books: z.array(z.strictObject({ hash: z.string(), document: OBJECT })),
  /** The headers between the first report's and the head that belong to no report here. */
  links: z.array(HEADER),
  /** By business date. */
  reports: z.array(BUNDLED),
});

export const BUNDLE = z.strictObject({
  payload: PAYLOAD,
  signature: z.strictObject({
    algorithm: z.literal('Ed25519'),
    key_id: z.string(),
    public_key: z.string(),
    /** Of `signedText`. */
    value: z.string(),
  }),
});

export type Bundle = z.output<typeof BUNDLE>;
export type Payload = z.output<typeof PAYLOAD>;
export type BundledReport = z.output<typeof BUNDLED>;

/** What is signed: three lines, so that any tool with Ed25519 and SHA-256 can check it. */
export const signedText = (payload: Payload): Buffer =>
  Buffer.from(
    `${FORMAT}\n${payload.book} ${payload.from} ${payload.to}\n${sha256Hex(canonicalJson(payload satisfies Json))}\n`,
  );

export function sealBundle(payload: Omit<Payload, 'format'>, signer: Signer): Bundle {
  const whole: Payload = { format: FORMAT, ...payload };
  return {
    payload: whole,
    signature: {
      algorithm: 'Ed25519',
      key_id: signer.keyId,
      public_key: signer.publicKey,
      value: Buffer.from(signer.sign(signedText(whole))).toString('base64'),
    },
  };
}

export const formatBundle = (bundle: Bundle): string => `${canonicalJson(bundle satisfies Json)}\n`;

/** @throws `bundle.malformed` (invalid) with where */
export function parseBundle(text: string): Bundle {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (cause) {
    throw new PlumblineError(
      'invalid',
      'bundle.malformed',
      'the bundle is not JSON: it was cut off, or is something else',
      {
        cause,
      },
    );
  }
  const { data, error } = BUNDLE.safeParse(document);
  if (data !== undefined) return data;
  const faults = error.issues.map(({ path, message }) => ({ pointer: `/${path.join('/')}`, message }));
  const [first] = faults;
  throw new PlumblineError(
    'invalid',
    'bundle.malformed',
    `this is no bundle of reconciliations: ${first?.pointer ?? ''}: ${first?.message ?? ''}`,
    { faults },
  );
}
