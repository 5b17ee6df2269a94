/** What this service offers at all, by its own OpenAPI document: a page of what it lacks is not shown. */
import { useEffect, useState } from 'preact/hooks';
import type { Operation } from './api.ts';
import { ask } from './browser/http.ts';
import { fieldsIn, isFields } from './json.ts';

let asked: Promise<ReadonlySet<string>> | undefined;

async function read(): Promise<ReadonlySet<string>> {
  const response = await ask({ method: 'GET', path: '/openapi.json' });
  const paths = fieldsIn(await response.json(), 'paths') ?? {};
  return new Set(
    Object.entries(paths).flatMap(([path, methods]) =>
      isFields(methods) ? Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`) : [],
    ),
  );
}

/** @param operation such as `GET /v1/me`. Asked once for each visit of the page */
export async function offers(operation: Operation | 'GET /v1/session/login'): Promise<boolean> {
  asked ??= read().catch((error) => {
    asked = undefined; // to be asked again
    throw error;
  });
  return (await asked).has(operation);
}

/** Which of some operations the service offers: none of them, until it has said so. */
export function useOffers(wanted: readonly Operation[]): (operation: Operation) => boolean {
  const [found, setFound] = useState<ReadonlySet<string>>(new Set());
  const names = wanted.join();
  useEffect(() => {
    let current = true;
    void Promise.all(wanted.map(async (each) => ((await offers(each)) ? [each] : [])))
      .then((lists) => current && setFound(new Set(lists.flat())))
      .catch(() => undefined); // the pages of every service are there all the same
    return () => {
      current = false;
    };
  }, [names]);
  return (operation) => found.has(operation);
}
