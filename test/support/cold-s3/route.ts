/** Which operation a request is. Its name is that of the API, and what faults and the bill are kept by. */
import {
  bucketLocation,
  bucketLock,
  bucketVersioning,
  createBucket,
  deleteBucket,
  headBucket,
  listBuckets,
  setBucketLock,
  setBucketVersioning,
} from './buckets.ts';
import { type Call, header, type Reply } from './call.ts';
import { copyObject } from './copy.ts';
import { listObjects, listParts, listUploads, listVersions } from './listing.ts';
import { abortUpload, completeUpload, createUpload, uploadPart } from './multipart.ts';
import { legalHold, restoreObject, retention, setLegalHold, setRetention } from './object-settings.ts';
import { deleteObject, deleteObjects, putObject, readObject } from './objects.ts';
import { S3Error } from './s3-error.ts';

export interface Operation {
  readonly name: string;
  run(call: Call): Promise<Reply>;
}

const operation = (name: string, run: (call: Call) => Promise<Reply>): Operation => ({ name, run });

/** Sub-resources that this server has. Every other that S3 has is answered 501, and never as if it were none. */
const ABSENT = [
  'accelerate acl analytics attributes cors encryption intelligent-tiering inventory lifecycle logging metrics',
  'notification ownershipControls policy policyStatus publicAccessBlock replication requestPayment select',
  'tagging torrent website',
]
  .join(' ')
  .split(' ');

/** @throws `NotImplemented`, `MethodNotAllowed` */
export function operationOf(call: Call, region: string): Operation {
  const method = call.request.method ?? '';
  const absent = ABSENT.find((name) => call.query.has(name));
  if (absent !== undefined) throw new S3Error('NotImplemented', `?${absent} is not implemented here`);
  const found =
    call.bucket === ''
      ? method === 'GET'
        ? operation('ListBuckets', listBuckets)
        : undefined
      : call.key === ''
        ? ofBucket(method, call, region)
        : ofObject(method, call);
  if (found !== undefined) return found;
  throw new S3Error('MethodNotAllowed', 'The specified method is not allowed against this resource.');
}

function ofBucket(method: string, { query }: Call, region: string): Operation | undefined {
  switch (method) {
    case 'GET':
      if (query.has('location')) return operation('GetBucketLocation', (call) => bucketLocation(call, region));
      if (query.has('versioning')) return operation('GetBucketVersioning', bucketVersioning);
      if (query.has('object-lock')) return operation('GetObjectLockConfiguration', bucketLock);
      if (query.has('versions')) return operation('ListObjectVersions', listVersions);
      if (query.has('uploads')) return operation('ListMultipartUploads', listUploads);
      return operation(query.get('list-type') === '2' ? 'ListObjectsV2' : 'ListObjects', listObjects);
    case 'PUT':
      if (query.has('versioning')) return operation('PutBucketVersioning', setBucketVersioning);
      if (query.has('object-lock')) return operation('PutObjectLockConfiguration', setBucketLock);
      return operation('CreateBucket', (call) => createBucket(call, region));
    case 'HEAD':
      return operation('HeadBucket', (call) => headBucket(call, region));
    case 'DELETE':
      return operation('DeleteBucket', deleteBucket);
    case 'POST':
      return query.has('delete') ? operation('DeleteObjects', deleteObjects) : undefined;
    default:
      return undefined;
  }
}

function ofObject(method: string, call: Call): Operation | undefined {
  const { query } = call;
  switch (method) {
    case 'GET':
      if (query.has('uploadId')) return operation('ListParts', listParts);
      if (query.has('retention')) return operation('GetObjectRetention', retention);
      if (query.has('legal-hold')) return operation('GetObjectLegalHold', legalHold);
      return operation('GetObject', (each) => readObject(each, true));
    case 'HEAD':
      return operation('HeadObject', (each) => readObject(each, false));
    case 'PUT': {
      if (query.has('uploadId')) return operation('UploadPart', uploadPart);
      if (query.has('retention')) return operation('PutObjectRetention', setRetention);
      if (query.has('legal-hold')) return operation('PutObjectLegalHold', setLegalHold);
      const source = header(call, 'x-amz-copy-source');
      return source === undefined
        ? operation('PutObject', putObject)
        : operation('CopyObject', (each) => copyObject(each, source));
    }
    case 'POST':
      if (query.has('restore')) return operation('RestoreObject', restoreObject);
      if (query.has('uploads')) return operation('CreateMultipartUpload', createUpload);
      return query.has('uploadId') ? operation('CompleteMultipartUpload', completeUpload) : undefined;
    case 'DELETE':
      return query.has('uploadId')
        ? operation('AbortMultipartUpload', abortUpload)
        : operation('DeleteObject', deleteObject);
    default:
      return undefined;
  }
}
