// Labelled inputs: the label, the hint and the fault are always tied to the control.

import type { ComponentChildren, InputHTMLAttributes, SelectHTMLAttributes, TextareaHTMLAttributes } from 'preact';
import { useId } from 'preact/hooks';

interface Around {
  label: string;
  hint?: string | undefined;
  fault?: string | undefined;
}

interface Tie {
  id: string;
  'aria-describedby'?: string;
  'aria-invalid'?: boolean;
}

export function Field({ label, hint, fault, control }: Around & { control: (tie: Tie) => ComponentChildren }) {
  const id = useId();
  const tie: Tie = { id };
  if (hint || fault) tie['aria-describedby'] = `${id}-note`;
  if (fault) tie['aria-invalid'] = true;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {control(tie)}
      {fault ? (
        <span id={`${id}-note`} class="fault" role="alert">
          {fault}
        </span>
      ) : hint ? (
        <span id={`${id}-note`} class="hint">
          {hint}
        </span>
      ) : null}
    </div>
  );
}

export function Input({ label, hint, fault, onValue, ...rest }: Around & { onValue?: (value: string) => void } & Omit<InputHTMLAttributes, 'label'>) {
  return (
    <Field
      label={label}
      hint={hint}
      fault={fault}
      control={(tie) => <input class="input" {...(rest as object)} {...tie} onInput={(event) => onValue?.(event.currentTarget.value)} />}
    />
  );
}

export function TextArea({ label, hint, fault, onValue, ...rest }: Around & { onValue?: (value: string) => void } & Omit<TextareaHTMLAttributes, 'label'>) {
  return (
    <Field
      label={label}
      hint={hint}
      fault={fault}
      control={(tie) => <textarea class="input" rows={3} {...rest} {...tie} onInput={(event) => onValue?.(event.currentTarget.value)} />}
    />
  );
}

export function Select<V extends string>({
  label,
  hint,
  fault,
  value,
  options,
  onValue,
  ...rest
}: Around & { value: V; options: { value: V; label: string }[]; onValue: (value: V) => void } & Omit<SelectHTMLAttributes, 'label' | 'value'>) {
  return (
    <Field
      label={label}
      hint={hint}
      fault={fault}
      control={(tie) => (
        <select class="input" {...(rest as object)} {...tie} value={value} onChange={(event) => onValue(event.currentTarget.value as V)}>
          {options.map((option) => (
            <option key={option.value} value={option.value}>
              {option.label}
            </option>
          ))}
        </select>
      )}
    />
  );
}

export function Check(props: { label: ComponentChildren; checked: boolean; onValue: (on: boolean) => void; disabled?: boolean; toggle?: boolean }) {
  return (
    <label class={`check${props.toggle ? ' switch' : ''}`}>
      {props.toggle ? <span class="grow">{props.label}</span> : null}
      <input
        type="checkbox"
        role={props.toggle ? 'switch' : undefined}
        checked={props.checked}
        disabled={props.disabled}
        onChange={(event) => props.onValue(event.currentTarget.checked)}
      />
      {props.toggle ? null : <span class="grow">{props.label}</span>}
    </label>
  );
}
