/**
 * Everything of a run that may be shown to anybody, as text: the signed header, then a line for each leaf,
 * the base64 of its hash and its sum, which are 48 bytes. From it anybody recomputes root and total.
 */
import { messageOf, PlumblineError } from '../../../kernel/errors.ts';
import { ENTRY } from './format.ts';
import { HEADER, type Header } from './header.ts';

const TITLE = 'plumbline pol/v1 publication';
/** Characters of a leaf's line, its end included. */
export const LINE = 65;

export const publicationHead = (header: string, signature: string): string => `${TITLE}\n${header}\n${signature}\n`;

export function publicationLines(entries: Uint8Array): string {
  let text = '';
  const bytes = Buffer.from(entries.buffer, entries.byteOffset, entries.byteLength);
  for (let at = 0; at < bytes.length; at += ENTRY) text += `${bytes.toString('base64', at, at + ENTRY)}\n`;
  return text;
}

export interface Publication {
  readonly header: Header;
  readonly signature: string;
  readonly entries: AsyncIterable<Uint8Array>;
}

/**
 * @param pieces of the text, which may end anywhere
 * @throws `proof.publication_malformed` (invalid), also while the entries are read
 */
export async function readPublication(pieces: AsyncIterable<Uint8Array>): Promise<Publication> {
  const source = pieces[Symbol.asyncIterator]();
  let rest = Buffer.alloc(0);
  const more = async (): Promise<boolean> => {
    const { done, value } = await source.next();
    if (done === true) return false;
    rest = Buffer.concat([rest, value]);
    return true;
  };
  const line = async (): Promise<string> => {
    while (!rest.includes(10)) if (!(await more())) throw malformed('it ends too early');
    const end = rest.indexOf(10);
    const text = rest.toString('utf8', 0, end);
    rest = rest.subarray(end + 1);
    return text;
  };
  if ((await line()) !== TITLE) throw malformed(`its first line is not "${TITLE}"`);
  const header = headerOf(await line());
  const signature = await line();
  async function* entries(): AsyncIterable<Uint8Array> {
    let count = 0;
    do {
      const whole = Math.floor(rest.length / LINE);
      if (whole === 0) continue;
      const decoded = Buffer.alloc(whole * ENTRY);
      for (let n = 0; n < whole; n += 1) {
        const text = rest.toString('latin1', n * LINE, (n + 1) * LINE);
        if (!/^[A-Za-z0-9+/]{64}\n$/.test(text))
          throw malformed(`leaf ${count + n} is not a line of 64 characters of base64`);
        decoded.write(text, n * ENTRY, ENTRY, 'base64');
      }
      count += whole;
      rest = rest.subarray(whole * LINE);
      yield decoded;
    } while (await more());
    if (rest.length > 0) throw malformed('its last line is not whole');
  }
  return { header, signature, entries: entries() };
}

function headerOf(text: string): Header {
  try {
    return HEADER.parse(JSON.parse(text));
  } catch (error) {
    throw malformed(`its header is none: ${messageOf(error)}`);
  }
}

const malformed = (why: string): PlumblineError =>
  new PlumblineError('invalid', 'proof.publication_malformed', `this is no publication of liabilities: ${why}`);
