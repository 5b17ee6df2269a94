/** The two kinds of runs: the one report of a business date, and looks at the state of now. */

/** `daily`: one final report a date. `intraday`: as of now, as often as wanted, never the report of a date. */
export const RUN_KINDS = ['daily', 'intraday'] as const;
export type RunKind = (typeof RUN_KINDS)[number];
