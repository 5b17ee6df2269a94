/** Writes web/src/api-types.ts from the OpenAPI document of a service that has every route. */
import { writeFileSync } from 'node:fs';
import { openDocument } from './open-document.ts';
import { apiTypes } from './openapi-types.ts';

writeFileSync('web/src/api-types.ts', apiTypes(await openDocument()));
