/** What can be done with an endpoint, each in a dialog that says what will happen. */
import { useState } from 'preact/hooks';
import { act } from '../../api.ts';
import { instantOf } from '../../format/time.ts';
import { useLocale } from '../../locale.ts';
import { ActDialog, useAct } from '../../ui/act.tsx';
import { TextField } from '../../ui/field.tsx';
import { bodyOf, type Endpoint, preferencesOf } from './endpoint-form.ts';
import { PreferenceFields } from './preference-fields.tsx';

export type EndpointAct = 'change' | 'enable' | 'disable' | 'secret' | 'rotate' | 'recover' | 'delete';

export interface EndpointDialogProps {
  readonly what: EndpointAct;
  readonly endpoint: Endpoint;
  /** @param secret where one is shown, this once */
  readonly onDone: (secret: string | undefined) => void;
  readonly onClose: () => void;
}

export function EndpointDialog({ what, endpoint, onDone, onClose }: EndpointDialogProps) {
  const { words, zone } = useLocale();
  const { notifications } = words;
  const acting = useAct();
  const [preferences, setPreferences] = useState(() => preferencesOf(endpoint));
  const [reason, setReason] = useState('');
  const [hours, setHours] = useState('24');
  const [since, setSince] = useState('');
  const path = { id: endpoint.id };
  const typed = { preferences, reason: reason.trim(), hours, since };
  const fault = (pointer: string): string | undefined =>
    acting.problem?.faults.find((each) => each.pointer === pointer)?.detail;

  const send = async (key: string): Promise<string | undefined> => {
    switch (what) {
      case 'change':
        await act('POST /v1/notification-endpoints/{id}/preferences', { path, body: bodyOf(preferences) }, key);
        return undefined;
      case 'enable':
        await act('POST /v1/notification-endpoints/{id}/enable', { path, body: {} }, key);
        return undefined;
      case 'disable':
        await act('POST /v1/notification-endpoints/{id}/disable', { path, body: { reason: typed.reason } }, key);
        return undefined;
      case 'secret':
        return lines(await act('POST /v1/notification-endpoints/{id}/secret', { path, body: {} }, key));
      case 'rotate': {
        const body = { overlap_hours: Number(hours) };
        return lines(await act('POST /v1/notification-endpoints/{id}/rotate', { path, body }, key));
      }
      case 'recover': {
        const body = { since: instantOf(since, zone) ?? since };
        await act('POST /v1/notification-endpoints/{id}/recover', { path, body }, key);
        return undefined;
      }
      case 'delete':
        await act('POST /v1/notification-endpoints/{id}/delete', { path, body: {} }, key);
        return undefined;
    }
  };
  const submit = async (): Promise<void> => {
    let secret: string | undefined;
    const done = await acting.run(
      async (key) => {
        secret = await send(key);
      },
      { what, typed },
    );
    if (done) onDone(secret);
  };
  const { title, about } = notifications.acts[what];
  return (
    <ActDialog
      title={title}
      about={about}
      submit={title}
      danger={what === 'delete' || what === 'rotate'}
      act={acting}
      onSubmit={() => void submit()}
      onClose={onClose}
    >
      {what === 'change' && <PreferenceFields value={preferences} onChange={setPreferences} problem={acting.problem} />}
      {what === 'disable' && (
        <TextField
          label={words.common.reason}
          hint={words.common.reasonHint}
          value={reason}
          onText={setReason}
          required
          maxLength={100}
          fault={fault('/reason')}
        />
      )}
      {what === 'rotate' && (
        <TextField
          label={notifications.overlapHours}
          type="number"
          value={hours}
          onText={setHours}
          required
          fault={fault('/overlap_hours')}
        />
      )}
      {what === 'recover' && (
        <TextField
          label={`${notifications.since} (${zone})`}
          type="datetime-local"
          value={since}
          onText={setSince}
          required
          fault={fault('/since')}
        />
      )}
    </ActDialog>
  );
}

const lines = ({ secret, public_key }: { readonly secret: string | null; readonly public_key: string }): string =>
  [secret, public_key].filter((each) => each !== null).join('\n');
