/** `plumbline keys ...` */
import { z } from 'zod';
import type { RegisterCommands } from '../../platform/command-line/port.ts';
import { table } from '../../platform/command-line/table.ts';
import { ALL_SCOPES } from './scopes.ts';

const KEY = z.looseObject({
  id: z.string(),
  name: z.string(),
  prefix: z.string(),
  scopes: z.array(z.string()),
  expires_at: z.string().nullable(),
  revoked_at: z.string().nullable(),
});

export const keysCommands: RegisterCommands = (program, context) => {
  const keys = program.command('keys').description('API keys and what they may do');

  keys
    .command('create')
    .description('create a key; its secret is shown this once')
    .requiredOption('--name <name>', 'who it is for')
    .requiredOption('--scope <scope...>', `one or more of ${ALL_SCOPES.join(', ')}`)
    .option('--expires <time>', 'RFC 3339 with zone, for example 2027-01-01T00:00:00+07:00')
    .action(async (options: { name: string; scope: string[]; expires?: string }) => {
      const api = await context.api();
      const body = {
        name: options.name,
        scopes: options.scope,
        ...(options.expires === undefined ? {} : { expires_at: options.expires }),
      };
      const created = KEY.extend({ secret: z.string().nullable() }).parse(await api.call('POST', '/v1/keys', body));
      context.answer(created, () => [
        `key     ${created.id} "${created.name}"`,
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
          [{ title: 'id' }, { title: 'name' }, { title: 'prefix' }, { title: 'state' }, { title: 'scopes' }],
          data.map((key) => [key.id, key.name, key.prefix, state(key), key.scopes.join(' ')]),
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
};
