/** `plumbline reconcile bundle|verify|export|key`: reports as files, and the proof of them. */
import { readFile, writeFile } from 'node:fs/promises';
import { type Command, Option } from 'commander';
import { z } from 'zod';
import { messageOf, PlumblineError } from '../../../kernel/errors.ts';
import type { ApiClient, CommandContext } from '../../../platform/command-line/port.ts';
import { publicKeyOf } from '../signing.ts';
import { reportCsv } from './csv.ts';
import { REPORT_DOCUMENT, type ReportDocument } from './document.ts';
import type { BundleFault } from './fault.ts';
import { LANGUAGES, type Language } from './messages.ts';
import { reportPdf } from './pdf.ts';
import { type Verification, verifyBundle } from './verify.ts';

/** What a bundle that does not hold ends with. */
const DAMAGED = 2;
/** Faults that are printed: the first decides, and the rest follow from it more often than not. */
const SHOWN = 20;

interface ExportOptions {
  readonly format: 'pdf' | 'csv' | 'bundle';
  readonly lang: Language;
  readonly bom: boolean;
  readonly output: string;
}

/** @param pathOf where the API has the report that an id or a date names */
export function evidenceCommands(
  reconcile: Command,
  context: CommandContext,
  pathOf: (api: ApiClient, what: string) => Promise<string>,
): void {
  reconcile
    .command('bundle')
    .description('the evidence of final reports, signed, as one file that verifies offline')
    .argument('<what>', 'a business date, a year, or FROM..TO')
    .requiredOption('-o, --output <file>', 'where it is written')
    .action(async (what: string, { output }: { output: string }) => {
      const api = await context.api();
      const text = await api.text(`/v1/reconciliations/bundle?${queryOf(what)}`);
      await write(output, text);
      const verification = verifyBundle(text);
      context.answer({ file: output, ...verification }, () => [
        `${output}: ${summary(verification)}`,
        ...faultLines(verification),
      ]);
    });

  reconcile
    .command('verify')
    .description(
      'verify a bundle with nothing but the file: no database, no network; ends with 2 where it does not hold',
    )
    .argument('<bundle>')
    .option('--key <file>', 'public key that must have signed it, PEM, from elsewhere than the bundle')
    .action(async (file: string, { key }: { key?: string }) => {
      const given = key === undefined ? undefined : publicKeyOf(await read(key), key);
      const verification = verifyBundle(await read(file), given);
      context.answer(verification, () => verificationLines(verification));
      if (!verification.ok) context.exitCode(DAMAGED);
    });

  reconcile
    .command('export')
    .description('a report as a file: PDF, CSV, or the bundle that proves it')
    .argument('<id-or-date>')
    .addOption(new Option('--format <format>').choices(['pdf', 'csv', 'bundle']).default('pdf'))
    .addOption(new Option('--lang <language>', 'of the PDF').choices(LANGUAGES).default('vi'))
    .option('--bom', 'begin the CSV with a byte order mark, as Excel likes it', false)
    .requiredOption('-o, --output <file>', 'where it is written')
    .action(async (what: string, options: ExportOptions) => {
      const api = await context.api();
      const document = REPORT_DOCUMENT.parse(await api.call('GET', await pathOf(api, what)));
      await write(options.output, await fileOf(api, document, options));
      context.answer({ file: options.output, id: document.id }, () => [`${options.output}: report ${document.id}`]);
    });

  reconcile
    .command('key')
    .description('the public key that signs bundles, as PEM')
    .action(async () => {
      const api = await context.api();
      const key = z
        .object({ key_id: z.string(), public_key: z.string(), pem: z.string() })
        .parse(await api.call('GET', '/v1/reconciliations/signing-key'));
      context.answer(key, () => key.pem.trimEnd().split('\n'));
    });
}

async function fileOf(
  api: ApiClient,
  document: ReportDocument,
  { format, lang, bom }: ExportOptions,
): Promise<string | Uint8Array> {
  if (format === 'csv') return reportCsv(document, { bom });
  if (format === 'pdf') return reportPdf(document, lang); // the same report gives the same bytes, wherever it is made
  return api.text(`/v1/reconciliations/${document.id}/bundle.json`);
}

/** @throws `usage.bundle` (invalid) */
function queryOf(what: string): URLSearchParams {
  const [from = '', to = from, ...more] = what.split('..');
  if (/^\d{4}$/.test(what)) return new URLSearchParams({ year: what });
  const date = /^\d{4}-\d{2}-\d{2}$/;
  if (date.test(from) && date.test(to) && more.length === 0) return new URLSearchParams({ from, to });
  const accepted = 'a date (2026-11-25), a year (2026) or a range (2026-11-01..2026-11-30)';
  throw new PlumblineError('invalid', 'usage.bundle', `"${what}" is not ${accepted}`);
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new PlumblineError('invalid', 'usage.file_unreadable', `${file} cannot be read (${messageOf(error)})`);
  }
}

/** A file that is there already is kept: it may be what somebody else has signed. */
async function write(file: string, content: string | Uint8Array): Promise<void> {
  try {
    await writeFile(file, content, { flag: 'wx' });
  } catch (error) {
    throw new PlumblineError('invalid', 'usage.file_unwritable', `${file} cannot be written (${messageOf(error)})`);
  }
}

const summary = ({ reports, book, from, to }: Verification): string =>
  `${reports} ${reports === 1 ? 'report' : 'reports'} of book ${book}, ${from} to ${to}`;

function verificationLines(verification: Verification): readonly string[] {
  const { ok, head, key_id, key_given } = verification;
  if (!ok) return ['DOES NOT HOLD', ...faultLines(verification)];
  return [
    `sound: ${summary(verification)}; each verdict was derived again, and no date is missing`,
    `chain  up to ${head?.seq}, ${head?.hash}`,
    key_given
      ? `signed by the key that was given, ${key_id}`
      : `signed by key ${key_id}, which the bundle brings itself: give --key to know whose it is`,
  ];
}

const faultLines = ({ faults }: Verification): readonly string[] => [
  ...faults.slice(0, SHOWN).map(faultLine),
  ...(faults.length > SHOWN ? [`  ... and ${faults.length - SHOWN} more`] : []),
];

const faultLine = ({ code, date, message }: BundleFault): string =>
  `  ${code}${date === null ? '' : ` ${date}`}: ${message}`;
