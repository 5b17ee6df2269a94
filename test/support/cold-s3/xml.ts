/** XML as S3 writes and reads it. */
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { z } from 'zod';
import { S3Error } from './s3-error.ts';

export type Xml = string | number | boolean | Date | undefined | readonly Xml[] | { readonly [name: string]: Xml };

const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';

const escaped = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: XML readers alter them unless they are references
    .replace(/[\u0000-\u001f]/g, (char) => `&#x${char.charCodeAt(0).toString(16)};`);

const isList = (value: Xml): value is readonly Xml[] => Array.isArray(value);

/** A list becomes an element each, what is undefined none. */
function inner(name: string, value: Xml): string {
  if (value === undefined) return '';
  if (isList(value)) return value.map((each) => inner(name, each)).join('');
  return `<${name}>${content(value)}</${name}>`;
}

function content(value: Exclude<Xml, undefined | readonly Xml[]>): string {
  if (value instanceof Date) return value.toISOString();
  if (typeof value !== 'object') return escaped(String(value));
  return Object.entries(value)
    .map(([name, each]) => inner(name, each))
    .join('');
}

/** A whole document. */
export function element(name: string, value: { readonly [name: string]: Xml }): string {
  const space = name === 'Error' ? '' : ` xmlns="${NAMESPACE}"`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${name}${space}>${content(value)}</${name}>`;
}

export const errorXml = (error: S3Error, resource: string, requestId: string): string =>
  element('Error', {
    Code: error.code,
    Message: error.message,
    ...error.more,
    Resource: resource,
    RequestId: requestId,
    HostId: 'cold-s3',
  });

const malformed = (): S3Error =>
  new S3Error(
    'MalformedXML',
    'The XML you provided was not well-formed or did not validate against our published schema',
  );

const parser = new XMLParser({
  ignoreAttributes: true,
  parseTagValue: false,
  trimValues: false,
  removeNSPrefix: true,
  htmlEntities: true, // with them the numeric ones, which Go's clients send
  isArray: (name) => LISTS.has(name),
});
const LISTS = new Set(['Object', 'Part', 'member']);

/** @throws `MalformedXML` */
export function parseXml<T>(body: Buffer, root: string, schema: z.ZodType<T>): T {
  // Between elements white space means nothing.
  const text = body.toString('utf8').replace(/>\s+</g, '><').trim();
  if (XMLValidator.validate(text) !== true) throw malformed();
  const document = z.looseObject({ [root]: z.unknown() }).safeParse(parser.parse(text));
  const value = document.success ? document.data[root] : undefined;
  const parsed = schema.safeParse(value === '' ? {} : value);
  if (!parsed.success) throw malformed();
  return parsed.data;
}
