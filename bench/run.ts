/** `npm run bench [-- NAME]`: the machine, the raw figures, and one closing line for each measurement. */
import { cpus, release, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { run as archival } from './archival.ts';
import { run as archivalBeside } from './archival-beside.ts';
import { run as auditAppend } from './audit-append.ts';
import { run as auditCapture } from './audit-capture.ts';
import { run as auditPost } from './audit-post.ts';
import { run as auditVerify } from './audit-verify.ts';
import type { Bench } from './bench.ts';
import { run as consolePages } from './console.ts';
import { run as deficitTold } from './deficit-told.ts';
import { run as http } from './http.ts';
import { run as liabilityProof } from './liability-proof.ts';
import { run as liabilityTree } from './liability-tree.ts';
import { run as notifications } from './notifications.ts';
import { run as rates } from './rates.ts';
import { run as ratesBreaker } from './rates-breaker.ts';
import { run as ratesCold } from './rates-cold.ts';
import { run as ratesFleet } from './rates-fleet.ts';
import { run as reconciliation } from './reconciliation.ts';
import { run as reconciliationBundle } from './reconciliation-bundle.ts';
import { run as statementMatching } from './statement-matching.ts';

const BENCHES: Readonly<Record<string, Bench>> = {
  archival,
  'archival-beside': archivalBeside,
  'audit-append': auditAppend,
  'audit-capture': auditCapture,
  'audit-post': auditPost,
  rates,
  'rates-breaker': ratesBreaker,
  'rates-cold': ratesCold,
  'rates-fleet': ratesFleet,
  http,
  reconciliation,
  'reconciliation-bundle': reconciliationBundle,
  'liability-proof': liabilityProof,
  'liability-tree': liabilityTree,
  'audit-verify': auditVerify,
  'deficit-told': deficitTold,
  notifications,
  'statement-matching': statementMatching,
  console: consolePages,
};

const { positionals } = parseArgs({ allowPositionals: true });
const unknown = positionals.filter((name) => BENCHES[name] === undefined);
if (unknown.length > 0) throw new Error(`no bench ${unknown.join(', ')}; there are ${Object.keys(BENCHES).join(', ')}`);

const processors = cpus();
console.log(
  `${processors.length} x ${processors[0]?.model ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform} ${release()}, Node ${process.versions.node}`,
);
for (const [name, bench] of Object.entries(BENCHES)) {
  if (positionals.length > 0 && !positionals.includes(name)) continue;
  for (const { name: what, value, unit, reference, ratio, bar, pass } of await bench()) {
    console.log(
      `bench ${what} ${value.toPrecision(4)} ${unit}, ${reference} ratio ${ratio.toFixed(3)} (bar ${bar}) ${pass ? 'pass' : 'short'}`,
    );
  }
}
