import { expect, test } from 'vitest';
import { parseEvents } from './stream.ts';

test('events are read as they arrive, in whatever pieces', () => {
  const sent =
    'retry: 2000\n\nevent: quote\nid: 7\ndata: {"a":1}\n\n: still here\n\nevent: alarm\r\ndata: 1\r\ndata: 2\r\n\r\ndata: half';
  for (let cut = 0; cut <= sent.length; cut += 1) {
    const first = parseEvents(sent.slice(0, cut));
    const second = parseEvents(first.rest + sent.slice(cut));
    expect([...first.events, ...second.events]).toEqual([
      { event: 'quote', data: '{"a":1}' },
      { event: 'alarm', data: '1\n2' },
    ]);
    expect(second.rest).toBe('data: half');
  }
});
