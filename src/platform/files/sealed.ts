/**
 * The text of a state file that proves itself whole: what it is, its value as JSON, and their SHA-256.
 * Against chance (a torn page, a slip of an editor), not against somebody who means it.
 */
import { canonicalJson, type Json } from '../../kernel/canonical.ts';
import { sha256Hex } from '../../kernel/hash.ts';

export function seal(what: string, value: Json): string {
  const text = `${what}\n${canonicalJson(value)}\n`;
  return `${text}${sha256Hex(text)}\n`;
}

/** Undefined when it is damaged, or something else. */
export function unseal(what: string, sealed: string): unknown {
  const [title, json, digest, ...rest] = sealed.split('\n');
  if (title !== what || json === undefined || rest.length !== 1 || rest[0] !== '') return undefined;
  return digest === sha256Hex(`${title}\n${json}\n`) ? JSON.parse(json) : undefined;
}
