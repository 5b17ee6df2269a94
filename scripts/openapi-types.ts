/**
 * TypeScript types from an OpenAPI 3.1 document, in the shape that web/src/api.ts calls with: one entry
 * for each operation, `GET /v1/keys`, with its path, its query, its body and its answer.
 */
import { z } from 'zod';

type Schema = z.output<typeof SCHEMA>;
const SCHEMA = z.looseObject({});
const CONTENT = z.record(z.string(), z.object({ schema: SCHEMA.optional() })).optional();
const OPERATION = z.looseObject({
  parameters: z
    .array(z.object({ name: z.string(), in: z.string(), required: z.boolean().optional(), schema: SCHEMA }))
    .default([]),
  requestBody: z.object({ required: z.boolean().optional(), content: CONTENT }).optional(),
  responses: z.record(z.string(), z.object({ content: CONTENT })),
});
const DOCUMENT = z.looseObject({ paths: z.record(z.string(), z.record(z.string(), OPERATION)) });

/** @param document of the service, as `/openapi.json` gives it. @returns the text of a module */
export function apiTypes(document: unknown): string {
  const { paths } = DOCUMENT.parse(document);
  const entries = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(
      ([method, operation]) => `  '${method.toUpperCase()} ${path}': ${typeOf(operation)};\n`,
    ),
  );
  return `/** What the service answers to, made from its OpenAPI document by scripts/api-types.ts. Not to be edited. */\n\nexport interface Operations {\n${entries.sort().join('')}}\n`;
}

function typeOf({ parameters, requestBody, responses }: z.output<typeof OPERATION>): string {
  const fieldsIn = (place: string): string =>
    record(
      parameters
        .filter((parameter) => parameter.in === place)
        .map(({ name, required, schema }) => [name, typeOfSchema(schema, 3), required === true]),
      2,
    );
  const body = requestBody?.content?.['application/json']?.schema;
  const answers = Object.entries(responses)
    .filter(([status]) => status.startsWith('2'))
    .map(([, { content }]) => content?.['application/json']?.schema)
    .map((schema) => (schema === undefined ? 'undefined' : typeOfSchema(schema, 2)));
  return record(
    [
      ['path', fieldsIn('path'), true],
      ['query', fieldsIn('query'), true],
      ['body', body === undefined ? 'undefined' : typeOfSchema(body, 2), true],
      ['answer', union(answers) || 'undefined', true],
    ],
    1,
  );
}

/** @param depth of the braces around it */
function typeOfSchema(schema: Schema, depth: number): string {
  const { type, enum: values, const: only, anyOf, oneOf, allOf } = KNOWN.parse(schema);
  if (only !== undefined) return JSON.stringify(only).replaceAll('"', "'");
  if (values !== undefined) return union(values.map((value) => JSON.stringify(value).replaceAll('"', "'")));
  const either = anyOf ?? oneOf;
  if (either !== undefined) return union(either.map((each) => typeOfSchema(each, depth)));
  if (allOf !== undefined) return allOf.map((each) => typeOfSchema(each, depth)).join(' & ');
  if (Array.isArray(type)) return union(type.map((each) => typeOfSchema({ ...schema, type: each }, depth)));
  switch (type) {
    case 'string':
    case 'boolean':
    case 'null':
      return type;
    case 'number':
    case 'integer':
      return 'number';
    case 'array':
      return arrayOf(schema, depth);
    case 'object':
      return objectOf(schema, depth);
    default:
      return 'unknown';
  }
}

const KNOWN = z.looseObject({
  type: z.union([z.string(), z.array(z.string())]).optional(),
  enum: z.array(z.unknown()).optional(),
  const: z.unknown().optional(),
  anyOf: z.array(SCHEMA).optional(),
  oneOf: z.array(SCHEMA).optional(),
  allOf: z.array(SCHEMA).optional(),
});
const ARRAY = z.looseObject({
  items: z.union([z.literal(false), SCHEMA]).optional(),
  prefixItems: z.array(SCHEMA).optional(),
});
const OBJECT = z.looseObject({
  properties: z.record(z.string(), SCHEMA).default({}),
  required: z.array(z.string()).default([]),
  additionalProperties: z.union([z.boolean(), SCHEMA]).optional(),
});

function arrayOf(schema: Schema, depth: number): string {
  const { items, prefixItems } = ARRAY.parse(schema);
  if (prefixItems !== undefined) return `readonly [${prefixItems.map((each) => typeOfSchema(each, depth)).join(', ')}]`;
  const item = items === undefined || items === false ? 'unknown' : typeOfSchema(items, depth);
  return `readonly ${/^readonly | \| /.test(item) && !item.startsWith('{') ? `(${item})` : item}[]`;
}

function objectOf(schema: Schema, depth: number): string {
  const { properties, required, additionalProperties } = OBJECT.parse(schema);
  const fields = Object.entries(properties);
  if (fields.length > 0) {
    return record(
      fields.map(([name, each]) => [name, typeOfSchema(each, depth + 1), required.includes(name)]),
      depth,
    );
  }
  const value = typeof additionalProperties === 'object' ? typeOfSchema(additionalProperties, depth) : 'unknown';
  return `Readonly<Record<string, ${value}>>`;
}

function record(fields: readonly (readonly [string, string, boolean])[], depth: number): string {
  if (fields.length === 0) return 'Readonly<Record<string, never>>';
  const pad = '  '.repeat(depth + 1);
  const lines = fields.map(
    ([name, type, required]) =>
      `${pad}readonly ${/^[a-z_]\w*$/i.test(name) ? name : `'${name}'`}${required ? '' : '?'}: ${type}${required ? '' : ' | undefined'};\n`,
  );
  return `{\n${lines.join('')}${'  '.repeat(depth)}}`;
}

const union = (types: readonly string[]): string => [...new Set(types)].join(' | ');
