// What may be wider than the page scrolls in itself: then, and only then, it is a stop for the keyboard.

import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';

export function Wide({ label, children }: { label: string; children: ComponentChildren }) {
  const box = useRef<HTMLDivElement>(null);
  const [scrolls, setScrolls] = useState(false);
  useLayoutEffect(() => {
    const around = box.current;
    if (!around) return;
    const look = (): void => setScrolls(around.scrollWidth > around.clientWidth);
    const observer = new ResizeObserver(look);
    observer.observe(around);
    if (around.firstElementChild) observer.observe(around.firstElementChild);
    return () => observer.disconnect();
  }, []);
  return (
    <div class="table-wrap" ref={box} {...(scrolls ? { role: 'region', 'aria-label': label, tabIndex: 0 } : {})}>
      {children}
    </div>
  );
}
