/** A value that several parts of the page look at: whoever uses it is drawn again when it changes. */
import { useEffect, useState } from 'preact/hooks';

export interface State<T> {
  get(): T;
  set(value: T): void;
  /** @returns how to listen no more */
  listen(changed: () => void): () => void;
}

export function state<T>(first: T): State<T> {
  let value = first;
  const listeners = new Set<() => void>();
  return {
    get: () => value,
    set(next) {
      if (Object.is(next, value)) return;
      value = next;
      for (const changed of [...listeners]) changed();
    },
    listen(changed) {
      listeners.add(changed);
      return () => listeners.delete(changed);
    },
  };
}

export function useShared<T>(shared: State<T>): T {
  const [value, setValue] = useState<T>(() => shared.get());
  useEffect(() => {
    // It may have changed between the drawing and now.
    setValue(() => shared.get());
    return shared.listen(() => setValue(() => shared.get()));
  }, [shared]);
  return value;
}
