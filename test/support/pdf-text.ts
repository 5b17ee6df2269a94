/**
 * The text of a PDF as somebody who copies from it gets it: streams inflated, glyphs read through the
 * fonts' ToUnicode maps (ISO 32000-1, 9.10.3). For what pdfmake writes: one font a text object, hex strings.
 */
import { inflateSync } from 'node:zlib';

interface Objects {
  readonly [id: string]: { readonly head: string; readonly stream: string };
}

export function pdfText(bytes: Uint8Array): string {
  const objects = readObjects(Buffer.from(bytes).toString('latin1'));
  const maps = new Map<string, ReadonlyMap<number, string>>();
  for (const { head } of Object.values(objects)) {
    for (const [, name = '', id = ''] of head.matchAll(/\/(F\d+) (\d+) 0 R/g)) {
      const unicode = /\/ToUnicode (\d+) 0 R/.exec(objects[id]?.head ?? '')?.[1];
      if (unicode !== undefined) maps.set(name, toUnicode(objects[unicode]?.stream ?? ''));
    }
  }
  return Object.values(objects)
    .filter(({ stream }) => /\bTJ\b/.test(stream))
    .map(({ stream }) => pageText(stream, maps))
    .join('\n');
}

function readObjects(text: string): Objects {
  const objects: Record<string, { head: string; stream: string }> = {};
  for (const match of text.matchAll(/(?:^|\n)(\d+) 0 obj\n([\s\S]*?)\nendobj/g)) {
    const [, id = '', body = ''] = match;
    const at = body.indexOf('stream\n');
    const head = at < 0 ? body : body.slice(0, at);
    const raw = at < 0 ? '' : body.slice(at + 'stream\n'.length, body.lastIndexOf('\nendstream'));
    const stream = /FlateDecode/.test(head) ? inflateSync(Buffer.from(raw, 'latin1')).toString('latin1') : raw;
    objects[id] = { head, stream };
  }
  return objects;
}

function toUnicode(cmap: string): ReadonlyMap<number, string> {
  const map = new Map<number, string>();
  const decode = (hex: string): string => Buffer.from(hex.replace(/\s/g, ''), 'hex').swap16().toString('utf16le');
  for (const [, block = ''] of cmap.matchAll(/beginbfrange([\s\S]*?)endbfrange/g)) {
    for (const [, from = '', , list = ''] of block.matchAll(/<([0-9a-f]+)>\s*<([0-9a-f]+)>\s*\[([^\]]*)\]/gi)) {
      const first = Number.parseInt(from, 16);
      [...list.matchAll(/<([^>]*)>/g)].forEach(([, hex = ''], index) => {
        map.set(first + index, decode(hex));
      });
    }
  }
  return map;
}

function pageText(stream: string, maps: ReadonlyMap<string, ReadonlyMap<number, string>>): string {
  let map: ReadonlyMap<number, string> = new Map();
  let text = '';
  for (const [, font, array] of stream.matchAll(/\/(F\d+) [\d.]+ Tf|\[([^\]]*)\] TJ/g)) {
    if (font !== undefined) map = maps.get(font) ?? new Map();
    for (const [, hex = ''] of (array ?? '').matchAll(/<([0-9a-f]*)>/gi))
      for (const glyph of hex.match(/.{4}/g) ?? []) text += map.get(Number.parseInt(glyph, 16)) ?? '\ufffd';
    if (array !== undefined) text += '\u0001'; // where one piece ends
  }
  // A piece is a word with the space or the hyphen after it; what ends otherwise ends a line.
  return text
    .replaceAll(' \u0001', ' ')
    .replaceAll('/\u0001', '/')
    .replaceAll('-\u0001', '-')
    .replaceAll('\u0001', '\n');
}
