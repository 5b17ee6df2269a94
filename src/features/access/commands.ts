/** `plumbline keys ...` */
import { z } from 'zod';
import type { RegisterCommands } from '../../platform/command-line/port.ts';
import { table } from '../../platform/command-line/table.ts';
import { ROLES } from './roles.ts';
import { ALL_SCOPES } from './scopes.ts';

const KEY = z.looseObject({
  id: z.string(),
  name: z.string(),
  prefix: z.string(),
  role: z.string(),
  owner: z.string().nullable(),
  last_used_at: z.string().nullable().optional(),
  scopes: z.array(z.string()),
  expires_at: z.string().nullable(),
  revoked_at: z.string().nullable(),
});

const PENDING = z.looseObject({
  approval_id: z.string(),
  payload_hash: z.string(),
  expires_at: z.string(),
  detail: z.string(),
  secret: z.string().nullable(),
});

const ENDED = z.object({ subject: z.string(), ended: z.number() });

interface CreateOptions {
  readonly name: string;
  readonly role: string;
  readonly scope?: string[];
  readonly owner?: string;
  readonly address?: string[];
  readonly expires?: string;
  readonly reason?: string;
}

export const keysCommands: RegisterCommands = (program, context) => {
  const keys = program.command('keys').description('API keys and what they may do');

  keys
    .command('create')
    .description('create a key; its secret is shown this once')
    .requiredOption('--name <name>', 'who it is for')
    .option('--scope <scope...>', `one or more of ${ALL_SCOPES.join(', ')}; all of the role unless told`)
    .option('--role <role>', `${ROLES.join(', ')}; service is a machine's, and needs --scope`, 'service')
    .option('--owner <name>', "whose it is, as the identity provider names people; of every key but a machine's")
    .option('--address <address...>', 'addresses and networks (CIDR) it may be used from')
    .option('--expires <time>', 'RFC 3339 with zone, for example 2027-01-01T00:00:00+07:00')
    .option('--reason <text>', 'for whoever approves it')
    .action(async (options: CreateOptions) => {
      const api = await context.api();
      const { name, role, owner, scope: scopes, address: addresses, expires: expires_at, reason } = options;
      const given = Object.entries({ owner, scopes, addresses, expires_at, reason }).flatMap(([key, value]) =>
        value === undefined ? [] : [[key, value] as const],
      );
      const answer = await api.call('POST', '/v1/keys', { name, role, ...Object.fromEntries(given) });
      const pending = PENDING.safeParse(answer).data;
      if (pending !== undefined) {
        context.answer(pending, () => [
          pending.detail,
          `hash    ${pending.payload_hash}, until ${pending.expires_at}`,
          `secret  ${pending.secret ?? ''}`,
          'Keep it now: it is not stored and cannot be shown again. It is of no use before the key is approved.',
        ]);
        return;
      }
      const created = KEY.extend({ secret: z.string().nullable() }).parse(answer);
      context.answer(created, () => [
        `key     ${created.id} "${created.name}"`,
        `role    ${created.role}${created.owner === null ? '' : `, ${created.owner}`}`,
        `scopes  ${created.scopes.join(', ')}`,
        `secret  ${created.secret ?? ''}`,
        'Keep it now: it is not stored and cannot be shown again.',
      ]);
    });
  keys
    .command('list')
    .description('all keys, without their secrets')
    .action(async () => {
      const api = await context.api();
      const { data } = z.object({ data: z.array(KEY) }).parse(await api.call('GET', '/v1/keys'));
      const state = (key: z.output<typeof KEY>): string =>
        key.revoked_at !== null
          ? `revoked ${key.revoked_at}`
          : key.expires_at === null
            ? 'in force'
            : `until ${key.expires_at}`;
      context.answer(data, () =>
        table(
          ['id', 'name', 'prefix', 'role', 'owner', 'state', 'used', 'scopes'].map((title) => ({ title })),
          data.map((key) => [
            ...[key.id, key.name, key.prefix, key.role, key.owner ?? 'a machine', state(key)],
            ...[key.last_used_at ?? 'never', key.scopes.join(' ')],
          ]),
        ),
      );
    });

  keys
    .command('revoke')
    .description('revoke a key for good: it is refused within 2 s everywhere')
    .argument('<id>')
    .action(async (id: string) => {
      const api = await context.api();
      const key = KEY.parse(await api.call('POST', `/v1/keys/${encodeURIComponent(id)}/revoke`));
      context.answer(key, () => [`revoked ${key.prefix} "${key.name}" at ${key.revoked_at ?? ''}`]);
    });

  program
    .command('sessions')
    .description('sessions of people in browsers')
    .command('end')
    .description('end all sessions of a person, at once and everywhere; it keeps nobody from logging in again')
    .argument('<person>', 'as the identity provider names people')
    .action(async (owner: string) => {
      const answer = ENDED.parse(await (await context.api()).call('POST', '/v1/sessions/end', { owner }));
      context.answer(answer, () => [`${answer.subject}: ${answer.ended} sessions ended`]);
    });
};
