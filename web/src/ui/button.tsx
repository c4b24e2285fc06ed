// Buttons. Every one has a name, and none submits a form by accident.

import type { ButtonHTMLAttributes, ComponentChildren } from 'preact';
import { Icon, type IconName } from './icon.tsx';

type Base = Omit<ButtonHTMLAttributes, 'icon' | 'label'>;

export interface ButtonProps extends Base {
  kind?: 'primary' | 'plain' | 'quiet' | 'danger';
  icon?: IconName;
  busy?: boolean;
  wide?: boolean;
  children: ComponentChildren;
}

export function Button({ kind = 'plain', icon, busy, wide, children, disabled, ...rest }: ButtonProps) {
  return (
    <button type="button" {...rest} class={`btn ${kind}${wide ? ' wide' : ''}`} disabled={disabled || busy} aria-busy={busy}>
      {busy ? <span class="spinner" aria-hidden="true" /> : icon ? <Icon name={icon} /> : null}
      {children}
    </button>
  );
}

export interface IconButtonProps extends Base {
  icon: IconName;
  label: string;
}

export function IconButton({ icon, label, ...rest }: IconButtonProps) {
  return (
    <button type="button" title={label} {...rest} class={`icon-btn ${rest.class ?? ''}`} aria-label={label}>
      <Icon name={icon} />
    </button>
  );
}

export function IconLink({ icon, label, href, class: cls }: { icon: IconName; label: string; href: string; class?: string }) {
  return (
    <a class={`icon-btn ${cls ?? ''}`} href={href} aria-label={label} title={label}>
      <Icon name={icon} />
    </a>
  );
}
