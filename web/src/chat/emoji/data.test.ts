import { describe, expect, it } from 'vitest';
import { allEmoji, GROUPS, inTone, search } from './data.ts';

describe('emoji', async () => {
  const all = await allEmoji();
  const first = (words: string) => search(all, words)[0]?.sign;

  it('are all there, each in one group', () => {
    const signs = GROUPS.flatMap((group) => all[group].map((one) => one.sign));
    expect(signs.length).toBeGreaterThan(1700);
    expect(new Set(signs).size).toBe(signs.length);
    for (const group of GROUPS) expect(all[group].length, group).toBeGreaterThan(50);
    expect(all.flags.map((one) => one.sign)).toContain('🇳🇱');
  });

  it('are found by how a word begins, the named before the related', () => {
    expect(first('thumbs u')).toBe('👍');
    expect(search(all, 'coffee').map((one) => one.sign)).toContain('☕');
    expect(search(all, 'zzzz')).toEqual([]);
    expect(search(all, '').length).toBeLessThanOrEqual(120);
  });

  it('take a skin tone where one person has a skin, and no other', () => {
    const find = (name: string) => GROUPS.flatMap((group) => all[group]).find((one) => one.name === name);
    const thumb = find('thumbs up');
    const worker = find('woman health worker');
    const rocket = find('rocket');
    expect(thumb && inTone(thumb, 3)).toBe('👍🏽');
    expect(thumb && inTone(thumb, 0)).toBe(thumb?.sign);
    expect(worker && inTone(worker, 5)).toBe('👩🏿‍⚕️');
    expect(rocket && inTone(rocket, 5)).toBe(rocket?.sign);
  });
});
