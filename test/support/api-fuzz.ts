/**
 * Random requests of every operation of the OpenAPI document, by callers of every role. What answers give is
 * used in later requests. No answer may be a 5xx, undocumented or unlike its schema; a request that is sent
 * again is answered as the first time; pages come to the same as the whole.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { MATRIX, PERSON_ROLES, ROLES, type Role, scopesOf } from '../../src/features/access/roles.ts';
import { isScope } from '../../src/features/access/scopes.ts';
import type { App } from '../../src/main/parts.ts';
import { Dice } from '../soak/month/dice.ts';
import { type Operation, operationsOf, Seen, valueFor } from './api-document.ts';

interface Sent {
  readonly method: Operation['method'];
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

interface Answered {
  readonly status: number;
  readonly type: string;
  readonly text: string;
  readonly replayed: boolean;
}

interface Who {
  readonly role: Role;
  readonly secret: string;
}

/** A stream of events ends when its reader does, and waits for a signer that nobody starts here take long. */
const LEFT_OUT = new Set(['GET /v1/rates/stream']);
const NO_PARAMETER = new Set(['wait']);

/**
 * Entries are there a moment before the checkpoint that covers them, and a process that gets no processor for
 * seconds says so: who asks is told to ask again, and does.
 */
const AGAIN = /"code":"(audit\.not_signed|service\.overloaded)"/;
/** Where a plan says which rows are old enough now. */
const ASKED_AT = /"before":"[^"]*"/g;

const PROBLEM = z.looseObject({
  ...{ type: z.string().startsWith('urn:plumbline:problem:'), title: z.string(), status: z.int(), detail: z.string() },
  ...{ code: z.string(), kind: z.string(), request_id: z.uuid() },
});
const PAGE = z.object({ data: z.array(z.unknown()), next: z.string().nullable() });

export class ApiFuzz {
  readonly violations: string[] = [];
  /** `GET /v1/keys 200`, and how often. */
  readonly answers = new Map<string, number>();
  requests = 0;
  /** Answers that ask to come back in a moment; each was asked for again, and is not counted. */
  busy = 0;
  readonly #app: App;
  readonly #operations: readonly Operation[];
  readonly #callers: readonly Who[];

  constructor(app: App, document: unknown) {
    this.#app = app;
    this.#operations = operationsOf(document).filter(({ method, path }) => !LEFT_OUT.has(`${method} ${path}`));
    // Several who may decide, so that one can approve what another asked for; the powerful ones more often.
    const people = ['an', 'binh', 'chi'].map((name) => this.#known(`person:${name}`, 'admin'));
    this.#callers = [
      ...people,
      ...people,
      ...PERSON_ROLES.map((role) => this.#known(`person:${role}`, role)),
      this.#known('key:01939e4e-7cb2-7c00-8000-00000000000f', 'service'),
    ];
  }

  #known(subject: string, role: Role): Who {
    return { role, secret: this.#app.access.createLocalKey(subject, scopesOf(role), role) };
  }

  /** So many requests of one seed. */
  async run(seed: number, requests: number): Promise<void> {
    const dice = new Dice(seed, 'api');
    const seen = new Seen();
    const until = this.requests + requests;
    for (let n = 0; this.requests < until; n += 1) {
      const operation = dice.pick(this.#operations);
      const who = dice.pick(this.#callers);
      const sent = this.#request(operation, who, dice, seen, `fuzz-${seed}-${n}`);
      const answer = await this.#send(sent, operation, seed);
      if (answer.status === 200 || answer.status === 201 || answer.status === 202) {
        if (answer.type.startsWith('application/json')) seen.note(JSON.parse(answer.text));
        if (operation.method === 'POST' && dice.chance(0.2)) await this.#again(sent, answer, operation, seed);
        if (operation.method === 'GET' && dice.chance(0.1)) await this.#walk(sent, answer, operation, seed);
      }
      this.#checkRole(operation, who.role, answer, sent, seed);
    }
  }

  #request({ method, path, parameters, body }: Operation, who: Who, dice: Dice, seen: Seen, key: string): Sent {
    const spoil = dice.chance(0.5) ? 0 : 0.1;
    const query = new URLSearchParams();
    let url = path;
    for (const { name, in: place, required, schema } of parameters) {
      if (NO_PARAMETER.has(name)) continue;
      const value = valueFor(schema, name, dice, seen, spoil);
      const text = typeof value === 'string' ? value.toWellFormed() : JSON.stringify(value);
      if (place === 'path') url = url.replace(`{${name}}`, encodeURIComponent(text) || '-');
      else if (required || dice.chance(0.4)) query.set(name, text);
    }
    return {
      method,
      url: query.size === 0 ? url : `${url}?${query}`,
      headers: {
        ...(dice.chance(0.02) ? {} : { authorization: `Bearer ${who.secret}` }),
        ...(method === 'POST' && !dice.chance(0.03) ? { 'idempotency-key': key } : {}),
      },
      body: body === undefined ? undefined : valueFor(body, '', dice, seen, spoil),
    };
  }

  async #send(sent: Sent, operation: Operation, seed: number, tries = 0): Promise<Answered> {
    this.requests += 1;
    const { method, url, headers, body } = sent;
    const payload = body === undefined ? {} : { payload: JSON.stringify(body) };
    const json = body === undefined ? {} : { 'content-type': 'application/json' };
    const response = await this.#app.server.inject({ method, url, headers: { ...headers, ...json }, ...payload });
    const answer = {
      status: response.statusCode,
      type: String(response.headers['content-type'] ?? ''),
      text: response.body,
      replayed: response.headers['idempotency-replayed'] === 'true',
    };
    if (answer.status === 503 && AGAIN.test(answer.text) && tries < 100) {
      this.requests -= 1;
      this.busy += 1;
      await delay(100);
      return this.#send(sent, operation, seed, tries + 1);
    }
    const name = `${operation.method} ${operation.path} ${answer.status}`;
    this.answers.set(name, (this.answers.get(name) ?? 0) + 1);
    const wrong = wrongIn(operation, answer);
    if (wrong !== undefined) this.#violated(seed, sent, answer, wrong);
    return answer;
  }

  /** The same once more, and then another one under its key. */
  async #again(sent: Sent, first: Answered, operation: Operation, seed: number): Promise<void> {
    if (sent.headers['idempotency-key'] === undefined || operation.path === '/v1/session/logout') return;
    const second = await this.#send(sent, operation, seed);
    // What does not act is answered anew, and comes to the same but for the instant at which it was asked.
    const told = operation.acts ? withoutSecrets : (text: string) => withoutSecrets(text.replace(ASKED_AT, ''));
    const same = isDeepStrictEqual(told(first.text), told(second.text));
    if (second.status !== first.status || second.replayed !== operation.acts || !same) {
      this.#violated(
        seed,
        sent,
        second,
        `sent again, it is not answered as the first time: ${first.text.slice(0, 300)}`,
      );
    }
    if (typeof sent.body !== 'object' || sent.body === null || !('reason' in sent.body)) return;
    const other = { ...sent, body: { ...sent.body, reason: 'quite another reason than before' } };
    const third = await this.#send(other, operation, seed);
    if (third.status !== 422) this.#violated(seed, other, third, 'another request under the same key is not refused');
  }

  /** All pages, two rows at a time, against the whole. */
  async #walk(sent: Sent, first: Answered, operation: Operation, seed: number): Promise<void> {
    if (!operation.parameters.some(({ name }) => name === 'cursor')) return;
    const whole = PAGE.safeParse(first.type.startsWith('application/json') ? JSON.parse(first.text) : undefined).data;
    if (whole === undefined || sent.url.includes('cursor=')) return;
    const at = (limit: number, cursor?: string): Sent => {
      const url = new URL(sent.url, 'http://x');
      url.searchParams.set('limit', String(limit));
      if (cursor !== undefined) url.searchParams.set('cursor', cursor);
      return { ...sent, url: url.pathname + url.search };
    };
    const most = Number(operation.parameters.find(({ name }) => name === 'limit')?.schema.maximum ?? 100);
    const page = async (limit: number, cursor?: string) =>
      PAGE.parse(JSON.parse((await this.#send(at(limit, cursor), operation, seed)).text));
    // What happens meanwhile, such as an entry of the audit log, is on one side alone: then it is walked again.
    for (let tries = 0; ; tries += 1) {
      const all = (await page(most)).data;
      const walked: unknown[] = [];
      let next: string | null | undefined;
      for (let pages = 0; pages < 20 && next !== null; pages += 1) {
        const one = await page(Math.min(7, most), next);
        walked.push(...one.data);
        next = one.next;
      }
      const both = Math.min(all.length, walked.length);
      const complete = next !== null || walked.length >= all.length;
      if (complete && isDeepStrictEqual(walked.slice(0, both), all.slice(0, both))) return;
      if (tries < 3) continue;
      this.#violated(seed, sent, first, `${walked.length} rows in pages are not the first of the whole, ${all.length}`);
      return;
    }
  }

  #checkRole({ scope }: Operation, role: Role, answer: Answered, sent: Sent, seed: number): void {
    if (scope === undefined || scope === '' || !isScope(scope) || sent.headers.authorization === undefined) return;
    const refused = answer.status === 403 && answer.text.includes('"access.scope_missing"');
    if (refused !== (MATRIX[scope][role] === 'no')) {
      this.#violated(seed, sent, answer, `the role ${role} is ${refused ? 'refused' : 'let pass'}, against the matrix`);
    }
  }

  #violated(seed: number, { method, url, body }: Sent, { status, text }: Answered, why: string): void {
    const asked = `${method} ${url} ${JSON.stringify(body)?.slice(0, 400) ?? ''}`;
    this.violations.push(`seed ${seed}: ${why}: ${asked} -> ${status} ${text.slice(0, 400)}`);
  }
}

function wrongIn({ statuses, scope }: Operation, { status, type, text }: Answered): string | undefined {
  if (status >= 500) return 'it is a 5xx';
  if (!statuses.has(String(status)) && !(scope !== undefined && statuses.has(`${Math.floor(status / 100)}XX`))) {
    // What is public documents no refusals.
    return scope === undefined && status >= 400 ? undefined : 'the document does not have this status';
  }
  if (status < 400) return undefined;
  if (!type.startsWith('application/problem+json')) return `its type is ${type}`;
  const problem = PROBLEM.safeParse(JSON.parse(text)).data;
  return problem?.status === status ? undefined : 'it is no problem as RFC 9457 has it';
}

/** `secret` is answered once. */
function withoutSecrets(text: string): unknown {
  return JSON.parse(text, (name, value: unknown) => (name === 'secret' ? null : value));
}

export const rolesOf = (scope: string): readonly Role[] =>
  isScope(scope) ? ROLES.filter((role) => MATRIX[scope][role] !== 'no') : ROLES;
