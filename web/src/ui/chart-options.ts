/** How a chart is drawn: colours of the page's theme, figures in the reader's language. */
import type uPlot from 'uplot';

export interface ChartSeries {
  readonly label: string;
  /** For the height of the line alone. */
  readonly values: readonly (number | null)[];
  /** The figure itself, as it is written. */
  readonly text: (index: number) => string;
  /** Told apart by its dashes as well. */
  readonly look: 'first' | 'second' | 'quiet';
}

export interface ChartSpec {
  /** Epoch seconds, growing. */
  readonly times: readonly number[];
  readonly series: readonly ChartSeries[];
  /** Of the vertical axis, written over it. */
  readonly unit: string;
  readonly axisText: (value: number) => string;
  readonly axisTime: (seconds: number) => string;
  /** A range that is drawn behind the lines, such as a tolerance. */
  readonly band?: { readonly low: number; readonly high: number; readonly label: string };
  readonly height?: number;
  readonly zoom?: boolean;
}

const COLOURS = { first: '--accent', second: '--second', quiet: '--soft' } as const;
const DASHES = { first: [], second: [6, 4], quiet: [2, 3] } as const;
const FEW = 80;
const FONT = '12px system-ui, sans-serif';

/** @param box whose width is taken @param timeLabel of the first column of the legend */
export function optionsOf(spec: ChartSpec, box: HTMLElement, timeLabel: string): uPlot.Options {
  const { times, series, unit, axisText, axisTime, band, height = 240 } = spec;
  const style = getComputedStyle(box);
  const colour = (name: string): string => style.getPropertyValue(name).trim();
  const axis = {
    ...{ stroke: colour('--soft'), font: FONT },
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { show: false },
  };
  const labels = times.length === 0 ? [''] : [axisText(limit(spec, Math.min)), axisText(limit(spec, Math.max))];
  const widest = Math.max(...labels.map(({ length }) => length));
  return {
    width: box.clientWidth,
    height,
    cursor: { drag: { x: true, y: false, setScale: true }, points: { size: 8 } },
    legend: { live: true },
    scales: { x: { time: true }, y: { range: (_, low, high) => around(low, high, band) } },
    axes: [
      { ...axis, values: (_, splits) => splits.map(axisTime), space: 110 },
      {
        ...axis,
        size: 24 + widest * 7.5,
        label: unit,
        labelFont: FONT,
        labelSize: 22,
        values: (_, splits) => splits.map(axisText),
      },
    ],
    series: [
      {
        label: timeLabel,
        value: (_, seconds) => (seconds === null || seconds === undefined ? '–' : axisTime(seconds)),
      },
      ...series.map(({ label, look, text }) => ({
        label,
        stroke: colour(COLOURS[look]),
        dash: [...DASHES[look]],
        width: look === 'quiet' ? 1 : 2,
        points: { show: times.length <= FEW, size: 5 },
        value: (_: uPlot, _value: number, _series: number, index: number | null) =>
          index === null ? '–' : text(index),
      })),
    ],
    hooks: {
      drawClear: band === undefined ? [] : [(plot) => drawBand(plot, band, colour('--band'), colour('--band-edge'))],
      ready: [listenToWheel, readNewest],
      setCursor: [readNewest],
    },
  };
}

function limit({ series, band }: ChartSpec, pick: (...values: number[]) => number): number {
  const edges = band === undefined ? [] : [band.low, band.high];
  let found = edges.length === 0 ? undefined : pick(...edges);
  for (const { values } of series) {
    for (const value of values) if (value !== null) found = found === undefined ? value : pick(found, value);
  }
  return found ?? 0;
}

/** With the band in it, and some air. */
function around(low: number, high: number, band: ChartSpec['band']): [number, number] {
  const [from, to] = [Math.min(low, band?.low ?? low), Math.max(high, band?.high ?? high)];
  const air = (to - from || Math.abs(to) || 1) * 0.08;
  return [from - air, to + air];
}

const THINNEST = 3;

function drawBand(plot: uPlot, band: { low: number; high: number }, fill: string, edge: string): void {
  const { ctx, bbox } = plot;
  const [top, bottom] = [plot.valToPos(band.high, 'y', true), plot.valToPos(band.low, 'y', true)];
  const height = Math.max(THINNEST, bottom - top);
  const from = (top + bottom) / 2 - height / 2;
  ctx.save();
  ctx.fillStyle = fill;
  ctx.fillRect(bbox.left, from, bbox.width, height);
  ctx.fillStyle = edge;
  ctx.fillRect(bbox.left, from, bbox.width, 1);
  ctx.fillRect(bbox.left, from + height - 1, bbox.width, 1);
  ctx.restore();
}

/** What is seen, nearer by a factor or moved by a share of it, within what there is. */
export function rangeOf(plot: uPlot, factor: number, shift: number, at = 0.5): { min: number; max: number } {
  const { min = 0, max = 1 } = plot.scales.x ?? {};
  const [first = 0] = plot.data[0];
  const last = plot.data[0].at(-1) ?? 1;
  const width = Math.min((max - min) * factor, last - first);
  const middle = min + (max - min) * at + (max - min) * shift;
  const from = Math.max(first, Math.min(middle - width * at, last - width));
  return { min: from, max: from + width };
}

/** What the legend says while nobody points at a place. */
function readNewest(plot: uPlot): void {
  const newest = plot.data[0].length - 1;
  if (typeof plot.cursor.idx !== 'number' && newest >= 0) plot.setLegend({ idx: newest }, false);
}

function listenToWheel(plot: uPlot): void {
  plot.over.addEventListener(
    'wheel',
    (event) => {
      if (!event.ctrlKey && !event.shiftKey) return;
      event.preventDefault();
      const delta = event.deltaY === 0 ? event.deltaX : event.deltaY;
      const at = event.offsetX / plot.over.clientWidth;
      plot.setScale(
        'x',
        event.ctrlKey ? rangeOf(plot, delta > 0 ? 1.25 : 0.8, 0, at) : rangeOf(plot, 1, delta > 0 ? 0.1 : -0.1),
      );
    },
    { passive: false },
  );
}
