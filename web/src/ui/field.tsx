/** Fields of forms: a label that stays, a hint, and what is wrong beside what it is about. */
import type { ComponentChildren, InputHTMLAttributes } from 'preact';
import { useId } from 'preact/hooks';

interface Common {
  readonly label: string;
  readonly hint?: ComponentChildren;
  readonly fault?: string | undefined;
}

type InputType = 'text' | 'password' | 'number' | 'datetime-local';

export interface TextFieldProps extends Common {
  readonly value: string;
  readonly onText: (value: string) => void;
  readonly type?: InputType;
  readonly required?: boolean;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly placeholder?: string;
  readonly lines?: number;
  readonly inputMode?: 'text' | 'decimal' | 'numeric';
}

export function TextField(props: TextFieldProps) {
  const { label, hint, fault, value, onText, type = 'text', lines, required = false, ...rest } = props;
  const id = useId();
  const described = [hint === undefined ? '' : `${id}-hint`, fault === undefined ? '' : `${id}-fault`].join(' ').trim();
  const shared = {
    ...{ id, value, required, ...rest },
    ...(described === '' ? {} : { 'aria-describedby': described }),
    ...(fault === undefined ? {} : { 'aria-invalid': true }),
    autocomplete: 'off',
    spellcheck: false,
  };
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {lines === undefined ? (
        <Input type={type} {...shared} onInput={(event) => onText(event.currentTarget.value)} />
      ) : (
        <textarea {...shared} rows={lines} onInput={(event) => onText(event.currentTarget.value)} />
      )}
      <Notes id={id} hint={hint} fault={fault} />
    </div>
  );
}

type InputProps = Omit<InputHTMLAttributes, 'type' | 'role'> & { readonly type: InputType };

/** The types of Preact know each type of input apart, and no union of them. */
function Input({ type, ...rest }: InputProps) {
  switch (type) {
    case 'text':
      return <input {...rest} type="text" />;
    case 'password':
      return <input {...rest} type="password" />;
    case 'number':
      return <input {...rest} type="number" />;
    case 'datetime-local':
      return <input {...rest} type="datetime-local" />;
  }
}

export interface ChoiceProps extends Common {
  readonly value: string;
  readonly onChoice: (value: string) => void;
  readonly options: readonly (readonly [value: string, label: string])[];
}

export function Choice({ label, hint, fault, value, onChoice, options }: ChoiceProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select id={id} value={value} onChange={(event) => onChoice(event.currentTarget.value)}>
        {options.map(([each, text]) => (
          <option key={each} value={each}>
            {text}
          </option>
        ))}
      </select>
      <Notes id={id} hint={hint} fault={fault} />
    </div>
  );
}

const Notes = ({ id, hint, fault }: { readonly id: string } & Pick<Common, 'hint' | 'fault'>) => (
  <>
    {hint !== undefined && (
      <p class="hint" id={`${id}-hint`}>
        {hint}
      </p>
    )}
    {fault !== undefined && (
      <p class="fault" id={`${id}-fault`}>
        {fault}
      </p>
    )}
  </>
);
