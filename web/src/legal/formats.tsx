// What a bundle holds beside the evidence: copies for people and for other tools.

import type { ExportFormat } from '../core/types.ts';
import { Check } from '../ui/field.tsx';
import { t } from './words.ts';

const FORMATS: ExportFormat[] = ['html', 'rsmf', 'concordance', 'eml', 'mbox', 'mattermost', 'actiance', 'slack'];

export function Formats({ value, onValue }: { value: ExportFormat[]; onValue: (formats: ExportFormat[]) => void }) {
  const choose = (format: ExportFormat, on: boolean): void => {
    // A load file names the RSMF files: one goes with the other.
    const also: ExportFormat[] = on && format === 'concordance' ? ['rsmf'] : [];
    const lost: ExportFormat[] = !on && format === 'rsmf' ? ['concordance'] : [];
    const kept = value.filter((one) => one !== format && !also.includes(one) && !lost.includes(one));
    onValue(on ? [...kept, format, ...also] : kept);
  };
  return (
    <fieldset class="formats">
      <legend>{t('formats')}</legend>
      <p class="hint">{t('formats_hint')}</p>
      {FORMATS.map((format) => (
        <Check
          key={format}
          checked={value.includes(format)}
          onValue={(on) => choose(format, on)}
          label={
            <>
              {t(`format_${format}`)} <span class="hint">{t(`format_${format}_hint`)}</span>
            </>
          }
        />
      ))}
    </fieldset>
  );
}
