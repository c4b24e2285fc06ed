import { expect, it } from 'vitest';
import { loudness } from './player.tsx';

it('a sound is drawn as loud as it is, part by part', () => {
  const silent = new Float32Array(1000);
  expect(loudness(silent, 10)).toEqual(Array.from({ length: 10 }, () => 0));
  const half = Float32Array.from({ length: 1000 }, (_, i) => (i < 500 ? 0.25 : i % 2 ? 0.5 : -0.5));
  expect(loudness(half, 4)).toEqual([0.5, 0.5, 1, 1]);
  expect(loudness(new Float32Array(3), 48)).toHaveLength(48);
});
