/** Cold storage, and when rows go there. */
import { aesKeys, cronOrOff, HTTP, integer, oneOf, text, url } from '../kinds.ts';

export const ARCHIVE = {
  S3_BUCKET: text({
    about:
      'Bucket of archived objects, in AWS S3 or a server that speaks as it does. Absent: a folder that behaves as S3 Glacier does, its waits included.',
    example: 'platform-archive',
  }),
  S3_REGION: text({ about: 'Region of S3_BUCKET.', example: 'ap-southeast-1', fallback: 'us-east-1' }),
  S3_ENDPOINT: url(HTTP, {
    about: 'Address of a server other than AWS; the bucket then stands in the path. Absent: AWS, by S3_REGION.',
    example: 'https://s3.internal:9000',
  }),
  S3_ACCESS_KEY_ID: text({
    about:
      'Key for S3_BUCKET, with S3_SECRET_ACCESS_KEY. Absent: what the AWS SDK finds (environment, profile, container, instance).',
    example: 'AKIA...',
    secret: true,
  }),
  S3_SECRET_ACCESS_KEY: text({ about: 'Secret of S3_ACCESS_KEY_ID.', example: '...', secret: true }),
  S3_SSE: oneOf(['AES256', 'aws:kms'], {
    about: "Encryption that S3 is asked for. Absent: the bucket's own default.",
    example: 'aws:kms',
  }),
  S3_KMS_KEY_ID: text({
    about: 'Key of S3_SSE `aws:kms`. Absent: the key that AWS keeps for S3.',
    example: 'arn:aws:kms:ap-southeast-1:111122223333:key/...',
  }),
  S3_OBJECT_LOCK: oneOf(['GOVERNANCE', 'COMPLIANCE'], {
    about:
      'Mode in which every object of S3_BUCKET is retained, for S3_OBJECT_LOCK_DAYS. In COMPLIANCE nobody can take it back. Absent: none but what a policy asks for.',
    example: 'COMPLIANCE',
  }),
  S3_OBJECT_LOCK_DAYS: integer(
    { min: 1, max: 36_500, unit: 'days' },
    { about: 'How long S3_OBJECT_LOCK retains an object, from the day it is stored.', example: '1825' },
  ),
  S3_BATCH_ROLE: text({
    about:
      'ARN of the role that S3 Batch Operations takes on to read objects where they lie (`archive checksums`). Absent: it is not asked to.',
    example: 'arn:aws:iam::111122223333:role/archive-checksums',
  }),
  ARCHIVE_FOLDER: text({
    about: 'Folder of archived objects where S3_BUCKET is absent. Absent: `cold` in PLUMBLINE_DATA.',
    example: '/mnt/archive',
  }),
  ARCHIVE_FOLDER_SPEED: integer(
    { min: 1, max: 1_000_000, unit: 'times' },
    {
      about:
        'How many times shorter the waits for a restore are in the folder than in S3 Glacier, where they take up to 48 hours.',
      example: '3600',
      fallback: '1',
    },
  ),
  ARCHIVE_KEY: aesKeys({
    about:
      'Key that encrypts archived objects before they leave this program (AES-256-GCM). Several with spaces between them: the first encrypts, all decrypt. What is encrypted cannot be read without it. Absent: objects are stored as they are.',
    example: '0123abcd...',
    secret: true,
  }),
  ARCHIVE_SCHEDULE: cronOrOff({
    about:
      'When a worker archives the tables whose policy is enabled and in its window, in UTC. `off`: only people start runs; an empty value is the default.',
    example: '0 18 * * *',
    fallback: '40 * * * *',
  }),
  ARCHIVE_SPOOL: text({
    about:
      'Folder in which objects are made before they are stored; it needs room for one at a time. Absent: `archive-spool` in PLUMBLINE_DATA.',
    example: '/var/spool/plumbline',
  }),
  ARCHIVE_PRICES: text({
    about: 'File of the prices that `archive plan` reckons with. Absent: the reference prices, books/cold-prices.json.',
    example: '/etc/plumbline/cold-prices.json',
  }),
} as const;
