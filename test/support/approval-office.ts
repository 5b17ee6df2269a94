/**
 * People who ask for dangerous things and agree to them, at random: the rules alone, millions of times, and the
 * service over a database, with the same steps and the same outcomes. Who is behind a credential is known here
 * and nowhere else: one person has several keys, runs a machine with one of its own, and sits at the console.
 */
import { z } from 'zod';
import { register } from '../../src/features/approvals/ports.ts';
import { assertMayDecide, assertTakesPart, type Request } from '../../src/features/approvals/rules.ts';
import { Approvals } from '../../src/features/approvals/service.ts';
import { isPlumblineError, PlumblineError } from '../../src/kernel/errors.ts';
import { sha256Hex } from '../../src/kernel/hash.ts';
import type { ApprovalId } from '../../src/kernel/ids.ts';
import { systemRandom } from '../../src/platform/clock/system.ts';
import type { Db } from '../../src/platform/db/port.ts';
import type { Caller } from '../../src/platform/http-server/port.ts';
import { Dice } from '../soak/month/dice.ts';
import { ManualClock } from './manual-clock.ts';
import { recordingLogger } from './reconciliation.ts';

interface Credential {
  readonly human: string;
  readonly caller: Caller;
}

const EVERYTHING = new Set(['rates:operate', 'keys:admin', 'approvals:decide', 'approvals:break-glass']);
const OPERATOR = new Set(['rates:operate', 'approvals:decide', 'approvals:break-glass']);
const credential = (human: string, subject: string, via: string, scopes: ReadonlySet<string>): Credential => ({
  human,
  caller: { subject, via, role: 'operator', scopes },
});

export const CREDENTIALS: readonly Credential[] = [
  credential('An', 'person:an', 'key:an-1', OPERATOR),
  credential('An', 'person:an', 'key:an-2', OPERATOR),
  credential('An', 'person:an', 'session:an', OPERATOR),
  credential('An', 'key:machine', 'key:machine', EVERYTHING),
  credential('An', 'local', 'local', EVERYTHING),
  credential('Binh', 'person:binh', 'key:binh', OPERATOR),
  credential('Binh', 'person:binh', 'token', OPERATOR),
  credential('Chi', 'person:chi', 'key:chi', EVERYTHING),
  credential('Dung', 'person:dung', 'key:dung', new Set(['rates:read'])),
];

/** What can be asked for: the third needs another scope than the others. */
const WHATS = [
  { action: 'test.operate', scope: 'rates:operate', payload: { n: 0 } },
  { action: 'test.operate', scope: 'rates:operate', payload: { n: 1 } },
  { action: 'test.admin', scope: 'keys:admin', payload: { n: 2 } },
] as const;
type What = (typeof WHATS)[number];

export type Step =
  | { readonly kind: 'request' | 'break_glass'; readonly by: Credential; readonly what: What }
  | { readonly kind: 'approve' | 'reject' | 'withdraw' | 'review'; readonly by: Credential; readonly of: number }
  /** As `approve`, of something else than what is asked for. */
  | { readonly kind: 'approve_other'; readonly by: Credential; readonly of: number }
  | { readonly kind: 'pass'; readonly ms: number }
  /** It can be done no longer, or again. */
  | { readonly kind: 'turn'; readonly what: What };

const EXPIRE_MS = 30 * 60_000;

export function stepsOf(seed: number): readonly Step[] {
  const dice = new Dice(seed, 'approvals');
  const steps: Step[] = [];
  let requests = 0;
  for (let length = dice.whole(6, 18); steps.length < length; ) {
    const by = dice.pick(CREDENTIALS);
    const kind = dice.weighed([
      [5, 'request'],
      [6, 'approve'],
      [1, 'approve_other'],
      [1, 'reject'],
      [1, 'withdraw'],
      [1, 'break_glass'],
      [2, 'review'],
      [2, 'pass'],
      [1, 'turn'],
    ] as const);
    if (kind === 'request' || kind === 'break_glass') {
      requests += 1;
      steps.push({ kind, by, what: dice.pick(WHATS) });
    } else if (kind === 'pass') {
      steps.push({ kind, ms: dice.pick([0, 1_000, 10 * 60_000, EXPIRE_MS - 1, EXPIRE_MS, 2 * EXPIRE_MS, -60_000]) });
    } else if (kind === 'turn') steps.push({ kind, what: dice.pick(WHATS) });
    else if (requests > 0) steps.push({ kind, by, of: dice.whole(0, requests - 1) });
  }
  return steps;
}

/** Done, as the action itself saw it. */
export interface Done {
  readonly what: What;
  readonly approvalId: string;
}

export interface Office {
  /** @returns `ok`, or the code of the refusal */
  take(step: Step): string | Promise<string>;
  readonly done: readonly Done[];
  readonly pages: readonly string[];
}

const gone = (): PlumblineError => new PlumblineError('conflict', 'test.gone', 'it can be done no longer');
const codeOf = (error: unknown): string => {
  if (isPlumblineError(error)) return error.code;
  throw error;
};

/** The rules over a map. */
export class RulesOffice implements Office {
  readonly done: Done[] = [];
  readonly pages: string[] = [];
  readonly #requests: (Request & { readonly what: What })[] = [];
  /** What each request of the steps became: a place in the list, or nothing. */
  readonly #places: (number | undefined)[] = [];
  readonly #off = new Set<What>();
  #now = 1_000_000_000;

  take(step: Step): string {
    try {
      this.#act(step);
      return 'ok';
    } catch (error) {
      return codeOf(error);
    }
  }

  #act(step: Step): void {
    switch (step.kind) {
      case 'pass':
        this.#now += step.ms;
        return;
      case 'turn':
        if (!this.#off.delete(step.what)) this.#off.add(step.what);
        return;
      case 'request':
      case 'break_glass': {
        const place = this.#places.push(undefined) - 1;
        const { what, by } = step;
        assertTakesPart(by.caller, { name: what.action, scope: what.scope });
        if (this.#off.has(what)) throw gone();
        const alone = step.kind === 'break_glass';
        if (!alone) {
          this.#expire();
          if (this.#requests.some((each) => each.what === what && each.state === 'pending')) {
            throw new PlumblineError('conflict', 'approvals.duplicate', 'asked for already');
          }
        }
        this.#places[place] = this.#requests.length;
        const id = String(this.#requests.length);
        this.#requests.push({
          ...{ id, what, action: what.action, state: alone ? 'executed' : 'pending', breakGlass: alone },
          ...{ payloadHash: `hash ${what.payload.n}`, requestedBy: by.caller.subject, reviewedBy: undefined },
          expiresAt: this.#now + EXPIRE_MS,
        });
        if (alone) {
          this.done.push({ what, approvalId: id });
          this.pages.push(id);
        }
        return;
      }
      default: {
        const place = this.#places[step.of];
        const request = place === undefined ? undefined : this.#requests[place];
        if (place === undefined || request === undefined) {
          throw new PlumblineError('missing', 'approvals.unknown', 'there is none');
        }
        const { what } = request;
        const { caller } = step.by;
        assertTakesPart(caller, { name: what.action, scope: what.scope });
        if (step.kind === 'approve' || step.kind === 'approve_other') {
          const payloadHash = step.kind === 'approve' ? request.payloadHash : 'another';
          assertMayDecide(request, { kind: 'approve', payloadHash }, caller, this.#now);
          if (this.#off.has(what)) {
            this.#requests[place] = { ...request, state: 'void' };
            throw new PlumblineError('conflict', 'approvals.void', 'it can be done no longer');
          }
          this.done.push({ what, approvalId: request.id });
          this.#requests[place] = { ...request, state: 'executed' };
          return;
        }
        assertMayDecide(request, { kind: step.kind }, caller, this.#now);
        this.#requests[place] =
          step.kind === 'review'
            ? { ...request, reviewedBy: caller.subject }
            : { ...request, state: step.kind === 'reject' ? 'rejected' : 'withdrawn' };
      }
    }
  }

  #expire(): void {
    for (const [place, each] of this.#requests.entries()) {
      if (each.state === 'pending' && each.expiresAt <= this.#now) {
        this.#requests[place] = { ...each, state: 'expired' };
      }
    }
  }
}

/** The service over a database. */
export class ServiceOffice implements Office {
  readonly done: Done[] = [];
  readonly pages: string[] = [];
  readonly #clock = new ManualClock();
  readonly #approvals: Approvals;
  readonly #places: (ApprovalId | undefined)[] = [];
  readonly #off = new Set<number>();

  readonly #seed: number;

  /** @param seed keeps what it asks for apart from that of another office on the same database */
  constructor(db: Db, seed: number) {
    this.#seed = seed;
    this.#approvals = new Approvals({
      ...{ db, clock: this.#clock, random: systemRandom, log: recordingLogger(), expireMs: EXPIRE_MS, required: true },
      notices: {
        raise: async (_tx, { event, key }) => {
          if (event === 'approval.break_glass') this.pages.push(key.slice('approval.break_glass:'.length));
        },
      },
    });
    for (const name of ['test.operate', 'test.admin']) {
      const scope = name === 'test.admin' ? 'keys:admin' : 'rates:operate';
      this.#approvals.add(
        register({
          ...{ name, scope, about: 'of a test' },
          schema: z.strictObject({ n: z.int(), seed: z.int() }),
          target: ({ n }) => String(n),
          validate: async ({ n }) => {
            if (this.#off.has(n)) throw gone();
          },
          execute: async (_tx, { n }, { approvalId }) => ({
            result: { n },
            after: async () => {
              const what = WHATS.find((each) => each.payload.n === n);
              if (what !== undefined) this.done.push({ what, approvalId });
            },
          }),
        }),
      );
    }
  }

  async take(step: Step): Promise<string> {
    try {
      await this.#act(step);
      return 'ok';
    } catch (error) {
      return codeOf(error);
    }
  }

  async #act(step: Step): Promise<void> {
    const approvals = this.#approvals;
    switch (step.kind) {
      case 'pass':
        this.#clock.jump(step.ms);
        return;
      case 'turn':
        if (!this.#off.delete(step.what.payload.n)) this.#off.add(step.what.payload.n);
        return;
      case 'request':
      case 'break_glass': {
        const place = this.#places.push(undefined) - 1;
        const { action, payload } = step.what;
        const asked = { action, payload: { ...payload, seed: this.#seed }, reason: 'to see what comes of it' };
        const { caller } = step.by;
        const row = await (step.kind === 'request'
          ? approvals.request(asked, caller)
          : approvals.breakGlass(asked, caller));
        this.#places[place] = row.id;
        return;
      }
      default: {
        const id = this.#places[step.of];
        if (id === undefined) throw new PlumblineError('missing', 'approvals.unknown', 'there is none');
        const { caller } = step.by;
        if (step.kind === 'approve') await approvals.approve(id, (await approvals.get(id)).payload_hash, caller);
        else if (step.kind === 'approve_other') await approvals.approve(id, sha256Hex('another'), caller);
        else if (step.kind === 'reject') await approvals.reject(id, 'to see what comes of it', caller);
        else if (step.kind === 'withdraw') await approvals.withdraw(id, caller);
        else await approvals.review(id, 'to see what comes of it', caller);
      }
    }
  }
}

/**
 * What must hold whatever was tried, from the steps that were let pass and what was done: no rule is read here.
 * @returns what is broken
 */
export function judge(steps: readonly Step[], outcomes: readonly string[], office: Office): readonly string[] {
  const broken: string[] = [];
  const made: { readonly kind: 'request' | 'break_glass'; readonly human: string; readonly what: What; at: number }[] =
    [];
  const agreed = new Map<number, string>();
  let [now, expected] = [0, 0];
  for (const [index, step] of steps.entries()) {
    if (step.kind === 'pass') now += step.ms;
    if (step.kind === 'request' || step.kind === 'break_glass') {
      const passed = outcomes[index] === 'ok';
      made.push({ kind: step.kind, human: passed ? step.by.human : '', what: step.what, at: now });
      if (passed && step.kind === 'break_glass') expected += 1;
    }
    if (outcomes[index] !== 'ok') continue;
    if (step.kind === 'approve_other') broken.push('something else was approved than what was asked for');
    if (step.kind === 'review' && step.by.human === made[step.of]?.human)
      broken.push(`${step.by.human} reviewed themself`);
    if (step.kind !== 'approve') continue;
    const request = made[step.of];
    expected += 1;
    if (agreed.has(step.of)) broken.push('one request was done twice');
    agreed.set(step.of, step.by.human);
    if (request === undefined || request.kind !== 'request' || request.human === '') {
      broken.push('something was done that nobody had asked for');
    } else {
      if (request.human === step.by.human) broken.push(`${request.human} did it alone, by ${step.by.caller.via}`);
      if (now - request.at >= EXPIRE_MS) broken.push('it was done after its time');
    }
  }
  if (office.done.length !== expected) broken.push(`${office.done.length} were done, ${expected} were allowed`);
  if (new Set(office.done.map(({ approvalId }) => approvalId)).size !== office.done.length) {
    broken.push('one approval was used twice');
  }
  const alone = steps.filter((step, index) => step.kind === 'break_glass' && outcomes[index] === 'ok').length;
  if (office.pages.length !== alone) broken.push(`${alone} acted alone, ${office.pages.length} pages were sent`);
  return broken;
}

/** One sequence of the rules alone. @returns what is broken, and how much was done */
export function playRules(seed: number): { readonly broken: readonly string[]; readonly done: number } {
  const steps = stepsOf(seed);
  const office = new RulesOffice();
  const outcomes = steps.map((step) => office.take(step));
  return { broken: judge(steps, outcomes, office), done: office.done.length };
}

/** The same sequence by the rules and by the service. @returns what is broken, or differs */
export async function playBoth(seed: number, db: Db): Promise<readonly string[]> {
  const steps = stepsOf(seed);
  const [rules, service] = [new RulesOffice(), new ServiceOffice(db, seed)];
  const broken: string[] = [];
  const outcomes: string[] = [];
  for (const [index, step] of steps.entries()) {
    const [expected, got] = [rules.take(step), await service.take(step)];
    outcomes.push(got);
    if (got !== expected) broken.push(`step ${index} ${step.kind}: ${got} by the service, ${expected} by the rules`);
  }
  return [...broken, ...judge(steps, outcomes, service)];
}
