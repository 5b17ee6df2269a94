/** The alert catalogue: for each event, what makes it one incident, who is told, when again, and who next. */
import { parseDocument } from 'yaml';
import { ALARMS, type AlarmName, isAlarm } from '../../kernel/alarms.ts';
import { messageOf, PlumblineError } from '../../kernel/errors.ts';
import { CATALOGUE, type CatalogueText, type RuleText } from './catalogue-schema.ts';

export interface Rule {
  /** Undefined: what the event itself says. */
  readonly severity: 'info' | 'warning' | 'critical' | undefined;
  /** Fields of the payload: the same event with the same ones is the same incident. */
  readonly scope: readonly string[];
  readonly steps: readonly { readonly afterMs: number; readonly teams: readonly string[] }[];
  /** The last step is told again so often until somebody acknowledges; null: it is told once. */
  readonly repeatMs: number | null;
  /** An acknowledged incident that lasts longer is loud again. */
  readonly acknowledgementMs: number | null;
  /** How long to wait for others of the same event, which are then told together. */
  readonly groupMs: number;
  /** What comes back so soon after its end is the same incident. */
  readonly reopenMs: number;
  /** What was not seen for so long is over by itself. */
  readonly quietMs: number | null;
  /** While one of this event is live, these are not told. */
  readonly inhibits: readonly string[];
  /** This event ends these, of the same scope. */
  readonly resolves: readonly AlarmName[];
  readonly urgency: 'page' | 'message';
  readonly maySilence: boolean;
}

export interface Catalogue {
  rule(event: string): Rule;
  /** Whether it has an entry of its own. */
  has(event: AlarmName): boolean;
  /** Events that mute this one while they are live. */
  inhibitors(event: string): readonly string[];
  readonly events: readonly (readonly [AlarmName, Rule])[];
}

/** @throws `incidents.catalogue_invalid` (invalid) with every fault and its place */
export function parseCatalogue(text: string, file: string): Catalogue {
  const document = parseDocument(text, { prettyErrors: true, uniqueKeys: true });
  const [syntax] = document.errors;
  if (syntax !== undefined) throw invalid(file, [{ pointer: file, message: syntax.message }]);
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    throw invalid(file, [{ pointer: file, message: messageOf(error) }]);
  }
  const parsed = CATALOGUE.safeParse(value);
  if (!parsed.success) {
    throw invalid(
      file,
      parsed.error.issues.map(({ path, message }) => ({ pointer: `/${path.join('/')}`, message })),
    );
  }
  return catalogueOf(parsed.data);
}

function catalogueOf({ default: fallback, events }: CatalogueText): Catalogue {
  const rules = new Map(
    ALARMS.flatMap((event) => {
      const rule = events[event];
      return rule === undefined ? [] : [[event, ruleOf(rule)] as const];
    }),
  );
  const other = ruleOf(fallback);
  return {
    rule: (event) => (isAlarm(event) ? rules.get(event) : undefined) ?? other,
    has: (event) => rules.has(event),
    inhibitors: (event) =>
      [...rules]
        .filter(([name, rule]) => name !== event && rule.inhibits.some((pattern) => matches(pattern, event)))
        .map(([name]) => name),
    events: [...rules],
  };
}

const MINUTE = 60_000;
const minutes = (value: number | null): number | null => (value === null ? null : Math.round(value * MINUTE));

const ruleOf = (rule: RuleText): Rule => ({
  severity: rule.severity,
  scope: rule.scope,
  steps: rule.steps.map(({ after_minutes, teams }) => ({ afterMs: Math.round(after_minutes * MINUTE), teams })),
  repeatMs: minutes(rule.repeat_minutes),
  acknowledgementMs: minutes(rule.acknowledgement_minutes),
  groupMs: rule.group_seconds * 1_000,
  reopenMs: Math.round(rule.reopen_minutes * MINUTE),
  quietMs: minutes(rule.quiet_minutes),
  inhibits: rule.inhibits,
  resolves: rule.resolves,
  urgency: rule.urgency,
  maySilence: rule.may_be_silenced,
});

/** `rates.*` is every event that begins with `rates.`. */
export const matches = (pattern: string, event: string): boolean =>
  pattern === '*' || pattern === event || (pattern.endsWith('.*') && event.startsWith(pattern.slice(0, -1)));

const invalid = (
  file: string,
  faults: readonly { readonly pointer: string; readonly message: string }[],
): PlumblineError =>
  new PlumblineError(
    'invalid',
    'incidents.catalogue_invalid',
    `the catalogue of incidents ${file} has ${faults.length} fault(s)`,
    { faults },
  );
