/** A cold store whose calls may fail before they are done, or after, when nobody hears the answer. */
import type { ColdStore } from '../../src/platform/objects/cold-port.ts';

/** @param fail told of each call; throws where it is to fail */
export function interrupted<Store extends ColdStore>(store: Store, fail: () => void, when: 'before' | 'after'): Store {
  const wrap =
    <A extends readonly unknown[], T>(call: (...args: A) => Promise<T>) =>
    async (...args: A): Promise<T> => {
      if (when === 'before') fail();
      const answer = await call(...args);
      if (when === 'after') fail();
      return answer;
    };
  return { ...store, put: wrap(store.put), head: wrap(store.head), get: wrap(store.get), delete: wrap(store.delete) };
}
