/**
 * For soaks that send the same few statements a million times to tables that stay small: PostgreSQL plans each once
 * a connection, which was 40 % of their time. The service has every statement planned for the sizes at which it runs.
 */
import { createHash } from 'node:crypto';
import pg from 'pg';

/** @returns what undoes it */
export function prepareStatements(): () => void {
  const { prototype } = pg.Client;
  const { query } = prototype;
  Object.defineProperty(prototype, 'query', {
    configurable: true,
    writable: true,
    value(this: pg.Client, ...args: readonly unknown[]): unknown {
      const [text, values, ...rest] = args;
      if (typeof text !== 'string' || !Array.isArray(values) || values.length === 0)
        return Reflect.apply(query, this, args);
      const name = createHash('md5').update(text).digest('hex');
      return Reflect.apply(query, this, [{ name, text, values }, ...rest]);
    },
  });
  return () => {
    prototype.query = query;
  };
}
