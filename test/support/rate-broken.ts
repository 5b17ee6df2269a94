/** Bodies that are not JSON any more, and bodies that never were an answer. */

interface Broken {
  readonly what: string;
  readonly body: string;
}

const TOKENS = /"(?:[^"\\]|\\.)*"|-?[\d.]+|[[\]{}:,]|[a-z]+/g;
const STRANGE = [
  '',
  'NaN',
  'Infinity',
  '26,105.00',
  '２６１０５',
  '"',
  "'",
  '\\',
  '\u0000',
  '\u001f',
  '/',
  '__proto__',
  '<',
  '=',
  '}',
  ']',
  ':',
  ',',
];

/** A true body, cut, with tokens or characters out of place, or inside of something else. */
export function brokenTexts(body: string): readonly Broken[] {
  const broken = [...cut(body), ...tokensOutOfPlace(body), ...charactersOutOfPlace(body)].filter(({ body: text }) =>
    isBroken(text),
  );
  return [...broken, ...wrapped(body)];
}

/** Any other reader's word for it; where it is JSON still, what it means would be anybody's guess. */
function isBroken(text: string): boolean {
  try {
    JSON.parse(text);
    return false;
  } catch {
    return true;
  }
}

/** A few hundred cuts at most, spread over all of it. */
const cut = (body: string): readonly Broken[] => {
  const step = Math.ceil(body.length / 200);
  return Array.from({ length: Math.ceil(body.length / step) }, (_, index) => ({
    what: `cut after ${index * step} characters`,
    body: body.slice(0, index * step),
  }));
};

function tokensOutOfPlace(body: string): readonly Broken[] {
  const tokens = body.match(TOKENS) ?? [];
  const step = Math.ceil(tokens.length / 80);
  return tokens.flatMap((token, at) => {
    if (at % step !== 0) return [];
    const put = (...by: readonly string[]): string => tokens.toSpliced(at, 1, ...by).join('');
    const strange = STRANGE[(at / step) % STRANGE.length] ?? '';
    return [
      { what: `token ${at} is left out`, body: put() },
      { what: `token ${at} is there twice`, body: put(token, token) },
      {
        what: `tokens ${at} and ${at + 1} are exchanged`,
        body: tokens.toSpliced(at, 2, tokens[at + 1] ?? '', token).join(''),
      },
      { what: `token ${at} is ${JSON.stringify(strange)}`, body: put(strange) },
      { what: `token ${at} has lost its first character`, body: put(token.slice(1)) },
    ];
  });
}

function charactersOutOfPlace(body: string): readonly Broken[] {
  const step = Math.ceil(body.length / 40);
  const strange = ['\u0000', '\u0001', '\u001f', '\u000b', '\u00a0', '\ufeff', '\u2028', '"', '\\'];
  return Array.from({ length: 40 }, (_, index) => {
    const character = strange[index % strange.length] ?? '';
    const at = index * step;
    return {
      what: `${JSON.stringify(character)} after ${at} characters`,
      body: `${body.slice(0, at)}${character}${body.slice(at)}`,
    };
  });
}

const DEEP = 10_000;
const nested = (levels: number): string => `${'['.repeat(levels)}${']'.repeat(levels)}`;

const wrapped = (body: string): readonly Broken[] => [
  // A client may take one mark away: https://encoding.spec.whatwg.org/#utf-8-decode
  { what: 'two byte order marks before it', body: `\ufeff\ufeff${body}` },
  { what: 'NUL behind it', body: `${body}\u0000` },
  { what: 'itself behind it', body: `${body}${body}` },
  { what: 'itself on the next line', body: `${body}\n${body}` },
  { what: 'a comma behind it', body: `${body},` },
  { what: 'a semicolon behind it', body: `${body};` },
  { what: 'a page behind it', body: `${body}<!-- served -->` },
  { what: 'a comment before it', body: `// rates\n${body}` },
  { what: 'a comment behind it', body: `${body} /* rates */` },
  { what: 'a guard before it', body: `)]}'\n${body}` },
  { what: 'a call around it', body: `callback(${body});` },
  { what: 'an array around it', body: `[${body}]` },
  { what: 'an object around it', body: `{"payload":${body}}` },
  { what: 'a text around it', body: JSON.stringify(body) },
  { what: 'a page around it', body: `<html><body><pre>${body}</pre></body></html>` },
  { what: 'single quotes', body: body.replaceAll('"', "'") },
  { what: 'typographic quotes', body: body.replaceAll('"', '\u201d') },
  { what: 'base64', body: Buffer.from(body).toString('base64') },
  { what: 'something deep beside it', body: body.replace('{', `{"deep":${nested(100)},`) },
  { what: 'something bottomless beside it', body: body.replace('{', `{"deep":${nested(DEEP)},`) },
  { what: 'deep inside', body: `${'['.repeat(64)}${body}${']'.repeat(64)}` },
];

/** No answer of anybody's. */
export const GARBAGE: readonly string[] = [
  '',
  ' ',
  '\n',
  '\ufeff\ufeff',
  'null',
  'true',
  'false',
  '0',
  '1',
  '26105',
  '26105.10',
  '-26105',
  '26,105.00',
  '1e400',
  '"26105"',
  '""',
  '[]',
  '{}',
  '[[]]',
  '[{}]',
  '[null]',
  '[26105]',
  '{"":""}',
  '{"rate":26105}',
  '{"price":"26105"}',
  '{"ok":true}',
  '{"error":null}',
  '{"__proto__":{"vnd":26105}}',
  '{"\\u005f_proto__":{"vnd":26105}}',
  '{"constructor":{"prototype":{"vnd":26105}}}',
  '{',
  '[',
  '"',
  '}',
  '\\',
  '\u0000',
  '\u001b[31mred',
  'OK',
  'NaN',
  'Infinity',
  'undefined',
  'error',
  'Too Many Requests',
  'upstream connect error or disconnect/reset before headers',
  '<html></html>',
  '<!DOCTYPE html><html><head><title>Just a moment...</title></head></html>',
  '<?xml version="1.0"?><Exrate CurrencyCode="USD" Buy="26,105.00" Transfer="26,135.00" Sell="26,355.00"/>',
  'currency,rate\nVND,26105\n',
  'USD=26105',
  'rate: 26105',
  '26105 VND',
  '２６１０５',
  '٢٦١٠٥',
  '[1,2',
  '{"a":1,}',
  "{'a':1}",
  '{a:1}',
  '{"a":01}',
  '{"a":1e}',
  '{"a":"\u0001"}',
  '{"a":"\\x41"}',
  '{"a":"\\u12"}',
  '['.repeat(DEEP),
  nested(DEEP),
  `${'{"a":'.repeat(DEEP)}1${'}'.repeat(DEEP)}`,
  '{"a":'.repeat(DEEP),
  '"'.repeat(DEEP),
  '9'.repeat(DEEP),
  `[${'9'.repeat(DEEP)}]`,
  ' '.repeat(DEEP),
];
