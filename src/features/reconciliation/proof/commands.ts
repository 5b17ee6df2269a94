/** `plumbline reconcile proof ...` */
import { appendFileSync, createReadStream, readFileSync, writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { z } from 'zod';
import { formatDecimal } from '../../../kernel/decimal.ts';
import { PlumblineError } from '../../../kernel/errors.ts';
import type { ApiClient, CommandContext } from '../../../platform/command-line/port.ts';
import { table } from '../../../platform/command-line/table.ts';
import { HEADER } from './header.ts';
import { parseProof } from './proof.ts';
import { readPublication } from './publication.ts';
import { type Verdict, verifyProof, verifyPublication } from './verify.ts';

const SUMMARY = z.looseObject({
  id: z.string(),
  header: HEADER,
  header_hash: z.string(),
  public_key: z.string(),
  merchants: z.int(),
  total: z.string(),
  negative_count: z.int(),
  negative_total: z.string(),
});
const DETAIL = SUMMARY.extend({ verified: z.int() });
const LIST = z.looseObject({ data: z.array(SUMMARY) });

/** Leaves that are asked for at a time. */
const PAGE = 50_000;
/** What a file that is not what it claims ends with, as any damage does. */
const DAMAGE = 8;

export function proofCommands(reconcile: Command, context: CommandContext): void {
  const proof = reconcile.command('proof').description('proofs of liabilities: what is owed, merchant by merchant');

  proof
    .command('show')
    .description('the signed header: by id, by business date, or the newest')
    .argument('[id-or-date]')
    .action(async (what: string | undefined) => {
      const shown = await find(await context.api(), what);
      context.answer(shown, () => headerLines(shown));
    });

  proof
    .command('merchant')
    .description("a merchant's proof, for that merchant alone")
    .argument('<merchant-id>')
    .requiredOption('-o, --output <file>', 'where it is written')
    .option('--of <id-or-date>', 'of which proof; the newest unless told')
    .action(async (merchant: string, { output, of }: { output: string; of?: string }) => {
      const api = await context.api();
      const { id } = await find(api, of);
      const given = await api.call('GET', `/v1/liability-proofs/${id}/merchants/${encodeURIComponent(merchant)}`);
      writeFileSync(output, `${JSON.stringify(given)}\n`, { mode: 0o600 });
      context.answer({ file: output, proof: id }, () => [`${output} holds the proof of merchant ${merchant}`]);
    });

  proof
    .command('publish')
    .description('everything that may be shown to anybody: the signed header and all leaves')
    .requiredOption('-o, --output <file>', 'where it is written')
    .option('--of <id-or-date>', 'of which proof; the newest unless told')
    .action(async ({ output, of }: { output: string; of?: string }) => {
      const api = await context.api();
      const { id, header } = await find(api, of);
      writeFileSync(output, '');
      for (let first = 0; first === 0 || first < header.leaves; first += PAGE) {
        appendFileSync(output, await api.text(`/v1/liability-proofs/${id}/publication?first=${first}&count=${PAGE}`));
      }
      context.answer({ file: output, proof: id, leaves: header.leaves }, () => [
        `${output} holds the signed header and ${header.leaves} leaves`,
      ]);
    });

  proof
    .command('verify')
    .description('a proof, or with --total a publication; without a service; ends with 0 or 8')
    .argument('<file>')
    .requiredOption('--key <base64>', "the platform's Ed25519 key, from where it is published")
    .option('--merchant <id>', 'whose proof it must be')
    .option('--date <YYYY-MM-DD>', 'of which business date it must be')
    .option('--total', 'the file is a publication: all leaves, from which root and total are computed again', false)
    .action(async (file: string, options: { key: string; merchant?: string; date?: string; total: boolean }) => {
      const { key, merchant, date, total } = options;
      const expected = {
        key,
        ...(merchant === undefined ? {} : { merchant }),
        ...(date === undefined ? {} : { businessDate: date }),
      };
      const verdict = total
        ? await publication(file, expected)
        : verifyProof(parseProof(readFileSync(file, 'utf8')), expected);
      if (!verdict.ok) context.exitCode(DAMAGE);
      context.answer(shownOf(verdict), () => verdictLines(verdict, total));
    });
}

async function publication(file: string, expected: Parameters<typeof verifyPublication>[3]): Promise<Verdict> {
  const { header, signature, entries } = await readPublication(createReadStream(file));
  return verifyPublication(header, signature, entries, expected);
}

async function find(api: ApiClient, what: string | undefined): Promise<z.output<typeof DETAIL>> {
  if (what !== undefined) {
    const collection = /^\d{4}-\d{2}-\d{2}$/.test(what) ? 'dates/' : '';
    return DETAIL.parse(await api.call('GET', `/v1/liability-proofs/${collection}${encodeURIComponent(what)}`));
  }
  const [newest] = LIST.parse(await api.call('GET', '/v1/liability-proofs?limit=1')).data;
  if (newest !== undefined) return find(api, newest.id);
  throw new PlumblineError('missing', 'proof.none', 'there is no proof of liabilities yet; it is made with a report');
}

function headerLines(shown: z.output<typeof DETAIL>): readonly string[] {
  const { header } = shown;
  return table(
    [{ title: 'proof' }, { title: shown.id }],
    [
      ['business date', header.businessDate],
      ['book, asset', `${header.book}, ${header.asset}`],
      ['owed', `${shown.total} ${header.asset} to ${shown.merchants} merchants`],
      ['below zero', `${shown.negative_total} ${header.asset} in ${shown.negative_count} amounts, in no total`],
      ['root', header.digest],
      ['header', `${shown.header_hash}, number ${header.seq} of its chain`],
      ['verified by', `${shown.verified} of ${shown.merchants} merchants`],
      ['key', shown.public_key],
    ],
  );
}

const shownOf = (verdict: Verdict) => (verdict.ok ? { ...verdict, owed: verdict.owed.toString() } : verdict);

function verdictLines(verdict: Verdict, total: boolean): readonly string[] {
  if (!verdict.ok) return [`REFUSED  ${verdict.message} (${verdict.reason})`];
  const { header, owed } = verdict;
  const amount = `${formatDecimal({ units: owed, scale: header.decimals })} ${header.asset}`;
  return [
    total
      ? `verified: ${header.leaves} leaves add up to ${amount}, and lead to the signed root of ${header.businessDate}`
      : `verified: ${amount} are counted among what is owed on ${header.businessDate}`,
  ];
}
