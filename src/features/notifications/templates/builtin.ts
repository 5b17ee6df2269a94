/** The texts that there are without anybody's doing, in Vietnamese and English. */
import type { TemplateText } from './engine.ts';

export type Locale = 'vi' | 'en';

const SEVERITY = {
  vi: `{% case severity %}{% when 'critical' %}KH\u1ea8N{% when 'warning' %}C\u1ea3nh b\u00e1o{% else %}Th\u00f4ng tin{% endcase %}`,
  en: `{% case severity %}{% when 'critical' %}CRITICAL{% when 'warning' %}Warning{% else %}Information{% endcase %}`,
} as const;

const GENERIC: Readonly<Record<Locale, TemplateText>> = {
  vi: {
    subject: `[${SEVERITY.vi}] {{ event }}`,
    body: `{{ message }}

S\u1ef1 ki\u1ec7n: {{ event }}
Th\u1eddi gian: {{ time }}{% if incident %}
S\u1ef1 c\u1ed1: {{ incident.id }}, {{ incident.count }} l\u1ea7n, t\u1eeb {{ incident.opened_at }}
X\u00e1c nh\u1eadn: plumbline incidents ack {{ incident.id }}{% endif %}`,
    html: null,
  },
  en: {
    subject: `[${SEVERITY.en}] {{ event }}`,
    body: `{{ message }}

Event: {{ event }}
Time: {{ time }}{% if incident %}
Incident: {{ incident.id }}, seen {{ incident.count }} times since {{ incident.opened_at }}
Acknowledge: plumbline incidents ack {{ incident.id }}{% endif %}`,
    html: null,
  },
};

const DIGEST: Readonly<Record<Locale, TemplateText>> = {
  vi: {
    subject: 'T\u1ed5ng h\u1ee3p: {{ items.size }} th\u00f4ng b\u00e1o',
    body: `{% for item in items %}{{ item.time }}  {{ item.event }}
  {{ item.message }}
{% endfor %}`,
    html: null,
  },
  en: {
    subject: 'Digest: {{ items.size }} notifications',
    body: `{% for item in items %}{{ item.time }}  {{ item.event }}
  {{ item.message }}
{% endfor %}`,
    html: null,
  },
};

/** What a short message says: nothing that needs a screen. */
const SHORT: TemplateText = { subject: '{{ event }}', body: '{{ message }} ({{ event }}, {{ time }})', html: null };

export const DIGEST_EVENT = 'notifications.digest';

export function builtin(event: string, locale: Locale, channel: string): TemplateText {
  if (event === DIGEST_EVENT) return DIGEST[locale];
  return channel === 'sms' || channel === 'zalo' ? SHORT : GENERIC[locale];
}
