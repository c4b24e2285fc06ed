// What one chooses for this device: language, light, the size of the letters, the space between them, and stillness.

import { chosenLanguage, LANGUAGES, setLanguage, type Language } from '../core/i18n.ts';
import { calm, DENSITIES, density, SIZES, textSize, theme, THEMES } from '../core/theme.ts';
import { Check, Select } from '../ui/field.tsx';
import { t } from './words.ts';

export function Appearance() {
  return (
    <section class="card stack" aria-label={t('appearance')}>
      <LanguageChoice />
      <Chips label={t('appearance')} options={THEMES} name={(one) => t(`theme_${one}`)} value={theme.value.value} onValue={theme.set} />
      <Chips label={t('text_size')} options={SIZES} name={(one) => t(`size_${one}`)} value={textSize.value.value} onValue={textSize.set} />
      <Chips label={t('density')} options={DENSITIES} name={(one) => t(`density_${one}`)} value={density.value.value} onValue={density.set} />
      <div>
        <Check toggle label={t('calm')} checked={calm.value.value === 'calm'} onValue={(on) => calm.set(on ? 'calm' : 'as-device')} />
        <p class="muted small">{t('calm_text')}</p>
      </div>
    </section>
  );
}

/** Also where one signs in: whoever cannot read the page must be able to change it. */
export function LanguageChoice() {
  const options = [{ value: '', label: t('language_auto') }, ...Object.entries(LANGUAGES).map(([value, label]) => ({ value, label }))];
  return <Select label={t('language')} value={chosenLanguage() ?? ''} options={options} onValue={(value) => setLanguage(value ? (value as Language) : null)} />;
}

function Chips<T extends string>(props: { label: string; options: readonly T[]; name: (one: T) => string; value: T; onValue: (next: T) => void }) {
  return (
    <div class="stack tight">
      <p class="label">{props.label}</p>
      <div class="row wrap" role="group" aria-label={props.label}>
        {props.options.map((one) => (
          <button key={one} type="button" class="chip" aria-pressed={props.value === one} onClick={() => props.onValue(one)}>
            {props.name(one)}
          </button>
        ))}
      </div>
    </div>
  );
}
