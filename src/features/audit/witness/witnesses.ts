/** Asks all witnesses of a policy at once, and is content when enough of them have cosigned. */
import { isPlumblineError, messageOf, PlumblineError } from '../../../kernel/errors.ts';
import { parseCheckpoint } from '../tlog/checkpoint.ts';
import { formatNote, parseNote, verifiedBy } from '../tlog/note.ts';
import { type Submission, WitnessClient, type WitnessClientDeps } from './client.ts';
import { isQuorum, type Policy, type PolicyWitness } from './policy.ts';

export interface WitnessesDeps extends Omit<WitnessClientDeps, 'witness'> {
  readonly policy: Policy;
  /** Without a quorum `closed` fails, and `open` gives the checkpoint as it is. */
  readonly onMissedQuorum: 'open' | 'closed';
  /** Milliseconds for all of it. */
  readonly timeoutMs: number;
  /** An integrity error: a witness has seen another log than ours (`audit.witness_rollback`, `audit.witness_fork`). */
  readonly onEvidence: (error: PlumblineError) => void;
}

export interface Cosigned {
  /** The submitted note with the cosignatures under its own signatures. */
  readonly note: string;
  readonly hasQuorum: boolean;
  /** Names in the policy. */
  readonly witnesses: readonly string[];
  /** What went wrong until then, a line for each. */
  readonly faults: readonly string[];
}

export class Witnesses {
  readonly #deps: WitnessesDeps;
  readonly #clients: readonly WitnessClient[];

  /** @throws `audit.policy_unreachable` (invalid) when all witnesses that have a URL are not enough */
  constructor(deps: WitnessesDeps) {
    this.#deps = deps;
    const reachable = deps.policy.witnesses.filter(hasUrl);
    this.#clients = reachable.map((witness) => new WitnessClient({ ...deps, witness }));
    if (!isQuorum(deps.policy, new Set(reachable.map(({ name }) => name)))) throw unreachable();
  }

  /** Learns from a kept checkpoint who has cosigned it: after a restart that saves each a round trip. */
  remember(note: string): void {
    const parsed = parseNote(note);
    const { size } = parseCheckpoint(parsed.text);
    const verified = verifiedBy(
      parsed,
      this.#deps.policy.witnesses.map(({ verifier }) => verifier),
    );
    for (const client of this.#clients) if (verified.includes(client.witness.verifier)) client.remember(size);
  }

  /**
   * Resolves when enough have cosigned, or all have answered, or the time is over.
   * @throws `audit.quorum_missed` (upstream) where the policy is closed
   */
  async cosign(submission: Submission): Promise<Cosigned> {
    const { policy, onMissedQuorum, onEvidence, timeoutMs, clock } = this.#deps;
    const lines = new Map<string, readonly string[]>();
    const faults: string[] = [];
    const enough = Promise.withResolvers<void>();
    const hasQuorum = (): boolean => isQuorum(policy, new Set(lines.keys()));

    const asked = this.#clients.map(async (client) => {
      try {
        lines.set(client.witness.name, await client.cosign(submission, timeoutMs));
        if (hasQuorum()) enough.resolve();
      } catch (error) {
        faults.push(messageOf(error));
        if (isPlumblineError(error) && error.kind === 'integrity') onEvidence(error);
      }
    });
    const cancel = clock.after(timeoutMs, enough.resolve);
    void Promise.all(asked).then(() => enough.resolve());
    await enough.promise;
    cancel();

    const inOrder = policy.witnesses.map(({ name }) => name).filter((name) => lines.has(name));
    if (!hasQuorum() && onMissedQuorum === 'closed') throw missed(submission.size, inOrder, faults);
    return {
      note: withLines(
        submission.note,
        inOrder.flatMap((name) => lines.get(name) ?? []),
      ),
      hasQuorum: hasQuorum(),
      witnesses: inOrder,
      faults,
    };
  }
}

const hasUrl = (witness: PolicyWitness): witness is PolicyWitness & { readonly url: string } =>
  witness.url !== undefined;

function withLines(note: string, lines: readonly string[]): string {
  const { text, signatures } = parseNote(note);
  return formatNote(text, [...signatures.map(({ line }) => line), ...lines]);
}

const unreachable = (): PlumblineError =>
  new PlumblineError(
    'invalid',
    'audit.policy_unreachable',
    'the quorum of the witness policy cannot be reached: too few of its witnesses have a URL, which is the third item of their lines',
  );

const missed = (size: number, cosigned: readonly string[], faults: readonly string[]): PlumblineError =>
  new PlumblineError(
    'upstream',
    'audit.quorum_missed',
    `the checkpoint of size ${size} was cosigned by ${cosigned.length === 0 ? 'nobody' : cosigned.join(', ')}, which is no quorum${faults.length === 0 ? '' : `: ${faults.join('; ')}`}`,
    { details: { size, cosigned, faults } },
  );
