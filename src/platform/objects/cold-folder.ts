/**
 * Cold objects in a folder, which make their reader wait as S3 Glacier does. An object's class, its
 * restoration and what protects it stand beside its bytes, so that any process knows them; the wait is
 * judged by the clock at each question, and nothing has to run while it lasts.
 *
 * Retention holds against this program alone: who owns the folder can delete in it.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Clock } from '../../kernel/clock.ts';
import { isPlumblineError } from '../../kernel/errors.ts';
import { sha256Hex } from '../../kernel/hash.ts';
import { readPieces } from '../files/fs.ts';
import { seal, unseal } from '../files/sealed.ts';
import { assertBody, assertDays, assertRetention } from './cold-input.ts';
import type { ColdBody, ColdHead, ColdListed, ColdPut, ColdStore, Protection } from './cold-port.ts';
import { ask, type Restoration, readabilityOf, weakerThan } from './cold-rules.ts';
import { cold, corrupt, exists, locked, missing, notArchived, tierRefused, unfit, weakened } from './faults.ts';
import { type FolderStore, openFolderStore } from './folder.ts';
import { folderChecksums } from './folder-checksums.ts';
import { assertKey, OWN } from './key.ts';

const WHAT = 'plumbline cold object v1';
const RECORD = 'cold';

/** Times are epoch milliseconds. */
const STATE = z.strictObject({
  storageClass: z.enum(['STANDARD', 'GLACIER', 'DEEP_ARCHIVE']),
  storedAt: z.int(),
  retention: z.strictObject({ mode: z.enum(['GOVERNANCE', 'COMPLIANCE']), until: z.int() }).optional(),
  legalHold: z.boolean(),
  restoration: z
    .strictObject({ tier: z.enum(['Expedited', 'Standard', 'Bulk']), readyAt: z.int(), until: z.int() })
    .optional(),
});
type State = z.infer<typeof STATE>;

export interface ColdFolderOptions {
  readonly folder: string;
  readonly clock: Clock;
  /** Waits for a restore are divided by it; 1, the default, is as slow as S3 Glacier. */
  readonly speed?: number;
  /** What `archived_records.s3_bucket` says. */
  readonly bucket?: string;
}

export function openColdFolder({ folder, clock, speed = 1, bucket = 'folder' }: ColdFolderOptions): ColdStore {
  if (!Number.isFinite(speed) || speed <= 0) {
    throw unfit(`restores cannot be ${speed} times faster than S3 Glacier's; say a number above 0`, { speed });
  }
  const files = openFolderStore({ folder });

  const stateOf = async (key: string): Promise<State | undefined> => {
    const text = await files.beside(key, RECORD);
    if (text === undefined) {
      if ((await files.head(key)) === undefined) return undefined;
      throw corrupt(key, 'its state is missing');
    }
    const state = STATE.safeParse(unseal(WHAT, text));
    if (!state.success) throw corrupt(key, 'its state is damaged');
    return state.data;
  };
  const known = async (key: string): Promise<State> => {
    const state = await stateOf(key);
    if (state === undefined) throw missing(key);
    return state;
  };
  const save = (key: string, state: State): Promise<void> => files.setBeside(key, RECORD, sealed(state));

  const assertReadable = async (key: string): Promise<void> => {
    const { storageClass, restoration } = await known(key);
    const { state } = readabilityOf(storageClass, restoration, clock.now());
    if (state === 'archived' || state === 'restoring') throw cold(key);
  };

  const head = async (key: string): Promise<ColdHead | undefined> => {
    const state = await stateOf(key);
    const file = state === undefined ? undefined : await files.head(key);
    if (state === undefined || file === undefined) return undefined;
    return {
      ...file,
      storageClass: state.storageClass,
      versionId: undefined,
      storedAt: new Date(state.storedAt),
      readability: readabilityOf(state.storageClass, state.restoration, clock.now()),
      retention:
        state.retention === undefined
          ? undefined
          : { mode: state.retention.mode, until: new Date(state.retention.until) },
      legalHold: state.legalHold,
    };
  };

  const protect = async (key: string, { retention, legalHold }: Protection): Promise<void> => {
    const state = await known(key);
    assertRetention(key, retention, clock.now());
    const standing = (await head(key))?.retention;
    const weaker = retention === undefined ? undefined : weakerThan(standing, retention, clock.now());
    if (weaker !== undefined) throw weakened(key, weaker);
    const { legalHold: held, ...rest } = state;
    await save(key, {
      ...rest,
      legalHold: legalHold ?? held,
      ...(retention === undefined ? {} : { retention: { mode: retention.mode, until: retention.until.getTime() } }),
    });
  };

  /** The key is taken: by the same object, so that this put is done, or by another. */
  const standing = async (key: string, sha256: string, put: ColdPut): Promise<ColdHead> => {
    const there = await head(key);
    if (there === undefined || there.sha256 !== sha256) throw exists(key);
    if (there.storageClass !== put.storageClass) {
      throw exists(key, `the object ${key} exists already, in class ${there.storageClass}`);
    }
    const { retention } = put;
    const longer = retention !== undefined && weakerThan(there.retention, retention, clock.now()) === undefined;
    const held = put.legalHold === true && !there.legalHold;
    if (!longer && !held) return there;
    await protect(key, { ...(longer ? { retention } : {}), ...(held ? { legalHold: true } : {}) });
    return (await head(key)) ?? there;
  };

  const put: ColdStore['put'] = async (key, body, options) => {
    assertKey(key);
    assertRetention(key, options.retention, clock.now());
    await assertBody(key, body);
    const state: State = {
      storageClass: options.storageClass,
      storedAt: clock.now(),
      legalHold: options.legalHold ?? false,
      ...(options.retention === undefined
        ? {}
        : { retention: { mode: options.retention.mode, until: options.retention.until.getTime() } }),
    };
    const sha256 = 'bytes' in body ? sha256Hex(body.bytes) : body.sha256;
    try {
      await files.put(key, piecesOf(key, body), { [RECORD]: sealed(state) });
    } catch (error) {
      if (isPlumblineError(error) && error.code === 'objects.exists') return standing(key, sha256, options);
      throw error;
    }
    const stored = await head(key);
    if (stored === undefined) throw missing(key);
    return stored;
  };

  return {
    kind: 'folder',
    bucket,
    checksums: folderChecksums({
      keep: (key, bytes) => put(key, { bytes }, { storageClass: 'STANDARD' }),
      stream: (key) => files.stream(key),
    }),
    put,
    head,

    get: async (key) => {
      await assertReadable(key);
      return files.stream(key);
    },

    getRange: async (key, offset, length) => {
      await assertReadable(key);
      // No byte is read, and so none is found missing.
      if (length === 0 && offset > ((await files.head(key))?.size ?? 0))
        throw corrupt(key, `it ends before byte ${offset}`);
      return files.getRange(key, offset, length);
    },

    list: (prefix) => listed(files, prefix, head),

    restore: async (key, request) => {
      assertDays(key, request.days);
      const state = await known(key);
      if (state.storageClass === 'STANDARD') throw notArchived(key);
      const asked = ask(state.storageClass, state.restoration, request, clock.now(), speed);
      if (asked.outcome === 'tier refused') throw tierRefused(key, request.tier, state.storageClass);
      if (asked.outcome !== 'under way') await save(key, { ...state, restoration: asked.restoration });
      return asked.outcome;
    },

    protect,

    delete: async (key) => {
      const state = await stateOf(key);
      if (state === undefined) return;
      if (state.legalHold) throw locked(key, 'it is under legal hold');
      if (state.retention !== undefined && state.retention.until > clock.now()) {
        throw locked(key, `it is retained until ${new Date(state.retention.until).toISOString()}`);
      }
      await files.remove(key);
    },

    check: () => files.check(),
  };
}

function sealed({ storageClass, storedAt, retention, legalHold, restoration }: State): string {
  return seal(WHAT, {
    storageClass,
    storedAt,
    legalHold,
    ...(retention === undefined ? {} : { retention }),
    ...(restoration === undefined ? {} : { restoration: plain(restoration) }),
  });
}

const plain = ({ tier, readyAt, until }: Restoration) => ({ tier, readyAt, until });

/** A file that is not what was said of it is refused before it can stand under its key. */
async function* piecesOf(key: string, body: ColdBody): AsyncIterable<Uint8Array> {
  if ('bytes' in body) {
    yield body.bytes;
    return;
  }
  const hash = createHash('sha256');
  let size = 0;
  for await (const piece of readPieces(body.path)) {
    hash.update(piece);
    size += piece.length;
    yield piece;
  }
  if (size !== body.size) throw corrupt(key, `its file has ${size} bytes, and ${body.size} were said`);
  const sha256 = hash.digest('hex');
  if (sha256 !== body.sha256) throw corrupt(key, `its file hashes to ${sha256}, and ${body.sha256} was said`);
}

async function* listed(
  files: FolderStore,
  prefix: string,
  head: (key: string) => Promise<ColdHead | undefined>,
): AsyncIterable<ColdListed> {
  for await (const key of files.list(prefix)) {
    if (key.startsWith(OWN)) continue;
    const there = await head(key);
    if (there === undefined) continue; // deleted in between
    yield { key, size: there.size, storageClass: there.storageClass, readability: there.readability };
  }
}
