/** `npm run cold-s3`: the server alone, on loopback. */
import { parseArgs } from 'node:util';
import { CONTROL, CONTROL_HELP } from './control.ts';
import { startColdS3 } from './server.ts';

const HELP = `npm run cold-s3 -- [options]
An S3 server with the archive classes of Glacier, for tests and development. It listens on 127.0.0.1 alone.

  --port N        9090 by default; 0 takes a free one
  --folder PATH   objects are kept there; without it they are gone with the process
  --bucket NAME   made at the start where it is missing (cold by default)
  --lock          that bucket gets versions and Object Lock
  --region NAME   us-east-1 by default
  --access-key ID, --secret-key KEY
  --speed N       its clock runs N times as fast: at 3600, five hours of waiting are five seconds
  --help

While it runs (curl, no signature):
${CONTROL_HELP}`;

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '9090' },
    folder: { type: 'string' },
    bucket: { type: 'string', default: 'cold' },
    lock: { type: 'boolean', default: false },
    region: { type: 'string', default: 'us-east-1' },
    'access-key': { type: 'string', default: 'COLDS3EXAMPLEKEY' },
    'secret-key': { type: 'string', default: 'cold-s3-example-secret' },
    speed: { type: 'string', default: '1' },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) {
  console.log(HELP);
} else {
  const port = Number(values.port);
  const speed = Number(values.speed);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new Error(`--port: "${values.port}" is no port`);
  if (!(speed > 0)) throw new Error(`--speed: "${values.speed}" is not a number above 0`);
  const start = Date.now();
  const credentials = { accessKeyId: values['access-key'], secretAccessKey: values['secret-key'] };
  const server = await startColdS3({
    port,
    region: values.region,
    credentials,
    now: () => start + (Date.now() - start) * speed,
    ...(values.folder === undefined ? {} : { folder: values.folder }),
  });
  if (!server.hasBucket(values.bucket)) server.createBucket(values.bucket, { lock: values.lock });
  console.log(`cold-s3 listens on ${server.url}, ${values.folder === undefined ? 'in memory' : `in ${values.folder}`}

  export AWS_ENDPOINT_URL=${server.url} AWS_REGION=${server.region}
  export AWS_ACCESS_KEY_ID=${credentials.accessKeyId} AWS_SECRET_ACCESS_KEY=${credentials.secretAccessKey}
  aws s3 cp --storage-class GLACIER FILE s3://${values.bucket}/

Its clock runs ${speed === 1 ? 'as yours' : `${speed} times as fast as yours`}. Five hours on at once:
  curl -d '{"advanceMs": 18000000}' ${server.url}${CONTROL}/clock
More: npm run cold-s3 -- --help`);
  const stop = (): void => {
    server.close().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.once('SIGINT', stop).once('SIGTERM', stop);
}
