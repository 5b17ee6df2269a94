/** All sources that are known, in the order of the specification: it decides ties. */
import { coingecko } from './coingecko.ts';
import type { SourceDefinition } from './source.ts';

export const SOURCES: readonly SourceDefinition[] = [coingecko];
