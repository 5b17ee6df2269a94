/** A policy as tests want it: old rows, no rest. */
import { POLICY, type Policy } from '../../src/features/archival/policies/policy.ts';

export const policyOf = (more: Partial<Policy> = {}): Policy =>
  POLICY.parse({ column: 'created_at', age_days: 90, throttle: { busy_percent: 100 }, ...more });
