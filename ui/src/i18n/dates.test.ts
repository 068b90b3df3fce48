import { describe, expect, it } from 'vitest';
import { lookUp } from './catalogue';
import { Dates, daysBetween, localDay } from './dates';

const nl = new Dates('nl', (key, values) => lookUp('nl', key, values) ?? key);
const en = new Dates('en', (key, values) => lookUp('en', key, values) ?? key);
const TODAY = '2026-11-23';

describe('dates in words', () => {
  it.each([
    ['2026-11-23', 'vandaag', 'today'],
    ['2026-11-24', 'morgen', 'tomorrow'],
    ['2026-11-25', 'overmorgen', 'the day after tomorrow'],
    ['2026-11-26', 'over 3 dagen', 'in 3 days'],
    ['2026-11-22', 'gisteren', 'yesterday'],
    ['2026-11-13', '10 dagen geleden', '10 days ago'],
    ['2026-12-18', 'vrijdag 18 december', 'Friday 18 December'],
    ['2027-01-31', 'zondag 31 januari 2027', 'Sunday 31 January 2027'],
  ])('says %s as "%s" and "%s"', (day, dutch, english) => {
    expect(nl.near(day, TODAY)).toBe(dutch);
    expect(en.near(day, TODAY).replace(',', '')).toBe(english);
  });

  it('says as much of a day as is known', () => {
    expect(['2026-09-08', '2026-09-08T10:00:00+02:00', '2025-11', '2011', 'vroeger'].map((text) => nl.known(text))).toEqual(['8 september 2026', '8 september 2026', 'november 2025', '2011', 'vroeger']);
    expect(en.known('2025-11')).toBe('November 2025');
  });

  it('says a moment', () => {
    expect(nl.moment('2026-11-24T10:00:00+01:00', TODAY)).toBe('morgen om 10.00 uur');
    expect(en.moment('2026-11-24T09:05:00+01:00', TODAY)).toBe('tomorrow at 9:05');
  });

  it('puts a moment on the Dutch day, whatever the offset it was written with', () => {
    expect(localDay('2026-11-24T23:30:00Z')).toBe('2026-11-25');
    expect(localDay('2026-06-24T21:59:00Z')).toBe('2026-06-24');
  });

  it('counts days across the change of clocks', () => {
    expect(daysBetween('2026-10-24', '2026-10-26')).toBe(2);
    expect(daysBetween('2026-03-28', '2026-03-30')).toBe(2);
  });

  it('shows what is no date as it was written', () => {
    expect(nl.near('ergens in mei', TODAY)).toBe('ergens in mei');
    expect(nl.time('straks')).toBe('straks');
  });
});
