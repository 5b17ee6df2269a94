import { expect, test } from 'vitest';
import { z } from 'zod';
import { validator } from './validate.ts';

const schema = z.strictObject({ limit: z.coerce.number().int().default(50) });
const compile = (of: z.ZodType, httpPart: string) => validator({ schema: of, method: 'GET', url: '/', httpPart });

test('no query is what the schema makes of it, the same for all, and not to be changed', () => {
  const validate = compile(schema, 'querystring');
  const none = validate({});
  expect(none).toEqual({ value: { limit: 50 } });
  expect(validate(Object.create(null))).toBe(none);
  expect(() => Object.assign(Object(none).value, { limit: 1 })).toThrow(TypeError);
  expect(validate({ limit: '7' })).toEqual({ value: { limit: 7 } });
  expect(validate({ what: '1' })).toMatchObject({ error: expect.any(Object) });
});

test('a query that is required is missed each time anew', () => {
  const validate = compile(z.strictObject({ q: z.string() }), 'querystring');
  const [first, second] = [validate({}), validate({})];
  expect(first).toMatchObject({ error: expect.any(Object) });
  expect(first).not.toBe(second);
});

test('bodies and parameters are not shared', () => {
  const validate = compile(schema, 'body');
  expect(validate({})).not.toBe(validate({}));
});
