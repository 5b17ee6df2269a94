/** What is said of an object that no batch knows: whether it may be deleted depends on it. */
import { expect, it } from 'vitest';
import { orphansOf } from './orphans.ts';

const stem = `2023/10/audit_logs/${'0a'.repeat(16)}.glacier`;
const [object, manifest, receipt] = [
  `${stem}.jsonl.zst`,
  `${stem}.${'1b'.repeat(8)}.manifest.json`,
  `${stem}.${'1b'.repeat(8)}.receipt.json`,
];

it.each([
  ['a whole one', [object, manifest, receipt], false, [], /rebuild$/, /delete it$/],
  ['one without a receipt', [object, manifest], false, [], /Do not delete it; compare/, /rebuild/],
  [
    'one whose rows began to leave',
    [object, manifest],
    false,
    [object],
    /audit log says that they began to leave/,
    /rebuild/,
  ],
  ['one without a manifest', [object], false, [], /no row left its table.*delete it$/, /do not/i],
  ['one without a manifest that is logged', [object], false, [object], /do not delete it/, /delete it$/],
  ['a receipt and no manifest', [object, receipt], false, [], /do not delete it/, /delete it$/],
  [
    'a manifest and a receipt of an object that another batch has',
    [manifest, receipt],
    true,
    [],
    /rebuild$/,
    /not there/,
  ],
  ['a manifest without its object', [manifest, receipt], false, [], /is not there/, /rebuild/],
])('%s', (_, keys, known, logged, says, never) => {
  const orphans = orphansOf(keys, () => known, new Set(logged));
  expect(orphans.map(({ key }) => key)).toEqual(keys);
  for (const { key, message } of orphans) {
    expect(message).toContain(`${key} is in the store, and no batch knows it: `);
    expect(message).toMatch(says);
    expect(message).not.toMatch(never);
  }
});
