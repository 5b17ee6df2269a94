/** What S3 says of an object, in this program's terms. */
import type { HeadObjectCommandOutput, _Object as ListedObject } from '@aws-sdk/client-s3';
import type { ColdHead, ColdListed, Readability, StorageClass } from '../cold-port.ts';

/** Every class but the two archived ones can be read as it is. */
const classOf = (text: string | undefined): StorageClass =>
  text === 'GLACIER' || text === 'DEEP_ARCHIVE' ? text : 'STANDARD';

export function headOf(key: string, answer: HeadObjectCommandOutput): ColdHead {
  const storageClass = classOf(answer.StorageClass);
  const { ObjectLockMode: mode, ObjectLockRetainUntilDate: until } = answer;
  return {
    key,
    size: answer.ContentLength ?? 0,
    sha256: sha256Of(answer),
    storageClass,
    versionId: answer.VersionId,
    storedAt: answer.LastModified ?? new Date(0),
    readability: storageClass === 'STANDARD' ? { state: 'readable' } : readabilityOf(answer.Restore),
    retention: until === undefined || mode === undefined ? undefined : { mode, until },
    legalHold: answer.ObjectLockLegalHoldStatus === 'ON',
  };
}

/** That of an upload in parts is of its parts' hashes, and says nothing of the bytes. */
function sha256Of({ ChecksumSHA256, ChecksumType }: HeadObjectCommandOutput): string | undefined {
  if (ChecksumSHA256 === undefined || ChecksumType === 'COMPOSITE') return undefined;
  const bytes = Buffer.from(ChecksumSHA256, 'base64');
  return bytes.length === 32 && bytes.toString('base64') === ChecksumSHA256 ? bytes.toString('hex') : undefined;
}

/** `ongoing-request="false", expiry-date="Fri, 21 Dec 2012 00:00:00 GMT"`; absent: never asked for, or expired. */
export function readabilityOf(header: string | undefined): Readability {
  if (header === undefined) return { state: 'archived' };
  if (/ongoing-request="true"/.test(header)) return { state: 'restoring' };
  const until = new Date(/expiry-date="([^"]+)"/.exec(header)?.[1] ?? '');
  return Number.isNaN(until.getTime()) ? { state: 'archived' } : { state: 'restored', until };
}

export function listedOf({ Key, Size, StorageClass: named, RestoreStatus: status }: ListedObject): ColdListed {
  const storageClass = classOf(named);
  const readability = (): Readability => {
    if (storageClass === 'STANDARD') return { state: 'readable' };
    if (status?.IsRestoreInProgress === true) return { state: 'restoring' };
    const until = status?.RestoreExpiryDate;
    return until === undefined ? { state: 'archived' } : { state: 'restored', until };
  };
  return { key: Key ?? '', size: Size ?? 0, storageClass, readability: readability() };
}
