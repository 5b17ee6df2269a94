/**
 * For one source, some thousands of bodies that a provider might send, each with what has to come of it:
 * its samples, true bodies with one thing changed, bodies that are cut or broken, other providers'
 * bodies, and what is no answer at all. The same every time. A change that turns one believable figure
 * into another is not among them: nothing in a body could tell.
 */
import type { FailureClass } from '../../src/features/rates/sources/classes.ts';
import type { BadSample, SourceDefinition } from '../../src/features/rates/sources/source.ts';
import { SOURCES } from '../../src/features/rates/sources/sources.ts';
import type { HttpResponse } from '../../src/platform/http-client/port.ts';
import { mapLists, readJsonText, writeJsonText } from './json-text.ts';
import { reply } from './rate-answers.ts';
import { brokenTexts, GARBAGE } from './rate-broken.ts';
import { FIELDS } from './rate-fields.ts';
import { type Expected, spoilt } from './rate-spoilt.ts';
import { ANYTHING } from './rate-strange.ts';

export interface CorpusBody {
  readonly what: string;
  readonly response: HttpResponse;
  readonly expected: Expected;
}

const refusedAs = (failure: FailureClass): Expected => ({ kind: 'refused', class: failure });
const answered = ({ status, headers, body }: BadSample): HttpResponse => reply(body, status, headers);

export function corpusOf(definition: SourceDefinition): readonly CorpusBody[] {
  const all = [
    ...definition.samples.bad.map((sample) => ({
      what: sample.what,
      response: answered(sample),
      expected: {
        ...refusedAs(sample.failure),
        ...(sample.holdMs === undefined ? {} : { holdMs: sample.holdMs }),
      },
    })),
    ...definition.samples.good.flatMap(({ what, body, says }) =>
      variantsOf(definition, body, { kind: 'read', says }).map((each) => ({ ...each, what: `${what}: ${each.what}` })),
    ),
    ...underEveryStatus(definition),
    ...ofOthers(definition),
    ...GARBAGE.map((body) => ({
      what: `garbage: ${body.slice(0, 30)}`,
      response: reply(body),
      expected: refusedAs('bad-payload'),
    })),
  ];
  const known = new Set<string>();
  return all.filter(({ response }) => {
    const key = JSON.stringify(response);
    return !known.has(key) && known.add(key);
  });
}

function variantsOf(definition: SourceDefinition, body: string, original: Expected): readonly CorpusBody[] {
  const fields = FIELDS[definition.name];
  if (fields === undefined) throw new Error(`test/support/rate-fields.ts does not know ${definition.name}`);
  return [
    { what: 'as it is', response: reply(body), expected: original },
    ...sameTexts(body, fields.ordered === true).map((text) => ({
      what: 'written otherwise',
      response: reply(text),
      expected: original,
    })),
    ...spoilt(body, fields).map((change) => ({
      what: change.what,
      response: reply(change.body),
      expected: change.expected === 'same' ? original : change.expected,
    })),
    ...brokenTexts(body).map(({ what, body: text }) => ({
      what,
      response: reply(text),
      expected: refusedAs('bad-payload'),
    })),
  ];
}

/** White space, the order of members, members that nobody knows: nothing of the meaning. */
function sameTexts(body: string, ordered: boolean): readonly string[] {
  const document = readJsonText(body);
  const withMember = (key: string, value: string, first: boolean): string =>
    writeJsonText(
      mapLists(document, (list) => {
        if (list.kind === 'array') return list;
        const member = { key: `"${key}"`, value: { kind: 'literal' as const, text: value } };
        return { ...list, entries: first ? [member, ...list.entries] : [...list.entries, member] };
      }),
    );
  const strangers = [
    'extra',
    'constructor',
    'toString',
    'hasOwnProperty',
    'valueOf',
    'length',
    'then',
    '',
    'ｖｎｄ',
    '0',
  ];
  const reversed = (kind: 'array' | 'object'): string =>
    writeJsonText(
      mapLists(document, (list) => (list.kind === kind ? { ...list, entries: list.entries.toReversed() } : list)),
    );
  return [
    ...[' ', '\n', '\t', '\r\n', ' \t\r\n '].map((space) => writeJsonText(document, space)),
    `\n${body}`,
    `${body}\r\n\t `,
    body.replaceAll('/', '\\/'),
    reversed('object'),
    ...(ordered ? [] : [reversed('array')]),
    ...strangers.map((key, index) => withMember(key, ANYTHING[index % ANYTHING.length] ?? 'null', index % 2 === 0)),
    withMember('nested', `${'['.repeat(50)}${']'.repeat(50)}`, false),
  ];
}

const STATUSES: readonly (readonly [status: number, failure: FailureClass])[] = [
  ...[201, 202, 206, 300, 301, 302, 307, 400, 404, 405, 406, 409, 410, 422].map(
    (code) => [code, 'bad-payload'] as const,
  ),
  ...[401, 403, 451].map((code) => [code, 'refused'] as const),
  ...[418, 429].map((code) => [code, 'rate-limited'] as const),
  ...[500, 501, 502, 503, 504, 520, 599].map((code) => [code, 'transport'] as const),
];

/** A true body is no answer where the status says that there is none. */
function underEveryStatus({ samples }: SourceDefinition): readonly CorpusBody[] {
  const body = samples.good[0]?.body ?? '';
  const held = (code: number, value: string, holdMs?: number): CorpusBody => ({
    what: `status ${code}, retry-after ${value}`,
    response: reply(body, code, { 'retry-after': value }),
    expected: { ...refusedAs('rate-limited'), ...(holdMs === undefined ? {} : { holdMs }) },
  });
  return [
    ...STATUSES.map(([code, failure]) => ({
      what: `status ${code}`,
      response: reply(body, code),
      expected: refusedAs(failure),
    })),
    held(503, '7', 7_000),
    held(429, '60', 60_000),
    held(418, '0', 0),
    held(429, '999999999999', 259_200_000),
    held(429, new Date(samples.receivedAt + 90_000).toUTCString(), 90_000),
    held(429, '99999999999999999999'),
    held(429, '-1'),
    held(429, 'Tue, 99 Foo 2026 10:20:00 GMT'),
    held(429, 'soon'),
  ];
}

/** Somebody else's answer, in his own shapes, right or wrong. */
const ofOthers = (definition: SourceDefinition): readonly CorpusBody[] =>
  SOURCES.filter(({ name }) => name !== definition.name).flatMap(({ name, samples }) => [
    ...samples.good.map(({ what, body }) => ({
      what: `${name}'s ${what}`,
      response: reply(body),
      expected: refusedAs('bad-payload'),
    })),
    ...samples.bad.map((sample) => ({
      what: `${name}'s ${sample.what}`,
      response: answered(sample),
      expected: { kind: 'refused' as const },
    })),
  ]);
