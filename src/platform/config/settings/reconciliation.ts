/** What is reconciled, when, and within which bounds. */
import { cron, cronOrOff, decimal, integer, milliseconds, text } from '../kinds.ts';

export const RECONCILIATION = {
  RECONCILIATION_BOOK: text({
    about: 'File of the book: the asset and liability lines that are reconciled. Absent: the reference book.',
    example: '/etc/plumbline/book.yaml',
  }),
  RECONCILIATION_TOLERANCE: decimal({
    about: "Difference in the book's currency that still counts as balanced. Absent: the book's own tolerance.",
    example: '1000',
  }),
  RECONCILIATION_SCHEDULE: cron({
    about:
      "When a worker looks for business dates that have ended and have no final report, in the book's zone. Each slot also catches up what was missed or failed.",
    example: '5 0 * * *',
    fallback: '5 * * * *',
  }),
  RECONCILIATION_INTRADAY_SCHEDULE: cronOrOff({
    about:
      "When a worker looks at the state of now, beside the daily reports, in the book's zone. `off`: never; an empty value is the default.",
    example: '*/15 8-20 * * *',
    fallback: '*/5 * * * *',
  }),
  RECONCILIATION_MISSING_MS: integer(milliseconds(60_000, 604_800_000), {
    about: 'Time after the end of a business date within which its final report is due; later it is an incident.',
    example: '90000000',
    fallback: '90000000',
  }),
  RECONCILIATION_INTRADAY_MISSING_MS: integer(milliseconds(60_000, 604_800_000), {
    about: 'Time without an intraday run after which that is an incident; more than the longest pause of its schedule.',
    example: '50400000',
    fallback: '900000',
  }),
  RECONCILIATION_QUERY_TIMEOUT_MS: integer(milliseconds(100, 3_600_000), {
    about: 'Time that one line of the book has to answer. The embedded database cannot interrupt a query.',
    example: '120000',
    fallback: '60000',
  }),
  RECONCILIATION_SIGNING_KEY: text({
    about:
      'Key that signs the evidence of reports and the proofs of liabilities: Ed25519, PEM (PKCS#8). Absent: with the embedded database one is made in PLUMBLINE_DATA; with DATABASE_URL nothing is signed, and no proofs are made.',
    example: '-----BEGIN PRIVATE KEY-----...',
    secret: true,
  }),
  RECONCILIATION_PROOF_SECRET: text({
    about:
      "Secret from which the salts of merchants' leaves come, 64 hexadecimal digits; it is kept, for without it older proofs are not made again. Absent: as with RECONCILIATION_SIGNING_KEY.",
    example: '0123abcd...',
    secret: true,
  }),
} as const;
