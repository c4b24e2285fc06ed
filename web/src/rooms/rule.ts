// Retention rules in words.

import type { Rule } from '../core/types.ts';
import { t } from './words.ts';

export function keepText(days: number | null): string {
  return days === null ? t('for_ever') : t('days', { n: days });
}

export function ruleText(rule: Rule): string {
  return rule.from === 'workspace' ? `${keepText(rule.keep_days)}, ${t('as_workspace')}` : keepText(rule.keep_days);
}
