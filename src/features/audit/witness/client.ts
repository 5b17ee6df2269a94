/** Asks one witness to cosign, as c2sp.org/tlog-witness says. */
import type { Clock, Random } from '../../../kernel/clock.ts';
import { isPlumblineError } from '../../../kernel/errors.ts';
import type { HttpClient, HttpResponse } from '../../../platform/http-client/port.ts';
import { retry } from '../../../platform/http-client/retry.ts';
import { parseCheckpoint } from '../tlog/checkpoint.ts';
import { splitTime } from '../tlog/cosignature.ts';
import { parseNote, verifiedBy } from '../tlog/note.ts';
import { consistencyProof, type NodeReader, rootAt, verifyConsistency } from '../tlog/proofs.ts';
import type { PolicyWitness } from './policy.ts';
import { ADD_CHECKPOINT, formatRequest, parseSize, SIZE_TYPE } from './protocol.ts';
import { busy, type Evidence, fork, overtaken, ownFault, rollback, unusable } from './witness-faults.ts';

const ATTEMPTS = 3;
const BASE_DELAY_MS = 100;
const MAX_ANSWER = 64 * 1024;
const MAX_HOLD_S = 3_600;
/** A witness whose clock is ahead by more would vouch for what is not yet. */
const MAX_AHEAD_S = 600;

export interface WitnessClientDeps {
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly witness: PolicyWitness & { readonly url: string };
  readonly nodes: (size: number) => NodeReader;
  /** The largest size that our signer has signed. */
  readonly latest: () => Promise<number>;
}

export interface Submission {
  readonly size: number;
  /** With the log's own signatures. */
  readonly note: string;
}

export class WitnessClient {
  readonly #deps: WitnessClientDeps;
  /** What it is thought to have cosigned last: a wrong guess costs a round trip. */
  #hint = 0;
  #heldUntil = Number.NEGATIVE_INFINITY;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(deps: WitnessClientDeps) {
    this.#deps = deps;
  }

  get witness(): PolicyWitness {
    return this.#deps.witness;
  }

  /** A size that it is known to have cosigned, such as from a kept checkpoint. */
  remember(size: number): void {
    this.#hint = Math.max(this.#hint, size);
  }

  /**
   * Its verified signature lines. One request at a time, in the order asked for.
   * @throws `audit.witness_rollback`, `audit.witness_fork` (integrity) with the evidence; `audit.witness_overtaken`
   * (conflict); `audit.witness_unusable` (upstream), `audit.witness_busy` (busy)
   */
  cosign(submission: Submission, budgetMs: number): Promise<readonly string[]> {
    const turn = this.#turn.then(() => this.#cosign(submission, budgetMs));
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  async #cosign(submission: Submission, budgetMs: number): Promise<readonly string[]> {
    const { witness, latest } = this.#deps;
    const { size, note } = submission;
    // Twice its size is news to us at the most: once after our restart, once when another process was faster.
    for (let guesses = 0; ; guesses += 1) {
      if (this.#hint > size) throw overtaken(witness.name, this.#hint, size);
      const old = this.#hint;
      const request = await this.#request(old, submission);
      const answer = await this.#send(request, budgetMs);
      const evidence: Evidence = { witness: witness.name, request, status: answer.status, answer: answer.body };
      if (answer.status === 200) {
        const lines = this.#verified(note, answer.body);
        this.#hint = size;
        return lines;
      }
      if (answer.status === 422) throw fork(evidence, old, size);
      const actual = answer.status === 409 ? sizeOf(answer) : undefined;
      if (actual === undefined) throw unusable(witness.name, statusMeans(answer));
      if (actual === old && old === size) throw fork(evidence, old, size); // the same size, and another root
      if (actual === old || guesses === 2) throw unusable(witness.name, `says 409 again and again, at size ${actual}`);
      if (actual > size && actual > (await latest())) throw rollback(evidence, actual, await latest());
      this.#hint = actual;
    }
  }

  /** The request, with a proof that was looked at: a damaged tile of ours is no fork of theirs. */
  async #request(old: number, { size, note }: Submission): Promise<string> {
    const nodes = this.#deps.nodes(size);
    const [proof, oldRoot] = await Promise.all([consistencyProof(nodes, old, size), rootAt(nodes, old)]);
    const { root } = parseCheckpoint(parseNote(note).text);
    if (!verifyConsistency(old, oldRoot, size, root, proof)) throw ownFault(old, size);
    return formatRequest({ old, proof, checkpoint: note });
  }

  async #send(body: string, budgetMs: number): Promise<HttpResponse> {
    const { http, clock, random, witness } = this.#deps;
    if (clock.monotonic() < this.#heldUntil) throw busy(witness.name);
    const options = {
      clock,
      random,
      budgetMs,
      attempts: ATTEMPTS,
      attemptTimeoutMs: budgetMs / 2,
      baseDelayMs: BASE_DELAY_MS,
    };
    return retry(
      options,
      async ({ timeoutMs }) => {
        const answer = await http.send({
          url: witness.url.replace(/\/+$/, '') + ADD_CHECKPOINT,
          method: 'POST',
          headers: { 'content-type': 'text/plain; charset=utf-8', accept: 'text/plain' },
          body,
          timeoutMs,
          maxBytes: MAX_ANSWER,
        });
        if (answer.status === 429 || answer.status >= 500) {
          const seconds = Number(/^\d{1,9}$/.exec(answer.headers['retry-after'] ?? '')?.[0] ?? 0);
          this.#heldUntil = clock.monotonic() + Math.min(seconds, MAX_HOLD_S) * 1_000;
          throw seconds > 0 ? busy(witness.name) : unusable(witness.name, statusMeans(answer));
        }
        return answer;
      },
      (error) => isPlumblineError(error) && error.kind === 'upstream',
    );
  }

  /** Only lines of its own key count, and each must verify. */
  #verified(note: string, answer: string): readonly string[] {
    const { witness, clock } = this.#deps;
    const { verifier } = witness;
    try {
      const cosigned = parseNote(note + answer);
      const lines = cosigned.signatures.filter((each) => each.name === verifier.name && each.keyId === verifier.keyId);
      if (verifiedBy(cosigned, [verifier]).length === 0) throw new Error('none is of its key');
      for (const { signature } of lines) {
        const time = splitTime(signature)?.seconds;
        if (time === undefined || time > clock.now() / 1_000 + MAX_AHEAD_S)
          throw new Error('its time is in the future');
      }
      return lines.map(({ line }) => line);
    } catch (error) {
      throw unusable(witness.name, 'answers with a cosignature that does not verify', error);
    }
  }
}

/** The type is demanded: a proxy that says 409 has another. */
function sizeOf({ headers, body }: HttpResponse): number | undefined {
  const type = headers['content-type']?.split(';')[0]?.trim();
  return type === SIZE_TYPE && body.endsWith('\n') ? parseSize(body.slice(0, -1)) : undefined;
}

function statusMeans({ status }: HttpResponse): string {
  if (status === 404) return "does not know this log (404): give its operator the log's vkey";
  if (status === 403) return "does not trust this log's key (403): give its operator the present vkey";
  return `answers ${status}`;
}
