/** A process that is killed while it encrypts one object and writes another: folder of objects, folder of the spool, batch. */
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sha256Hex } from '../../src/kernel/hash.ts';
import { systemClock } from '../../src/platform/clock/system.ts';
import { openColdFolder } from '../../src/platform/objects/cold-folder.ts';
import { sealKey } from '../../src/platform/objects/envelope.ts';
import { openFolderStore } from '../../src/platform/objects/folder.ts';
import { sealedStore } from '../../src/platform/objects/sealed-store.ts';

const [folder = '', spool = '', batch = ''] = process.argv.slice(2);
const file = join(spool, batch, 'object');
const bytes = Buffer.alloc(16 << 20, 'row');
mkdirSync(join(spool, batch), { recursive: true });
writeFileSync(file, bytes);

let goOn: (() => void) | undefined;
void openFolderStore({ folder }).put(
  '2023/10/half',
  (async function* () {
    yield bytes.subarray(0, 1_000);
    await new Promise<void>((resolve) => {
      goOn = resolve;
    });
  })(),
);
const cold = openColdFolder({ folder, clock: systemClock });
const sealed = sealedStore({ store: cold, keys: [sealKey('ab'.repeat(32))] });
void sealed.put(
  '2023/10/sealed',
  { path: file, size: bytes.length, sha256: sha256Hex(bytes) },
  { storageClass: 'STANDARD' },
);
setInterval(() => {
  const begun = (statSync(`${file}.sealed`, { throwIfNoEntry: false })?.size ?? 0) > 0;
  if (begun && goOn !== undefined) process.kill(process.pid, 'SIGKILL');
}, 1);
