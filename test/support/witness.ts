/** A signed log in memory and witnesses over real HTTP, for tests. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { folderKeys, textKeys } from '../../src/features/audit/signer/keys.ts';
import { signNote } from '../../src/features/audit/signer/sign-note.ts';
import { formatCheckpoint } from '../../src/features/audit/tlog/checkpoint.ts';
import type { KeyAlgorithm } from '../../src/features/audit/tlog/cosignature.ts';
import { generateSigningKey, parseVerifierKey, type Verifier } from '../../src/features/audit/tlog/keys.ts';
import { serveWitness, type WitnessServer } from '../../src/features/audit/witness/server.ts';
import { openWitness, type Witness, type WitnessDoubt } from '../../src/features/audit/witness/witness.ts';
import { systemClock } from '../../src/platform/clock/system.ts';
import { openStateFolder } from '../../src/platform/files/folder.ts';
import { recordLog } from './log.ts';
import { testTree } from './tree.ts';

export const LOG = 'log.example/audit';
const secret = generateSigningKey(LOG, 'ed25519', () => 0).secret;
const ring = textKeys(secret, systemClock);

/** The vkey of the log whose checkpoints `signedLog` makes. */
export const logVkey = (): Promise<string> => ring.keys().then(([key]) => key?.vkey ?? '');

/** A log of `count` leaves; checkpoints of any size, whether it should sign them or not. */
export function signedLog(count: number, ...others: readonly number[]) {
  const tree = testTree(count, others[0], 'other');
  return {
    tree,
    checkpoint: async (size = tree.size, origin = LOG): Promise<string> =>
      signNote(formatCheckpoint({ origin, size, root: await tree.root(size) }), await ring.keys()),
  };
}

export interface TestWitness {
  readonly name: string;
  readonly folder: string;
  readonly witness: Witness;
  readonly server: WitnessServer;
  readonly doubts: WitnessDoubt[];
  /** Ends it, and starts it again on the same folder. */
  again(): Promise<TestWitness>;
  close(): Promise<void>;
}

export async function startWitness(
  name: string,
  algorithms: readonly KeyAlgorithm[] = ['ed25519-cosignature'],
  folder = mkdtempSync(path.join(tmpdir(), 'plumbline-witness-')),
  logs?: readonly Verifier[],
): Promise<TestWitness> {
  const files = openStateFolder({ folder, clock: systemClock });
  const doubts: WitnessDoubt[] = [];
  const witness = await openWitness({
    files,
    ring: folderKeys(files, systemClock),
    name: `${name}.example/w`,
    algorithms,
    logs: logs ?? [parseVerifierKey(await logVkey())],
    clock: systemClock,
    onDoubt: (doubt) => doubts.push(doubt),
  });
  const server = await serveWitness({ witness, host: '127.0.0.1', port: 0, log: recordLog().log });
  return {
    name,
    folder,
    witness,
    server,
    doubts,
    async again() {
      await server.close();
      return startWitness(name, algorithms, folder, logs);
    },
    async close() {
      await server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
