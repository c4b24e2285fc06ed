// The poster on screen, on paper and as a file: one drawing for all three.

import { render } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { locale } from '../core/i18n.ts';
import { href } from '../core/route.ts';
import type { Invite } from '../core/types.ts';
import { Button } from '../ui/button.tsx';
import { Input, Select } from '../ui/field.tsx';
import { qrPath, type QrPath } from '../ui/qr.tsx';
import { Empty, Load, Loading, useLoad } from '../ui/states.tsx';
import { workspaceName } from '../rooms/known.ts';
import { saveFile } from '../rooms/pieces.tsx';
import { Section } from '../rooms/room.tsx';
import { fetchInvites, inviteState } from './invites.tsx';
import { HEIGHT, layout, WIDTH, type Layout } from './poster.ts';
import { POSTERS, type PosterLanguage, type PosterWords } from './poster-words.ts';
import { t } from './words.ts';

const SANS = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'Liberation Sans', sans-serif";
const MONO = "ui-monospace, 'SF Mono', 'Cascadia Mono', 'Roboto Mono', 'Liberation Mono', monospace";

export function PosterView({ invite }: { invite: string }) {
  const invites = useLoad<Invite[]>(fetchInvites);
  return (
    <Load from={invites}>
      {(list) => {
        const found = list.find((one) => one.id === invite);
        if (found && inviteState(found) === 'open') return <Sheet invite={found} />;
        return (
          <Empty
            icon="qr"
            title={t('poster_gone')}
            action={
              <a class="btn" href={href('admin', 'invites')}>
                {t('back_invites')}
              </a>
            }
          >
            {t('poster_gone_text')}
          </Empty>
        );
      }}
    </Load>
  );
}

function Sheet({ invite }: { invite: Invite }) {
  const [language, setLanguage] = useState<PosterLanguage>(ownLanguage());
  const [second, setSecond] = useState<PosterLanguage | ''>('');
  const [place, setPlace] = useState('');
  const [qr, setQr] = useState<QrPath>();
  const drawing = useRef<SVGSVGElement>(null);
  useEffect(() => {
    let here = true;
    void qrPath(invite.url).then((path) => here && setQr(path));
    return () => {
      here = false;
    };
  }, [invite.url]);
  const plan = useMemo(() => draw(invite, language, second, place), [invite, language, second, place]);
  if (!qr) return <Loading />;
  const languages = (Object.keys(POSTERS) as PosterLanguage[]).map((value) => ({ value, label: POSTERS[value].name }));
  const save = (): void => {
    if (drawing.current) saveFile('poster.svg', 'image/svg+xml', new XMLSerializer().serializeToString(drawing.current));
  };
  return (
    <Section
      title={t('poster_title')}
      hint={t('poster_hint')}
      actions={
        <>
          <a class="btn quiet" href={href('admin', 'invites')}>
            {t('back_invites')}
          </a>
          <Button icon="download" onClick={save}>
            {t('save_svg')}
          </Button>
          <Button kind="primary" icon="print" onClick={() => print(<Drawing plan={plan} qr={qr} />)}>
            {t('print')}
          </Button>
        </>
      }
    >
      <div class="poster-desk">
        <div class="stack">
          <Select label={t('poster_language')} value={language} options={languages} onValue={setLanguage} />
          <Select
            label={t('poster_second')}
            value={second}
            options={[{ value: '', label: t('poster_none') }, ...languages.filter((one) => one.value !== language)]}
            onValue={setSecond}
          />
          <Input label={t('poster_place')} hint={t('poster_place_hint')} value={place} maxLength={60} autoComplete="off" onValue={setPlace} />
        </div>
        <div class="poster-paper">
          <Drawing plan={plan} qr={qr} into={drawing} />
        </div>
      </div>
    </Section>
  );
}

/** Attributes only, no styles: the saved file must look the same anywhere. */
function Drawing({ plan, qr, into }: { plan: Layout; qr: QrPath; into?: { current: SVGSVGElement | null } }) {
  return (
    <svg ref={into} xmlns="http://www.w3.org/2000/svg" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={t('poster_title')}>
      <rect width={WIDTH} height={HEIGHT} fill="#fff" />
      <svg x={plan.qr.x} y={plan.qr.y} width={plan.qr.size} height={plan.qr.size} viewBox={`4 4 ${qr.size - 8} ${qr.size - 8}`} shape-rendering="crispEdges">
        <path d={qr.d} fill="#000" />
      </svg>
      {plan.rules.map((rule) => (
        <path key={rule.y} d={`M180 ${rule.y}H${WIDTH - 180}`} stroke="#999" stroke-width="3" />
      ))}
      {plan.dots.map((dot) => (
        <circle key={dot.y} cx={dot.x} cy={dot.y} r={dot.r} fill="none" stroke="#000" stroke-width="5" />
      ))}
      {plan.lines.map((line) => (
        <text
          key={`${line.x} ${line.y} ${line.text}`}
          x={line.x}
          y={line.y}
          font-size={line.size}
          font-family={line.mono ? MONO : SANS}
          font-weight={line.bold ? '700' : '400'}
          fill={line.soft ? '#555' : '#000'}
          direction={line.rtl ? 'rtl' : 'ltr'}
          text-anchor={line.middle ? 'middle' : 'start'}
        >
          {line.text}
        </text>
      ))}
    </svg>
  );
}

function draw(invite: Invite, language: PosterLanguage, second: PosterLanguage | '', place: string): Layout {
  const until = new Intl.DateTimeFormat(language, { dateStyle: 'long', timeStyle: 'short' }).format(invite.expires_at);
  const places = new Intl.NumberFormat(language).format(invite.uses);
  return layout({
    workspace: workspaceName(),
    place: place.trim(),
    channels: invite.channels.map((channel) => channel.name),
    url: invite.url,
    until: (words: PosterWords) => words.until(until),
    places: (words: PosterWords) => (invite.uses > 1 ? words.places(places) : ''),
    first: POSTERS[language],
    second: second && second !== language ? POSTERS[second] : null,
  });
}

/** Only the sheet is printed, whatever is on screen around it. */
function print(sheet: preact.JSX.Element): void {
  const box = document.createElement('div');
  box.className = 'print-sheet';
  document.body.append(box);
  render(sheet, box);
  document.documentElement.classList.add('printing-sheet');
  const done = (): void => {
    document.documentElement.classList.remove('printing-sheet');
    render(null, box);
    box.remove();
  };
  addEventListener('afterprint', done, { once: true });
  window.print();
}

function ownLanguage(): PosterLanguage {
  const own = locale.split('-')[0] ?? '';
  return own in POSTERS ? (own as PosterLanguage) : 'en';
}
