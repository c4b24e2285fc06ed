// A QR code as one SVG path. The coder is fetched only when a code is shown.

import { useEffect, useState } from 'preact/hooks';
import { Loading } from './states.tsx';
import { t } from '../core/words.ts';

export interface QrPath {
  size: number;
  d: string;
}

/** Dark modules as a path on a grid of `size` plus a quiet zone of four. */
export async function qrPath(text: string): Promise<QrPath> {
  const { generate } = await import('lean-qr');
  const code = generate(text);
  let d = '';
  for (let y = 0; y < code.size; y++) {
    for (let x = 0; x < code.size; x++) {
      let run = 0;
      while (code.get(x + run, y)) run++;
      if (run) d += `M${x + 4} ${y + 4}h${run}v1h-${run}z`;
      x += run;
    }
  }
  return { size: code.size + 8, d };
}

export function QrCode({ text, label }: { text: string; label?: string }) {
  const [path, setPath] = useState<QrPath>();
  useEffect(() => {
    let here = true;
    void qrPath(text).then((made) => here && setPath(made));
    return () => {
      here = false;
    };
  }, [text]);
  if (!path) return <Loading />;
  return (
    <svg class="qr" viewBox={`0 0 ${path.size} ${path.size}`} role="img" aria-label={label ?? t('qr')} shape-rendering="crispEdges">
      <path d={path.d} fill="#000" />
    </svg>
  );
}
