/** Identifiers: UUIDv7 (RFC 9562 5.7), so that they sort by time, branded by what they name. */
import type { Clock, Random } from './clock.ts';
import { PlumblineError } from './errors.ts';

declare const brand: unique symbol;
export type Id<Of extends string> = string & { readonly [brand]: Of };

export type ReconciliationId = Id<'reconciliation'>;
export type QuoteId = Id<'quote'>;
export type PaymentQuoteId = Id<'payment-quote'>;
export type NotificationId = Id<'notification'>;
export type ApiKeyId = Id<'api-key'>;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

export const isUuid = (text: string): boolean => UUID.test(text);

/** @throws `id.malformed` (invalid) */
export function parseId<Of extends string>(what: Of, text: string): Id<Of> {
  if (!isUuid(text)) {
    throw new PlumblineError(
      'invalid',
      'id.malformed',
      `"${text.slice(0, 60)}" is not the id of a ${what}; ids are UUIDs in lower case`,
      { details: { value: text.slice(0, 60) } },
    );
  }
  return text as Id<Of>;
}

/** 48 bits of Unix milliseconds, then 74 random bits. */
export function uuidv7(epochMs: number, random: Uint8Array): string {
  const bytes = Buffer.alloc(16);
  bytes.writeUIntBE(epochMs, 0, 6);
  bytes.set(random.subarray(0, 10), 6);
  bytes.writeUInt8(0x70 | (bytes.readUInt8(6) & 0x0f), 6);
  bytes.writeUInt8(0x80 | (bytes.readUInt8(8) & 0x3f), 8);
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

export const newId = <Of extends string>(clock: Clock, random: Random): Id<Of> =>
  uuidv7(clock.now(), random.bytes(10)) as Id<Of>;
