/** What is asked of an object that stands: to be restored, to be retained, to be held. */
import { z } from 'zod';
import { bodyOf, type Call, type Reply, xmlReply } from './call.ts';
import { restored, restoreRequest } from './glacier.ts';
import { assertLockable, bypasses, lockOf, noConfiguration } from './locking.ts';
import { type Bucket, type Version, versionOf } from './model.ts';
import { S3Error } from './s3-error.ts';
import { parseXml } from './xml.ts';

const target = ({ state, bucket: name, key, query }: Call): { bucket: Bucket; version: Version } => {
  const bucket = state.bucket(name);
  return { bucket, version: versionOf(bucket, key, query.get('versionId')) };
};

export async function restoreObject(call: Call): Promise<Reply> {
  const { state } = call;
  const request = restoreRequest(await bodyOf(call));
  const { bucket, version } = target(call);
  const { status, restoration } = restored(version, request, state.now());
  const size = version.blob?.size ?? 0;
  if (status === 202) state.bill.retrieval(version.storageClass, request.tier, size);
  state.bill.copyUntil(version, size, restoration.readyMs, restoration.expiresMs);
  version.restoration = restoration;
  state.changed(bucket, version);
  if (status === 202) state.tell(bucket.name, version, 's3:ObjectRestore:Post');
  return { status };
}

const lockable = (call: Call): { bucket: Bucket; version: Version } => {
  const found = target(call);
  if (!found.bucket.lockEnabled) throw noConfiguration();
  return found;
};

export async function retention(call: Call): Promise<Reply> {
  const { lock } = lockable(call).version;
  if (lock === undefined) throw noLock();
  return xmlReply('Retention', { Mode: lock.mode, RetainUntilDate: new Date(lock.untilMs) });
}

const noLock = (): S3Error =>
  new S3Error('NoSuchObjectLockConfiguration', 'The specified object does not have a ObjectLock configuration');

const RETENTION = z.object({ Mode: z.string().optional(), RetainUntilDate: z.string().optional() });

export async function setRetention(call: Call): Promise<Reply> {
  const { Mode, RetainUntilDate } = parseXml(await bodyOf(call, true), 'Retention', RETENTION);
  const { bucket, version } = lockable(call);
  const wanted =
    Mode === undefined || RetainUntilDate === undefined ? undefined : lockOf(Mode, RetainUntilDate, call.state.now());
  assertLockable(version, wanted, bypasses(call.request.headers), call.state.now());
  version.lock = wanted;
  call.state.changed(bucket, version);
  return { status: 200 };
}

export async function legalHold(call: Call): Promise<Reply> {
  return xmlReply('LegalHold', { Status: lockable(call).version.hold ? 'ON' : 'OFF' });
}

const HOLD = z.object({ Status: z.enum(['ON', 'OFF']) });

export async function setLegalHold(call: Call): Promise<Reply> {
  const { Status } = parseXml(await bodyOf(call, true), 'LegalHold', HOLD);
  const { bucket, version } = lockable(call);
  version.hold = Status === 'ON';
  call.state.changed(bucket, version);
  return { status: 200 };
}
