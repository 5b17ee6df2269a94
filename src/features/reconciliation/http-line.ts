/** A line whose amount somebody's HTTP service tells: one GET, one decimal, its currency beside it. */
import { readFile } from 'node:fs/promises';
import { messageOf } from '../../kernel/errors.ts';
import { type Currency, parseMoney } from '../../kernel/money.ts';
import { type ExactJson, JsonNumber, parseExactJson } from '../../platform/http-client/exact-json.ts';
import type { HttpClient } from '../../platform/http-client/port.ts';
import type { LineSource } from './book.ts';
import type { Reading } from './ports.ts';

type HttpSource = Extract<LineSource, { readonly kind: 'http' }>;

const unreadable = (reason: string): Reading => ({ kind: 'unreadable', reason });

export async function readHttpLine(
  http: HttpClient,
  line: { readonly currency: Currency },
  source: HttpSource,
  timeoutMs: number,
): Promise<Reading> {
  const place = placeOf(source.url);
  try {
    const headers = await requestHeaders(source);
    const response = await http.send({ url: source.url, headers, timeoutMs });
    if (response.status !== 200) return unreadable(`${place} answered with status ${response.status}`);
    return judge(line, source, parseExactJson(response.body));
  } catch (error) {
    return unreadable(`${place} could not be read: ${messageOf(error)}`);
  }
}

async function requestHeaders({ authorizationFile }: HttpSource): Promise<{ readonly [name: string]: string }> {
  const accept = { accept: 'application/json' };
  if (authorizationFile === undefined) return accept;
  return { ...accept, authorization: (await readFile(authorizationFile, 'utf8')).trim() };
}

function judge(line: { readonly currency: Currency }, source: HttpSource, document: ExactJson): Reading {
  if (source.currency !== undefined) {
    const currency = at(document, source.currency);
    if (currency !== line.currency.code) {
      return unreadable(
        `the currency at ${source.currency} is ${show(currency)}, the line is in ${line.currency.code}`,
      );
    }
  }
  const amount = at(document, source.amount);
  const text = amount instanceof JsonNumber ? amount.source : amount;
  if (typeof text !== 'string') return unreadable(`the amount at ${source.amount} is ${show(amount)}, not a decimal`);
  return {
    kind: 'read',
    amount: parseMoney(line.currency, text),
    evidence: { url: placeOf(source.url), pointer: source.amount },
  };
}

/** Without user, password and query, which may hold a secret. */
function placeOf(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}

/** RFC 6901. */
function at(document: ExactJson, pointer: string): ExactJson | undefined {
  let here: ExactJson | undefined = document;
  for (const token of pointer.slice(1).split('/')) {
    const key = token.replaceAll('~1', '/').replaceAll('~0', '~');
    if (Array.isArray(here)) here = here[Number(key)];
    else if (here !== null && typeof here === 'object' && !(here instanceof JsonNumber) && Object.hasOwn(here, key)) {
      here = (here as { readonly [name: string]: ExactJson })[key];
    } else return undefined;
  }
  return here;
}

const show = (value: ExactJson | undefined): string =>
  value === undefined ? 'absent' : typeof value === 'string' ? `"${value.slice(0, 40)}"` : 'something else';
