import { expect, it } from 'vitest';
import { bytes, text } from './passkeys.ts';

it('bytes travel as base 64 for addresses, without padding, and come back the same', () => {
  for (let length = 0; length < 40; length++) {
    const raw = Uint8Array.from({ length }, (_, at) => (at * 73 + 251) % 256);
    const said = text(raw.buffer);
    expect(said).toMatch(/^[\w-]*$/);
    expect([...bytes(said)]).toEqual([...raw]);
  }
  expect(text(new Uint8Array([251, 255, 254]).buffer)).toBe('-__-');
});
