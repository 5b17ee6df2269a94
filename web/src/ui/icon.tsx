/** Drawn signs. Each stands beside a word that says the same, so none of them is read out. */

const PATHS = {
  good: 'M4.5 12.5l5 5 10-11',
  warn: 'M12 5v9M12 18.5v.5',
  bad: 'M6 6l12 12M18 6L6 18',
  idle: 'M6 12h12',
  menu: 'M4 7h16M4 12h16M4 17h16',
  arrow: 'M5 12h14M13 6l6 6-6 6',
  save: 'M12 4v11M7 11l5 5 5-5M5 20h14',
  copy: 'M9 9h10v10H9zM5 15V5h10',
  table: 'M4 6h16v12H4zM4 10.5h16M10 6v12',
  chart: 'M4 19h16M5 15l5-5 4 3 5-7',
  live: 'M12 12h.01M8.5 15.5a5 5 0 010-7M15.5 8.5a5 5 0 010 7',
} as const;

export type IconName = keyof typeof PATHS;

export const Icon = ({ name }: { readonly name: IconName }) => (
  <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
    <path d={PATHS[name]} />
  </svg>
);
