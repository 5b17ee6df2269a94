/** Something that people are to be told of, in the transaction of the fact itself. */
import type { AlarmName } from './alarms.ts';
import type { Json } from './canonical.ts';

export interface Notice {
  /** One for one fact: the same key is told once. */
  readonly key: string;
  readonly event: AlarmName;
  readonly severity: 'info' | 'warning' | 'critical';
  readonly message: string;
  readonly payload: Json;
}
