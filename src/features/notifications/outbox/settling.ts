/** What a try means for its notification: pure but for the dice. */
import type { Tried } from '../channels/failover.ts';
import { nextWait } from '../rules.ts';
import type { AttemptRow, Claimed, SettledRow } from './store.ts';

export interface Result {
  readonly row: Claimed;
  readonly attempts: readonly AttemptRow[];
  readonly settled: SettledRow;
  /** Undefined: it says nothing about the endpoint. */
  readonly health: { readonly ok: boolean; readonly error: string | null; readonly gone: boolean } | undefined;
}

export interface Settling {
  readonly worker: string;
  /** Epoch milliseconds. */
  readonly now: number;
  /** Uniform in [0, 1). */
  readonly fraction: number;
  /** Whom a dead letter belongs to until somebody takes it. */
  readonly owner: string;
}

const MAX_ID = 200;

export function resultOf(row: Claimed, tried: readonly Tried[], how: Settling): Result {
  const attempts = tried.map((one, ordinal) => attemptOf(row, one, ordinal, how));
  const last = tried.at(-1);
  if (last === undefined) throw new Error('nothing was tried');
  const { outcome, provider } = last;
  const id = 'messageId' in outcome ? (outcome.messageId?.slice(0, MAX_ID) ?? null) : null;
  const base = {
    id: row.id,
    attempt: row.attempts,
    next_retry_at: null,
    provider: null,
    provider_message_id: null,
    error_message: null,
    suppressed: null,
    owner: null,
  };
  switch (outcome.kind) {
    case 'delivered':
    case 'accepted': {
      const status = outcome.kind === 'delivered' ? 'delivered' : 'sent';
      return {
        row,
        attempts,
        settled: { ...base, status, provider, provider_message_id: id },
        health: { ok: true, error: null, gone: false },
      };
    }
    case 'refused':
    case 'gone': {
      const { error } = outcome;
      const dead = { ...base, status: 'dead', error_message: error, owner: how.owner } as const;
      return { row, attempts, settled: dead, health: { ok: false, error, gone: outcome.kind === 'gone' } };
    }
    case 'throttled':
    case 'failed': {
      const { error } = outcome;
      const wait = nextWait(row.urgency, row.attempts - row.round_from, how.fraction, outcome.waitMs);
      const settled: SettledRow =
        wait === undefined
          ? { ...base, status: 'dead', error_message: error, owner: how.owner }
          : {
              ...base,
              status: 'retrying',
              error_message: error,
              next_retry_at: new Date(how.now + wait).toISOString(),
            };
      // What speaks against a provider, or against us, does not speak against who was to hear.
      const isEndpoints = row.channel === 'webhook' || (outcome.kind === 'failed' && outcome.blame === 'recipient');
      return { row, attempts, settled, health: isEndpoints ? { ok: false, error, gone: false } : undefined };
    }
  }
}

/** It is not sent at all. */
export function suppressedResult(row: Claimed, reason: string): Result {
  const settled: SettledRow = {
    ...{
      id: row.id,
      attempt: row.attempts,
      status: 'suppressed',
      next_retry_at: null,
      provider: null,
      provider_message_id: null,
    },
    ...{ error_message: null, suppressed: reason, owner: null },
  };
  return { row, attempts: [], settled, health: undefined };
}

function attemptOf(
  row: Claimed,
  { provider, outcome, startedAt, durationMs }: Tried,
  ordinal: number,
  { worker }: Settling,
): AttemptRow {
  return {
    ...{ notification_id: row.id, attempt: row.attempts, ordinal, provider, outcome: outcome.kind },
    status_code: outcome.code ?? null,
    provider_message_id: 'messageId' in outcome ? (outcome.messageId?.slice(0, MAX_ID) ?? null) : null,
    error: 'error' in outcome ? outcome.error : null,
    ...{ started_at: new Date(startedAt).toISOString(), duration_ms: durationMs, worker },
  };
}
