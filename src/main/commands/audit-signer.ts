/** `plumbline audit signer ...`: the signer's key and memory, for whoever runs its machine. */
import { type Command, Option } from 'commander';
import { folderKeys, textKeys } from '../../features/audit/signer/keys.ts';
import type { PublishedKey } from '../../features/audit/signer/port.ts';
import { initSigner, restoreSigner } from '../../features/audit/signer/restore.ts';
import { openSigner, type SignerOptions } from '../../features/audit/signer/signer.ts';
import type { KeyAlgorithm } from '../../features/audit/tlog/cosignature.ts';
import { generateSigningKey } from '../../features/audit/tlog/keys.ts';
import { PlumblineError } from '../../kernel/errors.ts';
import { systemClock } from '../../platform/clock/system.ts';
import type { CommandContext } from '../../platform/command-line/port.ts';
import { loadConfig, processEnvironment } from '../../platform/config/config.ts';
import { openStateFolder } from '../../platform/files/folder.ts';
import { signingAlgorithms } from '../audit-algorithms.ts';
import { signerFolder } from '../audit-signing.ts';
import { readText, wholeNumber } from './audit-options.ts';

export function signerCommands(audit: Command, context: CommandContext): void {
  const signer = audit.command('signer').description("the signer's key and what it remembers, on its own machine");

  signer
    .command('keygen')
    .description('make a signing key; it is shown this once, and nothing is stored')
    .addOption(new Option('--algorithm <name>').choices(['ed25519', 'ml-dsa-44']).default('ed25519'))
    .action(({ algorithm }: { algorithm: KeyAlgorithm }) => {
      const { AUDIT_ORIGIN } = loadConfig(processEnvironment()).values;
      const { vkey, secret } = generateSigningKey(AUDIT_ORIGIN, algorithm, () => 0);
      context.answer({ vkey, secret }, () => [`vkey    ${vkey}`, `secret  ${secret}`]);
    });

  signer
    .command('keys')
    .description('the keys that have signed, oldest first, with the sizes of their checkpoints')
    .option('--statements', 'the signed statements of each change instead', false)
    .action(async ({ statements }: { statements: boolean }) => {
      const open = await openSigner(opened());
      if (!statements) return answerKeys(context, await open.keys());
      const notes = await open.keyStatements();
      context.answer(notes, () => notes);
    });

  signer
    .command('init')
    .description('take AUDIT_SIGNING_KEY into use, which has never signed')
    .action(async () => {
      const options = opened();
      await initSigner(options);
      const open = await openSigner(options);
      answerKeys(context, await open.keys());
    });

  signer
    .command('rotate')
    .description('take a new key; old and new both sign until the overlap is over')
    .option('--overlap-days <n>', 'days in which both sign', '30')
    .action(async ({ overlapDays }: { overlapDays: string }) => {
      const open = await openSigner(opened());
      answerKeys(context, await open.rotate({ overlapMs: wholeNumber('--overlap-days', overlapDays) * 86_400_000 }));
    });

  signer
    .command('restore')
    .description('tell a signer that has lost its memory or its key what was signed last; never less than it remembers')
    .requiredOption('--checkpoint <file>', 'the newest one that is known anywhere')
    .action(async ({ checkpoint }: { checkpoint: string }) => {
      const { files, ring, origin } = opened();
      const { size, root, keys } = await restoreSigner({ files, ring, origin, checkpoint: readText(checkpoint) });
      context.answer({ size, root, keys }, () => [`size ${size}, root ${root} counts as signed last`]);
    });
}

function opened(): SignerOptions {
  const config = loadConfig(processEnvironment());
  const { AUDIT_SIGNING_KEY, AUDIT_ORIGIN } = config.values;
  const folder = signerFolder(config);
  if (folder === undefined) throw noSigner();
  const files = openStateFolder({ folder, clock: systemClock });
  const ring =
    AUDIT_SIGNING_KEY === undefined ? folderKeys(files, systemClock) : textKeys(AUDIT_SIGNING_KEY, systemClock);
  return { files, ring, origin: AUDIT_ORIGIN, clock: systemClock, algorithms: signingAlgorithms(config.values) };
}

const answerKeys = (context: CommandContext, keys: readonly PublishedKey[]): void =>
  context.answer(keys, () =>
    keys.map(({ vkey, from, until }) => `${vkey}  from size ${from}${until === null ? '' : ` until ${until}`}`),
  );

const noSigner = (): PlumblineError =>
  new PlumblineError(
    'invalid',
    'audit.no_signer',
    'this machine has no signer: set AUDIT_SIGNER_FOLDER to its folder',
    { faults: [{ pointer: 'AUDIT_SIGNER_FOLDER', message: 'is not set, and DATABASE_URL is' }] },
  );
