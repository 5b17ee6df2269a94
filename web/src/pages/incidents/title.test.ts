import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { en } from '../../i18n/en.ts';
import { vi } from '../../i18n/vi.ts';
import { titleOf } from './title.ts';

test('each event of the catalogue has a title in both languages; another one is its own', () => {
  const { events } = z
    .looseObject({ events: z.record(z.string(), z.unknown()) })
    .parse(parse(readFileSync('books/incidents.yaml', 'utf8')));
  const names = Object.keys(events);
  expect(names).toContain('solvency.deficit');
  for (const words of [en, vi]) expect(names.filter((name) => titleOf(name, words) === name)).toEqual([]);
  expect(titleOf('payment.late', vi)).toBe('payment.late');
});
