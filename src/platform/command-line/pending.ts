/** What a command shows where nothing was done yet, for a second person has to agree. */
import { z } from 'zod';
import type { CommandContext } from './port.ts';

const PENDING = z.looseObject({ approval_id: z.string(), payload_hash: z.string(), detail: z.string() });

/** @returns whether the answer is such a one; then it was shown */
export function waitsForApproval(context: CommandContext, answer: unknown): boolean {
  const pending = PENDING.safeParse(answer).data;
  if (pending === undefined) return false;
  context.answer(pending, () => [pending.detail, `hash    ${pending.payload_hash}`]);
  return true;
}
