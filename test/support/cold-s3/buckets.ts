/** Buckets and their settings: versions and Object Lock. */
import { z } from 'zod';
import { bodyOf, type Call, header, type Reply, xmlReply } from './call.ts';
import { newBucket } from './model.ts';
import { S3Error } from './s3-error.ts';
import { parseXml } from './xml.ts';

export async function listBuckets({ state }: Call): Promise<Reply> {
  return xmlReply('ListAllMyBucketsResult', {
    Owner: { ID: 'cold-s3', DisplayName: 'cold-s3' },
    Buckets: {
      Bucket: [...state.buckets.values()].map(({ name, createdMs }) => ({
        Name: name,
        CreationDate: new Date(createdMs),
      })),
    },
  });
}

const CREATE = z.object({ LocationConstraint: z.string().optional() });

export async function createBucket(call: Call, region: string): Promise<Reply> {
  const { state, bucket: name } = call;
  const body = await bodyOf(call);
  if (body.length > 0) {
    const { LocationConstraint: where } = parseXml(body, 'CreateBucketConfiguration', CREATE);
    if (where !== undefined && where !== region) {
      throw new S3Error('InvalidArgument', `The ${where} location constraint is not this server's region, ${region}`);
    }
  }
  if (state.buckets.has(name)) {
    throw new S3Error('BucketAlreadyOwnedByYou', 'Your previous request to create the named bucket succeeded');
  }
  const lock = header(call, 'x-amz-bucket-object-lock-enabled') === 'true';
  state.saveBucket(newBucket(name, state.now(), lock));
  return { status: 200, headers: { location: `/${name}` } };
}

export async function headBucket(call: Call, region: string): Promise<Reply> {
  call.state.bucket(call.bucket);
  return { status: 200, headers: { 'x-amz-bucket-region': region } };
}

export async function deleteBucket({ state, bucket: name }: Call): Promise<Reply> {
  const bucket = state.bucket(name);
  if (bucket.objects.size > 0 || bucket.uploads.size > 0) {
    throw new S3Error('BucketNotEmpty', 'The bucket you tried to delete is not empty');
  }
  state.removeBucket(bucket);
  return { status: 204 };
}

export async function bucketLocation(call: Call, region: string): Promise<Reply> {
  call.state.bucket(call.bucket);
  const body = Buffer.from(
    `<?xml version="1.0" encoding="UTF-8"?>\n<LocationConstraint xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${
      region === 'us-east-1' ? '' : region
    }</LocationConstraint>`,
  );
  return { status: 200, headers: { 'content-type': 'application/xml' }, body: [body], length: body.length };
}

export async function bucketVersioning({ state, bucket }: Call): Promise<Reply> {
  return xmlReply('VersioningConfiguration', { Status: state.bucket(bucket).versioning });
}

const VERSIONING = z.object({ Status: z.enum(['Enabled', 'Suspended']) });

export async function setBucketVersioning(call: Call): Promise<Reply> {
  const bucket = call.state.bucket(call.bucket);
  const { Status } = parseXml(await bodyOf(call), 'VersioningConfiguration', VERSIONING);
  if (Status === 'Suspended' && bucket.lockEnabled) {
    throw new S3Error(
      'InvalidBucketState',
      'An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.',
    );
  }
  bucket.versioning = Status;
  call.state.saveBucket(bucket);
  return { status: 200 };
}

export async function bucketLock({ state, bucket: name }: Call): Promise<Reply> {
  const { lockEnabled, defaultLock } = state.bucket(name);
  if (!lockEnabled) {
    throw new S3Error(
      'ObjectLockConfigurationNotFoundError',
      'Object Lock configuration does not exist for this bucket',
    );
  }
  return xmlReply('ObjectLockConfiguration', {
    ObjectLockEnabled: 'Enabled',
    Rule:
      defaultLock === undefined ? undefined : { DefaultRetention: { Mode: defaultLock.mode, Days: defaultLock.days } },
  });
}

const LOCK = z.object({
  ObjectLockEnabled: z.literal('Enabled'),
  Rule: z
    .object({
      DefaultRetention: z.object({
        Mode: z.enum(['GOVERNANCE', 'COMPLIANCE']),
        Days: z
          .string()
          .regex(/^\d{1,6}$/)
          .optional(),
        Years: z
          .string()
          .regex(/^\d{1,3}$/)
          .optional(),
      }),
    })
    .optional(),
});

export async function setBucketLock(call: Call): Promise<Reply> {
  const bucket = call.state.bucket(call.bucket);
  const { Rule } = parseXml(await bodyOf(call), 'ObjectLockConfiguration', LOCK);
  if (bucket.versioning !== 'Enabled') {
    throw new S3Error(
      'InvalidBucketState',
      "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration",
    );
  }
  const { Mode, Days, Years } = Rule?.DefaultRetention ?? {};
  if (Mode !== undefined && (Days === undefined) === (Years === undefined)) {
    throw new S3Error('MalformedXML', 'One of Days and Years is required');
  }
  bucket.lockEnabled = true;
  bucket.defaultLock =
    Mode === undefined ? undefined : { mode: Mode, days: Days === undefined ? Number(Years) * 365 : Number(Days) };
  call.state.saveBucket(bucket);
  return { status: 200 };
}
