/** Lists that come page by page: the first one again and again, further ones as they are asked for. */
import { useEffect, useState } from 'preact/hooks';
import { type Loaded, useLoad } from '../load.ts';
import { asProblem, type Problem } from '../problem.ts';

interface Paged<Row> {
  readonly data: readonly Row[];
  readonly next: string | null;
}

export interface Pages<Row> {
  readonly load: Loaded<Paged<Row>>;
  readonly rows: readonly Row[];
  /** Undefined: there are no more. */
  readonly more: (() => void) | undefined;
  readonly busy: boolean;
  readonly problem: Problem | undefined;
}

/** @param what as in useLoad. @param read one page */
export function usePages<Row>(
  what: string,
  read: (cursor?: string) => Promise<Paged<Row>>,
  everyMs?: number,
): Pages<Row> {
  const load = useLoad(what, () => read(), everyMs === undefined ? {} : { everyMs });
  const [further, setFurther] = useState<readonly Paged<Row>[]>([]);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  // Another list begins anew
  useEffect(() => setFurther([]), [what]);

  const next = (further.at(-1) ?? load.data)?.next ?? null;
  const more = (): void => {
    if (next === null || busy) return;
    setBusy(true);
    setProblem(undefined);
    read(next).then(
      (page) => {
        setFurther((before) => [...before, page]);
        setBusy(false);
      },
      (error) => {
        setProblem(asProblem(error));
        setBusy(false);
      },
    );
  };
  return {
    load,
    rows: [...(load.data?.data ?? []), ...further.flatMap(({ data }) => data)],
    more: next === null ? undefined : more,
    busy,
    problem,
  };
}
