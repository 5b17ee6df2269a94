/** One process that verifies a log in tiles, to be killed. Arguments: the folder, the log's key, the state file, its interval. */
import { parseVerifierKey } from '../../src/features/audit/tlog/keys.ts';
import { resumeFile } from '../../src/features/audit/verify/resume.ts';
import { verifyTiles } from '../../src/features/audit/verify/tiles.ts';
import { ORIGIN } from '../support/audit.ts';

const [folder = '', vkey = '', state = '', saveEvery = ''] = process.argv.slice(2);
const { ok, checked } = await verifyTiles({
  source: { folder },
  origin: ORIGIN,
  keys: [parseVerifierKey(vkey)],
  resume: resumeFile(state),
  saveEvery: Number(saveEvery),
  onProgress: (verified) => process.stdout.write(`verified ${verified}.\n`),
});
process.stdout.write(`${JSON.stringify({ ok, from: checked.resumedFrom })}\n`);
