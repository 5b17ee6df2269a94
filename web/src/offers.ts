/** What this service offers at all, by its own OpenAPI document: a page of what it lacks is not shown. */
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
export async function offers(operation: string): Promise<boolean> {
  asked ??= read().catch((error) => {
    asked = undefined; // to be asked again
    throw error;
  });
  return (await asked).has(operation);
}
