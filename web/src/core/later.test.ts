import { describe, expect, it } from 'vitest';
import { choices, fromField, toField } from './later.ts';

const at = (day: number, hour: number, minute = 0) => new Date(2026, 10, day, hour, minute);
const offered = (now: Date) => choices(now).map(({ when, at: ms }) => `${when} ${toField(ms)}`);

describe('the times that are offered', () => {
  it('on a Wednesday morning: this afternoon, tomorrow and Monday', () => {
    expect(offered(at(18, 9, 20))).toEqual(['today 2026-11-18T13:00', 'tomorrow 2026-11-19T09:00', 'monday 2026-11-23T09:00']);
    expect(offered(at(18, 9))[0]).toBe('today 2026-11-18T12:00');
  });

  it('in the evening nothing of today, and on a Sunday Monday is tomorrow', () => {
    expect(offered(at(18, 17, 30))).toEqual(['tomorrow 2026-11-19T09:00', 'monday 2026-11-23T09:00']);
    expect(offered(at(18, 23, 59))).toEqual(['tomorrow 2026-11-19T09:00', 'monday 2026-11-23T09:00']);
    expect(offered(at(22, 21))).toEqual(['tomorrow 2026-11-23T09:00']);
    expect(offered(at(23, 21))).toEqual(['tomorrow 2026-11-24T09:00', 'monday 2026-11-30T09:00']);
  });

  it('never before now, and a field gives back what it was given', () => {
    for (let hour = 0; hour < 24 * 14; hour++) {
      const now = at(18, hour, hour % 60);
      for (const { at: ms } of choices(now)) {
        expect(ms).toBeGreaterThan(now.getTime());
        expect(fromField(toField(ms))).toBe(ms);
      }
    }
    expect(fromField('')).toBeNaN();
  });
});
