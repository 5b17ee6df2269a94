/** Where the package's own files lie: the same two levels up from src/main and from dist/main. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

const at = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

export const REFERENCE_BOOK = at('books/reference.yaml');
export const REFERENCE_GRAPH = at('books/rates.yaml');
export const REFERENCE_CATALOGUE = at('books/incidents.yaml');

export const REFERENCE_PRICES = at('books/cold-prices.json');

export const packageVersion = (): string =>
  z.object({ version: z.string() }).parse(JSON.parse(readFileSync(at('package.json'), 'utf8'))).version;
