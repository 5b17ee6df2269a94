/** Who acts, and what they may. */
import { PlumblineError } from '../../kernel/errors.ts';
import type { Caller } from '../../platform/http-server/port.ts';
import type { Role } from './roles.ts';
import type { Scope } from './scopes.ts';

export interface Principal extends Caller {
  readonly role: Role;
  readonly scopes: ReadonlySet<Scope>;
}

const PERSON = /^person:[!-~]{1,200}$/;

/** What identity providers call people becomes one form, so that nobody is two by the case of a letter. */
export const personOf = (name: string): string | undefined => {
  const subject = `person:${name.trim().toLowerCase()}`;
  return PERSON.test(subject) ? subject : undefined;
};

/** @throws `access.owner_malformed` (invalid) */
export function ownerOf(text: string): string {
  const owner = personOf(text.startsWith('person:') ? text.slice('person:'.length) : text);
  if (owner !== undefined) return owner;
  throw new PlumblineError(
    'invalid',
    'access.owner_malformed',
    `owner "${text.slice(0, 60)}" is not a name; write whom the key belongs to as the identity provider does, for example an@example.com`,
    { faults: [{ pointer: '/owner', message: 'must have 1 to 200 printable characters without spaces' }] },
  );
}
