/** Reading JSON whose form the OpenAPI document leaves open, such as a report. What is not there is undefined. */

export type Fields = Readonly<Record<string, unknown>>;

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const fieldOf = (value: unknown, name: string): unknown => (isFields(value) ? value[name] : undefined);

export function textIn(value: unknown, name: string): string | undefined {
  const found = fieldOf(value, name);
  return typeof found === 'string' ? found : undefined;
}

export function fieldsIn(value: unknown, name: string): Fields | undefined {
  const found = fieldOf(value, name);
  return isFields(found) ? found : undefined;
}

export function listIn(value: unknown, name: string): readonly unknown[] {
  const found = fieldOf(value, name);
  return Array.isArray(found) ? found : [];
}
