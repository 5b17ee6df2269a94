/**
 * Lines over time (uPlot), with the same figures as a table behind a button. Drag to zoom in, ctrl and
 * wheel to zoom, shift and wheel to move; the buttons do the same from the keyboard.
 */
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type uPlot from 'uplot';
import { shortTime } from '../format/time.ts';
import { theme, useLocale } from '../locale.ts';
import { useShared } from '../state.ts';
import { type ChartSpec, optionsOf, rangeOf } from './chart-options.ts';
import { Icon } from './icon.tsx';

export interface ChartProps extends Omit<ChartSpec, 'axisTime'> {
  /** What it shows, in a sentence, for whoever does not see it. */
  readonly summary: string;
  /** The same figures in rows. */
  readonly table: ComponentChildren;
}

export function Chart({ summary, table, ...spec }: ChartProps) {
  const { words, zone, language } = useLocale();
  const worn = useShared(theme);
  const [asTable, setAsTable] = useState(false);
  const [scheme, setScheme] = useState(0);
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const { times, series, unit, height = 240 } = spec;
  const values = series.map((each) => each.values);

  useEffect(() => {
    const query = matchMedia('(prefers-color-scheme: dark)');
    const changed = (): void => setScheme((before) => before + 1);
    query.addEventListener('change', changed);
    return () => query.removeEventListener('change', changed);
  }, []);

  // Colours come from the style sheet of the theme
  useEffect(() => {
    const place = box.current;
    if (place === null || asTable) return;
    let ended = false;
    let observer: ResizeObserver | undefined;
    void import('uplot').then(({ default: UPlot }) => {
      if (ended) return;
      const first = times[0] ?? 0;
      const withDate = (times.at(-1) ?? first) - first > 86_400;
      const axisTime = (seconds: number): string => shortTime(seconds * 1_000, zone, withDate);
      const options = optionsOf({ ...spec, axisTime }, place, words.common.time);
      const made = new UPlot(options, [[...times], ...values.map((each) => [...each])], place);
      plot.current = made;
      observer = new ResizeObserver(() => made.setSize({ width: place.clientWidth, height }));
      observer.observe(place);
    });
    return () => {
      ended = true;
      observer?.disconnect();
      plot.current?.destroy();
      plot.current = undefined;
    };
  }, [asTable, worn, scheme, zone, language, unit, times, ...values]);

  const zoom = (factor: number, shift: number): void => {
    const made = plot.current;
    if (made === undefined) return;
    made.setScale('x', rangeOf(made, factor, shift));
  };
  const all = (): void => {
    const [from, to] = [times[0], times.at(-1)];
    if (from !== undefined && to !== undefined) plot.current?.setScale('x', { min: from, max: to });
  };

  return (
    <figure class="chart">
      <div class="chart-tools">
        {!asTable && spec.zoom === true && (
          <fieldset>
            <legend class="hidden">{words.chart.zoom}</legend>
            <button type="button" class="tool" onClick={() => zoom(0.5, 0)} aria-label={words.chart.nearer}>
              +
            </button>
            <button type="button" class="tool" onClick={() => zoom(2, 0)} aria-label={words.chart.further}>
              −
            </button>
            <button type="button" class="tool" onClick={() => zoom(1, -0.5)} aria-label={words.chart.earlier}>
              ←
            </button>
            <button type="button" class="tool" onClick={() => zoom(1, 0.5)} aria-label={words.chart.later}>
              →
            </button>
            <button type="button" class="tool" onClick={all}>
              {words.chart.all}
            </button>
          </fieldset>
        )}
        <button type="button" class="tool" aria-pressed={asTable} onClick={() => setAsTable(!asTable)}>
          <Icon name={asTable ? 'chart' : 'table'} />
          {asTable ? words.chart.asChart : words.chart.asTable}
        </button>
      </div>
      {asTable ? (
        table
      ) : (
        <>
          <div ref={box} class="plot" role="img" aria-label={summary} />
          <figcaption class="hidden">{summary}</figcaption>
        </>
      )}
    </figure>
  );
}
