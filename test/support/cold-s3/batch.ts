/**
 * S3 Batch Operations, of which this server has "Compute checksum": it reads objects in any class, restored or not,
 * and puts a report into a bucket (https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_CreateJob.html,
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/batch-ops-examples-reports.html). AWS answers for it under a
 * host of its own, this server under its one address.
 */
import { createHash, randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Blob } from './blobs.ts';
import { bodyOf, type Call, header, type Reply, xmlReply } from './call.ts';
import { hasBytes, type Version, versionOf } from './model.ts';
import { S3Error } from './s3-error.ts';
import type { S3State } from './state.ts';
import { parseXml } from './xml.ts';

export const JOBS = '/v20180820/jobs';
/** AWS promises no time. */
const TAKES_MS = 10 * 60_000;

const ARN = z.string().regex(/^arn:aws:s3:::[^/]+/);
const REQUEST = z.strictObject({
  ConfirmationRequired: z.literal('false').optional(), // one that waits for a confirmation is not implemented here
  Operation: z.strictObject({
    S3ComputeObjectChecksum: z.strictObject({
      ChecksumAlgorithm: z.literal('SHA256'),
      ChecksumType: z.literal('FULL_OBJECT'),
    }),
  }),
  Report: z.strictObject({
    Bucket: ARN,
    Format: z.literal('Report_CSV_20180820'),
    Enabled: z.literal('true'),
    Prefix: z.string().min(1).max(512),
    ReportScope: z.literal('AllTasks'),
  }),
  ClientRequestToken: z.string().min(1).max(64),
  Manifest: z.strictObject({
    Spec: z.strictObject({
      Format: z.literal('S3BatchOperations_CSV_20180820'),
      Fields: z.strictObject({ member: z.tuple([z.literal('Bucket'), z.literal('Key')]) }),
    }),
    Location: z.strictObject({ ObjectArn: ARN, ETag: z.string().min(1) }),
  }),
  Priority: z.string().regex(/^\d{1,10}$/),
  RoleArn: z.string().regex(/^arn:aws:iam::\d{12}:role\/.+$/),
});
type Request = z.output<typeof REQUEST>;

interface Job {
  readonly id: string;
  readonly request: Request;
  readonly createdMs: number;
  failure: string | undefined;
  done: boolean;
}

const placeOf = (arn: string): { readonly bucket: string; readonly key: string } => {
  const [, bucket = '', key = ''] = /^arn:aws:s3:::([^/]+)\/?(.*)$/s.exec(arn) ?? [];
  return { bucket, key };
};

export class BatchJobs {
  readonly #state: S3State;
  readonly #jobs = new Map<string, Job>();

  constructor(state: S3State) {
    this.#state = state;
  }

  /** @param path below `JOBS`: empty, or a slash and a job's id */
  async answer(call: Call, path: string): Promise<Reply> {
    const account = header(call, 'x-amz-account-id');
    if (account === undefined || !/^\d{12}$/.test(account)) throw refused('InvalidRequest', 'Missing x-amz-account-id');
    const method = call.request.method ?? '';
    if (method === 'POST' && path === '') return this.#create(await bodyOf(call), account);
    if (method === 'GET' && path.startsWith('/')) return this.#describe(path.slice(1));
    throw refused('MethodNotAllowed', 'The specified method is not allowed against this resource.');
  }

  #create(body: Buffer, account: string): Reply {
    const request = parseXml(body, 'CreateJobRequest', REQUEST);
    if (request.RoleArn.split(':')[4] !== account) throw refused('InvalidRequest', 'The role is of another account');
    this.#state.bucket(placeOf(request.Report.Bucket).bucket);
    const known = [...this.#jobs.values()].find((job) => job.request.ClientRequestToken === request.ClientRequestToken);
    const job = known ?? { id: randomUUID(), request, createdMs: this.#state.now(), failure: undefined, done: false };
    this.#jobs.set(job.id, job);
    return xmlReply('CreateJobResult', { JobId: job.id });
  }

  #describe(id: string): Reply {
    const job = this.#jobs.get(id);
    if (job === undefined) throw refused('NoSuchJob', 'The specified job does not exist');
    const { request, failure, done } = job;
    return xmlReply('DescribeJobResult', {
      Job: {
        JobId: id,
        Status: failure !== undefined ? 'Failed' : done ? 'Complete' : 'Active',
        CreationTime: new Date(job.createdMs),
        Manifest: { Location: { ...request.Manifest.Location } },
        Report: { Bucket: request.Report.Bucket, Prefix: request.Report.Prefix },
        RoleArn: request.RoleArn,
        ...(failure === undefined
          ? {}
          : {
              FailureReasons: { member: { FailureCode: failure, FailureReason: 'The list of objects cannot be read' } },
            }),
      },
    });
  }

  /** Does what is due by now. */
  settle(): void {
    for (const job of this.#jobs.values()) {
      if (job.done || job.failure !== undefined || this.#state.now() < job.createdMs + TAKES_MS) continue;
      const list = this.#listOf(job.request);
      if (typeof list === 'string') {
        job.failure = list;
        continue;
      }
      this.#report(
        job,
        list
          .toString('utf8')
          .split('\n')
          .filter((line) => line !== ''),
      );
      job.done = true;
    }
  }

  #listOf({ Manifest: { Location } }: Request): Buffer | string {
    const { bucket, key } = placeOf(Location.ObjectArn);
    try {
      const list = versionOf(this.#state.bucket(bucket), key, undefined);
      if (list.etag.replaceAll('"', '') !== Location.ETag.replaceAll('"', '')) return 'ManifestETagMismatch';
      return bytesOf(list.blob);
    } catch (error) {
      if (error instanceof S3Error) return 'ManifestNotFound';
      throw error;
    }
  }

  #report({ id, request }: Job, lines: readonly string[]): void {
    const { bucket } = placeOf(request.Report.Bucket);
    const folder = `${request.Report.Prefix}/job-${id}`;
    const results = { succeeded: '', failed: '' };
    for (const line of lines) {
      const [name = '', key = ''] = line.split(',');
      const version = this.#state.buckets.get(name)?.objects.get(decodeURIComponent(key))?.[0];
      if (version === undefined || !hasBytes(version)) {
        results.failed += `${name},${key},,failed,404,NoSuchKey,The specified key does not exist.\n`;
        continue;
      }
      const said = JSON.stringify(checksumOf(version)).replaceAll('"', '""');
      results.succeeded += `${name},${key},,succeeded,200,,"${said}"\n`;
    }
    const files = Object.entries(results).filter(([, text]) => text !== '');
    const Results = files.map(([TaskExecutionStatus, text]) => {
      const Key = `${folder}/results/${createHash('sha1').update(text).digest('hex')}.csv`;
      const MD5Checksum = this.#put(bucket, Key, text);
      return { TaskExecutionStatus, Bucket: bucket, MD5Checksum, Key };
    });
    const whole = {
      ...{ Format: 'Report_CSV_20180820', ReportCreationDate: new Date(this.#state.now()).toISOString(), Results },
      ReportSchema: 'Bucket, Key, VersionId, TaskStatus, ErrorCode, HTTPStatusCode, ResultMessage',
    };
    this.#put(bucket, `${folder}/manifest.json`, JSON.stringify(whole));
  }

  /** @returns its MD5, hex */
  #put(name: string, key: string, text: string): string {
    const bucket = this.#state.bucket(name);
    const writer = this.#state.blobs.writer();
    writer.write(Buffer.from(text));
    const md5 = createHash('md5').update(text).digest('hex');
    this.#state.add(
      bucket,
      {
        ...{ key, versionId: this.#state.newVersionId(bucket), modifiedMs: this.#state.now(), blob: writer.finish() },
        ...{ etag: `"${md5}"`, headers: {}, storageClass: 'STANDARD', checksum: undefined },
        ...{ lock: undefined, hold: false, restoration: undefined },
      },
      's3:ObjectCreated:Put',
    );
    return md5;
  }
}

const bytesOf = (blob: Blob): Buffer => Buffer.concat([...blob.read(0, blob.size)]);

function checksumOf({ blob, etag }: Version & { readonly blob: Blob }): Readonly<Record<string, string>> {
  const hash = createHash('sha256');
  for (const piece of blob.read(0, blob.size)) hash.update(piece);
  const digest = hash.digest();
  return {
    ...{ etag: etag.replaceAll('"', ''), checksumAlgorithm: 'SHA256', checksumType: 'FULL_OBJECT' },
    ...{ checksum_hex: digest.toString('hex').toUpperCase(), checksum_base64: digest.toString('base64') },
  };
}

const refused = (code: 'InvalidRequest' | 'MethodNotAllowed' | 'NoSuchJob', message: string): S3Error =>
  new S3Error(code, message);
