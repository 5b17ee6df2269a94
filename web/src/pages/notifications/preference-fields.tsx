/** What an endpoint wants to hear, and when: the fields that a new one and a changed one have in common. */
import { useLocale } from '../../locale.ts';
import type { Problem } from '../../problem.ts';
import { Choice, TextField } from '../../ui/field.tsx';
import { DIGESTS, LOCALES, type Preferences, SEVERITIES } from './endpoint-form.ts';

export interface PreferenceFieldsProps {
  readonly value: Preferences;
  readonly onChange: (value: Preferences) => void;
  readonly problem: Problem | undefined;
}

export function PreferenceFields({ value, onChange, problem }: PreferenceFieldsProps) {
  const { words } = useLocale();
  const { notifications, incidents } = words;
  const change = (part: Partial<Preferences>): void => onChange({ ...value, ...part });
  const fault = (beginning: string): string | undefined =>
    problem?.faults.find(({ pointer }) => pointer.startsWith(beginning))?.detail;
  return (
    <>
      <TextField
        label={notifications.label}
        value={value.label}
        onText={(label) => change({ label })}
        required
        maxLength={100}
        fault={fault('/label')}
      />
      <TextField
        label={notifications.events}
        hint={notifications.eventsHint}
        value={value.events}
        onText={(events) => change({ events })}
        required
        fault={fault('/events')}
      />
      <div class="row">
        <Choice
          label={notifications.fromSeverity}
          value={value.severity}
          onChoice={(chosen) => change({ severity: SEVERITIES.find((each) => each === chosen) ?? value.severity })}
          options={SEVERITIES.map((each) => [each, incidents.severities[each]] as const)}
        />
        <Choice
          label={words.nav.language}
          value={value.locale}
          onChoice={(chosen) => change({ locale: LOCALES.find((each) => each === chosen) ?? value.locale })}
          options={LOCALES.map((each) => [each, notifications.languages[each]] as const)}
        />
        <Choice
          label={notifications.digest}
          value={value.digest}
          onChoice={(chosen) => change({ digest: DIGESTS.find((each) => each === chosen) ?? value.digest })}
          options={DIGESTS.map((each) => [each, notifications.digests[each]] as const)}
        />
      </div>
      <div class="row">
        <TextField
          label={notifications.quietFrom}
          hint={notifications.quietHint}
          value={value.quietFrom}
          onText={(quietFrom) => change({ quietFrom })}
          placeholder="22:00"
          fault={fault('/quiet/from')}
        />
        <TextField
          label={notifications.quietUntil}
          value={value.quietUntil}
          onText={(quietUntil) => change({ quietUntil })}
          placeholder="06:00"
          fault={fault('/quiet/until')}
        />
      </div>
    </>
  );
}
