/** Loading what a part of the page shows, and loading it again. */
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { after, now } from './browser/clock.ts';
import { asProblem, type Problem } from './problem.ts';
import { session } from './session.ts';

export interface Loaded<T> {
  /** The newest answer; undefined until there is one. It stays while it is asked again, and where that fails. */
  readonly data: T | undefined;
  /** Why the last try failed. */
  readonly problem: Problem | undefined;
  readonly busy: boolean;
  /** When `data` was answered, epoch milliseconds. */
  readonly at: number | undefined;
  again(): void;
}

export interface LoadOptions {
  /** Asked again so often, while somebody looks at the page. */
  readonly everyMs?: number;
  /** Not asked at all. */
  readonly skip?: boolean;
}

/** @param what the load depends on, as text: another text is another load, and forgets the data of the one before */
export function useLoad<T>(
  what: string,
  load: (signal: AbortSignal) => Promise<T>,
  options: LoadOptions = {},
): Loaded<T> {
  const { everyMs, skip = false } = options;
  const [shown, setShown] = useState<{ what: string; data?: T; problem?: Problem; at?: number; busy: boolean }>({
    what,
    busy: !skip,
  });
  const [turn, setTurn] = useState(0);
  const latest = useRef(load);
  latest.current = load;
  const again = useCallback(() => setTurn((before) => before + 1), []);

  // Another turn is a reason to ask again
  useEffect(() => {
    if (skip) return;
    const controller = new AbortController();
    let cancel = (): void => undefined;
    setShown((before) => (before.what === what ? { ...before, busy: true } : { what, busy: true }));
    const next = (): void => {
      if (everyMs === undefined) return;
      cancel = after(everyMs, () => (document.hidden ? next() : again()));
    };
    latest.current(controller.signal).then(
      (data) => {
        if (controller.signal.aborted) return;
        setShown({ what, data, at: now(), busy: false });
        next();
      },
      (error) => {
        if (controller.signal.aborted) return;
        setShown((before) => ({ ...before, what, problem: asProblem(error), busy: false }));
        next();
      },
    );
    return () => {
      controller.abort();
      cancel();
    };
  }, [what, turn, everyMs, skip, again]);

  // Whoever has signed in again sees the page that he left.
  useEffect(
    () => session.listen(() => session.get().kind !== 'ended' && session.get().kind !== 'none' && again()),
    [again],
  );

  const current = shown.what === what ? shown : { busy: !skip };
  return {
    data: 'data' in current ? current.data : undefined,
    problem: 'problem' in current ? current.problem : undefined,
    at: 'at' in current ? current.at : undefined,
    busy: current.busy,
    again,
  };
}
