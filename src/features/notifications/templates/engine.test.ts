import { describe, expect, it, test } from 'vitest';
import { builtin } from './builtin.ts';
import { render } from './engine.ts';

const values = {
  event: 'a.b',
  severity: 'critical',
  message: '<b>5 > 3</b>',
  data: { amount: '1000.00' },
  incident: null,
  time: 't',
  items: [],
};
const of = (body: string, html: string | null = null) => render({ subject: 's', body, html }, values);

describe('a template', () => {
  it('escapes in HTML and leaves text as it is', () => {
    expect(of('{{ message }}', '<p>{{ message }}</p>')).toEqual({
      subject: 's',
      text: '<b>5 > 3</b>',
      html: '<p>&lt;b&gt;5 &gt; 3&lt;/b&gt;</p>',
    });
  });

  test.each([
    ['{{ nothing }}', 'undefined variable'],
    ['{{ data.nothing }}', 'undefined variable'],
    ['{{ message | shout }}', 'undefined filter'],
    ['{% include "x" %}', 'not to be had'],
    ['{%- render "/etc/passwd" %}', 'not to be had'],
    ['{% layout "x" %}', 'not to be had'],
    ['{{ message | raw }}', 'not to be had'],
    ['{% if %}', ''],
    ['{{ message', ''],
    ['{% for i in (1..100000000) %}x{% endfor %}', ''],
    ['{{ message.constructor }}', 'undefined variable'],
  ])('%s is refused', (body, why) => {
    expect(() => of(body)).toThrow(
      expect.objectContaining({ code: 'notifications.template_invalid', message: expect.stringContaining(why) }),
    );
  });

  it('makes one line of a subject, and nothing of control characters', () => {
    expect(render({ subject: 'a\r\nBcc: x@y.z', body: 'a\u0000b', html: null }, values)).toMatchObject({
      subject: 'a\ufffd Bcc: x@y.z',
      text: 'a\ufffdb',
    });
  });

  it('is there for every event, in both languages, on every channel', () => {
    for (const locale of ['vi', 'en'] as const) {
      for (const channel of ['email', 'sms', 'zalo', 'slack', 'telegram']) {
        const { subject, text } = render(builtin('payment.completed', locale, channel), {
          ...values,
          incident: { id: 'i', count: '2', opened_at: 't' },
        });
        expect(text).toContain('<b>5 > 3</b>');
        expect(subject).toContain('a.b');
      }
    }
  });
});
