/** What happened to sources: what was seen since the page was opened, and what operators did. */
import type { Answer } from '../../api.ts';
import type { Loaded } from '../../load.ts';
import { useLocale } from '../../locale.ts';
import { Badge } from '../../ui/badge.tsx';
import { Card } from '../../ui/card.tsx';
import { Time } from '../../ui/figure.tsx';
import { Empty, Part } from '../../ui/part.tsx';
import type { RateEvent } from './use-rates.ts';

interface Happened {
  readonly at: number;
  readonly what: string;
  readonly about: string;
  readonly text: string;
  readonly tone: 'bad' | 'warn' | 'idle';
}

export interface TimelineProps {
  readonly load: Loaded<Answer<'GET /v1/rates/operations'>>;
  readonly events: readonly RateEvent[];
}

export function Timeline({ load, events }: TimelineProps) {
  const { words } = useLocale();
  const { rates } = words;
  return (
    <Card title={rates.timeline}>
      <p class="small">{rates.timelineAbout}</p>
      <Part load={load}>
        {({ data }) => {
          const all: readonly Happened[] = [
            ...events.map(({ at, kind, about, text }) => ({
              at,
              about,
              text,
              what: rates.events[kind],
              tone: kind === 'alarm' ? ('bad' as const) : ('warn' as const),
            })),
            ...data.map(({ at, action, target, subject, reason }) => ({
              ...{
                at: Date.parse(at),
                what: action,
                about: target,
                text: `${subject}: ${reason}`,
                tone: 'idle' as const,
              },
            })),
          ].sort((a, b) => b.at - a.at);
          if (all.length === 0) return <Empty>{rates.nothingHappened}</Empty>;
          return (
            <ul class="timeline">
              {all.map(({ at, what, about, text, tone }, index) => (
                // Two of one moment are told apart by nothing else
                <li key={`${at} ${index}`}>
                  <Time at={new Date(at).toISOString()} />
                  <span>
                    <Badge tone={tone}>{what}</Badge> {about}
                    <span class="small block">{text}</span>
                  </span>
                </li>
              ))}
            </ul>
          );
        }}
      </Part>
    </Card>
  );
}
