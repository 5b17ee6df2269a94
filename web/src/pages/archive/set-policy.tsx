/** A new version of a table's policy: what is asked for most; the rest of it stays as it is. */
import { useState } from 'preact/hooks';
import { type Answer, act } from '../../api.ts';
import { useLocale } from '../../locale.ts';
import { ActDialog, useAct } from '../../ui/act.tsx';
import { Choice, TextField } from '../../ui/field.tsx';

export type PolicySet = Answer<'GET /v1/archive/policies'>['data'][number];

const CLASSES = ['STANDARD', 'GLACIER', 'DEEP_ARCHIVE'] as const;

export interface SetPolicyProps {
  /** Undefined: of a table that has none. */
  readonly before: PolicySet | undefined;
  readonly onDone: () => void;
  readonly onClose: () => void;
}

export function SetPolicy({ before, onDone, onClose }: SetPolicyProps) {
  const { words } = useLocale();
  const { archive } = words;
  const acting = useAct();
  const [table, setTable] = useState(before?.table ?? '');
  const [column, setColumn] = useState(before?.policy.column ?? 'created_at');
  const [age, setAge] = useState(String(before?.policy.age_days ?? 365));
  const [storage, setStorage] = useState<(typeof CLASSES)[number]>(before?.policy.storage_class ?? 'GLACIER');
  const [enabled, setEnabled] = useState(before?.policy.enabled ?? true);
  const [hold, setHold] = useState(before?.policy.legal_hold ?? false);
  const policy = {
    ...before?.policy,
    ...{ column: column.trim(), age_days: Number(age), storage_class: storage, enabled, legal_hold: hold },
  };
  const body = { table: table.trim(), policy };
  const fault = (pointer: string): string | undefined =>
    acting.problem?.faults.find((each) => each.pointer === pointer)?.detail;
  const submit = async (): Promise<void> => {
    if (await acting.run((key) => act('POST /v1/archive/policies', { body }, key), body)) onDone();
  };
  return (
    <ActDialog
      title={before === undefined ? archive.newPolicy : `${archive.change} ${before.table}`}
      about={archive.policyAbout}
      submit={words.common.save}
      act={acting}
      onSubmit={() => void submit()}
      onClose={onClose}
    >
      {before === undefined && (
        <TextField label={archive.table} hint="schema.table" value={table} onText={setTable} required maxLength={130} />
      )}
      <TextField
        label={archive.column}
        hint={archive.columnHint}
        value={column}
        onText={setColumn}
        required
        maxLength={63}
        fault={fault('/column')}
      />
      <TextField
        label={archive.ageDays}
        type="number"
        value={age}
        onText={setAge}
        required
        fault={fault('/age_days')}
      />
      <Choice
        label={archive.class}
        value={storage}
        onChoice={(chosen) => setStorage(CLASSES.find((each) => each === chosen) ?? storage)}
        options={CLASSES.map((each) => [each, each] as const)}
      />
      <label class="check">
        <input type="checkbox" checked={enabled} onChange={() => setEnabled(!enabled)} />
        {archive.enabledHint}
      </label>
      <label class="check">
        <input type="checkbox" checked={hold} onChange={() => setHold(!hold)} />
        {archive.holdHint}
      </label>
    </ActDialog>
  );
}
