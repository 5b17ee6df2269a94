/** Validation by zod. Most requests have no query: what a schema makes of none, a constant, is found once. */
import type { FastifySchemaCompiler } from 'fastify';
import { validatorCompiler } from 'fastify-type-provider-zod';

export const validator: FastifySchemaCompiler<Parameters<typeof validatorCompiler>[0]['schema']> = (route) => {
  const validate = validatorCompiler(route);
  if (route.httpPart !== 'querystring') return validate;
  const ofNone = validate({});
  if (typeof ofNone !== 'object' || !('value' in ofNone)) return validate;
  Object.freeze(ofNone.value); // shared by all requests without a query
  return (query) => (isEmpty(query) ? ofNone : validate(query));
};

function isEmpty(query: unknown): boolean {
  for (const _name in Object(query)) return false;
  return true;
}
