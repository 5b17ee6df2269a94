/**
 * S3 Batch Operations "Compute checksum": S3 reads objects where they lie, in any class and without a restore, and
 * reports their SHA-256 (https://docs.aws.amazon.com/AmazonS3/latest/userguide/batch-ops-compute-checksums.html). What
 * is to be read is a list in the bucket, and so is the report, both below `plumbline-check/`.
 */
import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { parse } from 'csv-parse/sync';
import { XMLParser } from 'fast-xml-parser';
import { z } from 'zod';
import type { Clock } from '../../../kernel/clock.ts';
import { messageOf } from '../../../kernel/errors.ts';
import { sha256Hex } from '../../../kernel/hash.ts';
import type { HttpClient } from '../../http-client/port.ts';
import type { ChecksumJobs, Recomputed } from '../cold-port.ts';
import { missing, unavailable, unfit } from '../faults.ts';
import { OWN } from '../key.ts';
import type { Attempts } from './attempts.ts';
import { upstream } from './failures.ts';
import { signedHeaders } from './sign.ts';

export interface ChecksumJobsOptions {
  readonly client: S3Client;
  readonly bucket: string;
  readonly region: string;
  readonly endpoint: string | undefined;
  /** Of the role that S3 takes on: `arn:aws:iam::111122223333:role/...`. It reads the objects and the list, and writes the report. */
  readonly role: string;
  readonly http: HttpClient;
  /** By which requests are signed. */
  readonly clock: Clock;
  readonly attempt: Attempts;
  /** Milliseconds for one call. */
  readonly timeoutMs: number;
  /** Bytes of a small object. */
  readonly read: (key: string) => Promise<Buffer>;
}

const FOLDER = `${OWN}checksums`;
const xml = new XMLParser({ ignoreAttributes: true, parseTagValue: false, removeNSPrefix: true });

const CREATED = z.object({ CreateJobResult: z.object({ JobId: z.string().min(1) }) });
const DESCRIBED = z.object({
  DescribeJobResult: z.object({
    Job: z.object({
      Status: z.string(),
      Manifest: z.object({ Location: z.object({ ObjectArn: z.string() }) }),
      FailureReasons: z.unknown().optional(),
    }),
  }),
});
const REPORTS = z.object({ Results: z.array(z.object({ Bucket: z.string(), Key: z.string() })) });
/** Bucket, Key, VersionId, TaskStatus, two codes, which AWS's schema and its examples have in different order, ResultMessage. */
const LINE = z.tuple([z.string(), z.string(), z.string(), z.string(), z.string(), z.string(), z.string()]);
const LINES = z.array(LINE);
const RESULT = z.object({
  checksumAlgorithm: z.literal('SHA256'),
  checksumType: z.literal('FULL_OBJECT'),
  checksum_base64: z.string(),
});

export function openChecksumJobs(options: ChecksumJobsOptions): ChecksumJobs {
  const { client, bucket, region, role, http, clock, attempt, timeoutMs, read } = options;
  const account = /^arn:[^:]+:iam::(\d{12}):role\/.+$/.exec(role)?.[1];
  if (account === undefined) {
    throw unfit(`S3_BATCH_ROLE is "${role}"; write the ARN of a role: arn:aws:iam::111122223333:role/NAME`, { role });
  }
  const partition = role.split(':')[1] ?? 'aws';
  const arn = (place: string): string => `arn:${partition}:s3:::${place}`;
  const base = options.endpoint ?? `https://${account}.s3-control.${region}.amazonaws.com`;

  const call = async (method: 'GET' | 'POST', path: string, body: string): Promise<unknown> => {
    const url = new URL(`${base.replace(/\/$/, '')}/v20180820/jobs${path}`);
    const headers = { 'x-amz-account-id': account, ...(body === '' ? {} : { 'content-type': 'application/xml' }) };
    const keys = await client.config.credentials();
    try {
      return await attempt(async () => {
        // Signed at each attempt: a signature is taken for some minutes.
        const sent = signedHeaders({ method, url, headers, body }, keys, region, clock.now());
        const answer = await reached(() =>
          http.send({ ...{ url: url.href, method, headers: sent, timeoutMs }, ...(body === '' ? {} : { body }) }),
        );
        if (answer.status < 300) return xml.parse(answer.body) as unknown;
        throw refused(bucket, answer.status, answer.body);
      });
    } catch (error) {
      throw upstream(bucket, 'S3 Batch Operations', error);
    }
  };

  return {
    begin: async (name, keys) => {
      const list = keys.map((key) => `${bucket},${encodeURIComponent(key)}\n`).join('');
      const key = `${FOLDER}/${name}/objects.csv`;
      const put = new PutObjectCommand({
        ...{ Bucket: bucket, Key: key, Body: list },
        ChecksumSHA256: Buffer.from(sha256Hex(list), 'hex').toString('base64'),
      });
      const stored = await attempt((abortSignal) => client.send(put, { abortSignal }), { bytes: list.length }).catch(
        (error: unknown) => {
          throw upstream(bucket, 'PutObject', error);
        },
      );
      const created = await call(
        'POST',
        '',
        requestXml({ name, role, list: arn(`${bucket}/${key}`), etag: stored.ETag ?? '', report: arn(bucket) }),
      );
      return CREATED.parse(created).CreateJobResult.JobId;
    },

    read: async (job) => {
      const described = DESCRIBED.parse(await call('GET', `/${encodeURIComponent(job)}`, ''));
      const { Status: status, Manifest: manifest, FailureReasons: reasons } = described.DescribeJobResult.Job;
      if (status === 'Failed' || status === 'Cancelled') {
        throw unfit(`the job ${job} is ${status}: ${JSON.stringify(reasons ?? 'no reason is given')}`, { job });
      }
      if (status !== 'Complete') return undefined;
      const list = manifest.Location.ObjectArn.slice(arn(`${bucket}/`).length);
      const asked = LINES_ASKED.parse(parse(await read(list))).map(([, key]) => decodeURIComponent(key));
      const report = `${list.slice(0, -'objects.csv'.length)}job-${job}`;
      const { Results: results } = REPORTS.parse(JSON.parse((await read(`${report}/manifest.json`)).toString('utf8')));
      const found = new Map<string, Recomputed>();
      for (const { Key } of results) {
        for (const line of LINES.parse(parse(await read(Key)))) {
          const one = recomputedOf(line);
          found.set(one.key, one);
        }
      }
      return asked.map((key) => found.get(key) ?? { key, sha256: undefined, error: 'the report does not name it' });
    },
  };
}

const LINES_ASKED = z.array(z.tuple([z.string(), z.string()]));

function recomputedOf([, name, , status, ...said]: z.output<typeof LINE>): Recomputed {
  const key = decodeURIComponent(name);
  const message = said.at(-1) ?? '';
  if (status !== 'succeeded') return { key, sha256: undefined, error: said.filter((part) => part !== '').join(' ') };
  const result = RESULT.safeParse(jsonOf(message));
  if (!result.success)
    return { key, sha256: undefined, error: `the report has no SHA-256 of it: ${message.slice(0, 200)}` };
  return { key, sha256: Buffer.from(result.data.checksum_base64, 'base64').toString('hex'), error: undefined };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What never reached an answer may be tried again, whatever the platform names it. */
async function reached<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new Error(messageOf(error), { cause: error });
  }
}

/** A refusal; what may pass a moment later is an error that is tried again. */
function refused(bucket: string, status: number, text: string): Error {
  const code = /<Code>([^<]*)<\/Code>/.exec(text)?.[1] ?? '';
  const said = `${code === '' ? 'no code' : code} (HTTP ${status})`;
  if (status === 404 && code === 'NoSuchJob') return missing('the job');
  if (status >= 500 && status !== 501) return new Error(said);
  if (status === 429) return new Error(said);
  if (code === '' || status === 501 || status === 405 || status === 404) {
    return unfit(
      `the server of the bucket ${bucket} does not offer S3 Batch Operations: ${said}; take S3_BATCH_ROLE away`,
      {
        bucket,
      },
    );
  }
  return unavailable(
    `S3 Batch Operations refused a job on the bucket ${bucket}: ${said}; may the keys create jobs and pass the role?`,
    {
      details: { bucket, code },
    },
  );
}

function requestXml(of: {
  readonly name: string;
  readonly role: string;
  readonly list: string;
  readonly etag: string;
  readonly report: string;
}): string {
  const text = (value: string): string => value.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`);
  return `<CreateJobRequest xmlns="http://awss3control.amazonaws.com/doc/2018-08-20/"><ConfirmationRequired>false</ConfirmationRequired><Operation><S3ComputeObjectChecksum><ChecksumAlgorithm>SHA256</ChecksumAlgorithm><ChecksumType>FULL_OBJECT</ChecksumType></S3ComputeObjectChecksum></Operation><Report><Bucket>${text(of.report)}</Bucket><Format>Report_CSV_20180820</Format><Enabled>true</Enabled><Prefix>${FOLDER}/${text(of.name)}</Prefix><ReportScope>AllTasks</ReportScope></Report><ClientRequestToken>${text(of.name)}</ClientRequestToken><Manifest><Spec><Format>S3BatchOperations_CSV_20180820</Format><Fields><member>Bucket</member><member>Key</member></Fields></Spec><Location><ObjectArn>${text(of.list)}</ObjectArn><ETag>${text(of.etag.replaceAll('"', ''))}</ETag></Location></Manifest><Priority>1</Priority><RoleArn>${text(of.role)}</RoleArn></CreateJobRequest>`;
}
