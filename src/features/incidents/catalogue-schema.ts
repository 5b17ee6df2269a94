/** What the catalogue's YAML may say; books/incidents.yaml explains each key. */
import { z } from 'zod';
import { ALARMS, isAlarm } from '../../kernel/alarms.ts';

const EVENT = z.enum(ALARMS);
const PATTERN = z
  .string()
  .regex(/^([a-z][a-z0-9_]*(\.[a-z0-9_]+)*(\.\*)?|\*)$/, 'an event, or a prefix such as rates.*');
const MINUTES = z.number().min(0).max(44_640);
const TEAM = z.string().regex(/^[a-z][a-z0-9-]{0,39}$/, 'lower case letters, digits and -');

const RULE = z.strictObject({
  severity: z.enum(['info', 'warning', 'critical']).optional(),
  scope: z.array(z.string().regex(/^[a-z][a-z0-9_]{0,39}$/)).default([]),
  steps: z
    .array(z.strictObject({ after_minutes: MINUTES, teams: z.array(TEAM).min(1) }))
    .min(1, 'at least one step')
    .refine(
      (steps) => steps.every((step, at) => step.after_minutes >= (steps[at - 1]?.after_minutes ?? 0)),
      'in the order of their minutes',
    ),
  repeat_minutes: MINUTES.min(1).nullable().default(null),
  acknowledgement_minutes: MINUTES.min(1).nullable().default(null),
  group_seconds: z.number().int().min(0).max(3_600).default(0),
  reopen_minutes: MINUTES.default(60),
  quiet_minutes: MINUTES.min(1).nullable().default(null),
  inhibits: z.array(PATTERN).default([]),
  resolves: z.array(EVENT).default([]),
  urgency: z.enum(['page', 'message']).default('message'),
  may_be_silenced: z.boolean().default(true),
});

export const CATALOGUE = z.strictObject({
  version: z.literal(1),
  default: RULE,
  // An entry of what nobody raises, such as one with a slip in its name, would leave its event to the default.
  events: z.record(z.string(), RULE).superRefine((events, context) => {
    for (const event of Object.keys(events).filter((name) => !isAlarm(name))) {
      const message = `nobody raises it; what is raised: ${ALARMS.join(', ')}`;
      context.addIssue({ code: 'custom', path: [event], message });
    }
  }),
});
export type CatalogueText = z.output<typeof CATALOGUE>;
export type RuleText = z.output<typeof RULE>;
