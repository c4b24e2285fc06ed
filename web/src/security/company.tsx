// The way to the company's sign-in, and why it led back here.

import { t } from './words.ts';

/** By the last part of the address that it leads back to. */
const LED_BACK: Record<string, 'company_unknown' | 'company_provider' | 'company_again'> = { unknown: 'company_unknown', provider: 'company_provider', again: 'company_again' };

export function CompanyIn({ name, why }: { name: string | null; why: string }) {
  const led = LED_BACK[why];
  return (
    <>
      {led ? (
        <p class="note bad" role="alert">
          {t(led)}
        </p>
      ) : null}
      <a class="btn primary wide" href="/api/v1/signin/oidc">
        {t('company_in', { name: name ?? t('company_account') })}
      </a>
      <p class="or muted small">{t('or')}</p>
    </>
  );
}
