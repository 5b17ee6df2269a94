/** What the XML parser makes of a document, with types: an element, its text, its children. */
import { z } from 'zod';

export interface Element {
  readonly text: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: ReadonlyMap<string, readonly Element[]>;
}

const OBJECT = z.record(z.string(), z.unknown());

/** From the parser's objects, in which one child is itself and several are a list. */
export function toElement(value: unknown): Element {
  const object = OBJECT.safeParse(value);
  if (!object.success) {
    return { text: typeof value === 'string' ? unescaped(value) : '', attributes: new Map(), children: new Map() };
  }
  const entries = Object.entries(object.data);
  const named = entries.filter(([name]) => !name.startsWith('@') && name !== '#text');
  const attributes = entries.filter(([name]) => name.startsWith('@'));
  return {
    text: unescaped(String(object.data['#text'] ?? '')),
    attributes: new Map(attributes.map(([name, text]) => [name.slice(1), unescaped(String(text))])),
    children: new Map(
      named.map(([name, child]) => [name, Array.isArray(child) ? child.map(toElement) : [toElement(child)]]),
    ),
  };
}

export const childrenOf = (element: Element | undefined, name: string): readonly Element[] =>
  element?.children.get(name) ?? [];

/** The one element at the path; undefined where there is none, or more than one anywhere on the way. */
export function childOf(element: Element, ...path: readonly string[]): Element | undefined {
  let here: Element | undefined = element;
  for (const name of path) {
    const [child, second]: readonly Element[] = childrenOf(here, name);
    if (second !== undefined) return undefined;
    here = child;
  }
  return here;
}

/** Undefined where there is no such element, or no text in it. */
export function textOf(element: Element, ...path: readonly string[]): string | undefined {
  const text = childOf(element, ...path)?.text.trim();
  return text === '' ? undefined : text;
}

const NAMED: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

/** The five entities of XML itself and references to characters; the parser is told to leave all alone. */
const unescaped = (text: string): string =>
  text.replace(/&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|(lt|gt|amp|quot|apos));/gi, (all, hex, decimal, name) => {
    if (name !== undefined) return NAMED[String(name).toLowerCase()] ?? all;
    const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : all;
  });
