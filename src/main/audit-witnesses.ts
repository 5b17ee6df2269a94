/** The witnesses of the policy, where there is one, asked for every checkpoint before it is given out. */
import { readFileSync } from 'node:fs';
import type { LogSigner } from '../features/audit/signer/port.ts';
import { logReader } from '../features/audit/signer/published-log.ts';
import type { CheckpointStore } from '../features/audit/signer/publisher-ports.ts';
import { type Policy, parsePolicy } from '../features/audit/witness/policy.ts';
import { Witnesses } from '../features/audit/witness/witnesses.ts';
import type { Json } from '../kernel/canonical.ts';
import type { Clock, Random } from '../kernel/clock.ts';
import { messageOf, PlumblineError } from '../kernel/errors.ts';
import type { Config } from '../platform/config/config.ts';
import type { HttpClient } from '../platform/http-client/port.ts';
import { type TellDeps, tellOfDamage } from './audit-tell.ts';

export interface WitnessingDeps extends TellDeps {
  readonly config: Config;
  readonly clock: Clock;
  readonly random: Random;
  readonly http: HttpClient;
}

/** Undefined: there is no policy. @throws `audit.policy_malformed`, `audit.policy_unreachable` (invalid) */
export async function openWitnesses(
  deps: WitnessingDeps,
  signer: LogSigner,
  store: CheckpointStore,
): Promise<Witnesses | undefined> {
  const { config, clock, random, http, db, log } = deps;
  const { AUDIT_WITNESS_POLICY, AUDIT_QUORUM_MISSED, AUDIT_WITNESS_TIMEOUT_MS } = config.values;
  if (AUDIT_WITNESS_POLICY === undefined) return undefined;
  const told = new Set<string>();
  const witnesses = new Witnesses({
    ...{ http, clock, random, policy: readPolicy(AUDIT_WITNESS_POLICY) },
    nodes: logReader(db).nodes,
    latest: async () => (await signer.last()).size,
    onMissedQuorum: AUDIT_QUORUM_MISSED === 'hold' ? 'closed' : 'open',
    timeoutMs: AUDIT_WITNESS_TIMEOUT_MS,
    onEvidence: (error) => {
      // Each checkpoint of a forked log is refused: it is told once.
      if (told.has(error.message)) return;
      told.add(error.message);
      void tellOfDamage(deps, error, evidenceOf(error));
    },
  });
  const newest = await store.newest();
  try {
    if (newest !== undefined) witnesses.remember(newest.note);
  } catch (error) {
    log.warn({ code: 'audit.checkpoint_unread', err: error }, 'the newest checkpoint does not say who has cosigned it');
  }
  return witnesses;
}

function readPolicy(file: string): Policy {
  let text: string;
  try {
    text = readFileSync(file, 'latin1'); // names are octets: c2sp.org/tlog-policy
  } catch (error) {
    const message = `names a file that cannot be read (${messageOf(error)})`;
    throw new PlumblineError('invalid', 'audit.policy_unreadable', `AUDIT_WITNESS_POLICY ${message}`, {
      faults: [{ pointer: 'AUDIT_WITNESS_POLICY', message }],
    });
  }
  return parsePolicy(text);
}

/** What was asked and answered, word for word. */
function evidenceOf({ details }: PlumblineError): Json {
  const { evidence } = details;
  if (typeof evidence !== 'object' || evidence === null) return null;
  return Object.fromEntries(
    Object.entries(evidence).map(([name, value]) => [name, typeof value === 'number' ? value : String(value)]),
  );
}
