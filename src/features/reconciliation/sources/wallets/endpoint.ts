/** A node that is asked: where it is, what it is called in messages, and one exchange with it. */
import { z } from 'zod';
import type { Clock } from '../../../../kernel/clock.ts';
import { isPlumblineError, messageOf, PlumblineError } from '../../../../kernel/errors.ts';
import { printable } from '../../../../kernel/text.ts';
import type { FileReader } from '../../../../platform/files/port.ts';
import { type ExactJson, parseExactJson } from '../../../../platform/http-client/exact-json.ts';
import type { HttpClient } from '../../../../platform/http-client/port.ts';
import { HEADER, type HeaderFile, headersOf, readSecret } from '../secrets.ts';

export interface Endpoint {
  readonly address: { readonly url: string } | { readonly urlFile: string };
  readonly header: HeaderFile | undefined;
}

export interface EndpointDeps {
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly files: FileReader;
  /** Of one request. */
  readonly timeoutMs: number;
}

const URL_TEXT = z
  .url({ protocol: /^https?$/, error: 'the http(s) address of a node' })
  .refine(
    (text) => !URL.canParse(text) || (new URL(text).username === '' && new URL(text).password === ''),
    'a secret in the address would stand in the book; put the address into a file (url_file), or a header (header)',
  );

/** An address alone; or, where it holds a key, a file that holds it, or a header that does. */
export const ENDPOINT = z.preprocess(
  (given) => (typeof given === 'string' ? { url: given } : given),
  z
    .strictObject({ url: URL_TEXT.optional(), url_file: z.string().min(1).optional(), header: HEADER.optional() })
    .refine(({ url, url_file }) => (url === undefined) !== (url_file === undefined), 'exactly one of url and url_file'),
);
type EndpointConfig = z.output<typeof ENDPOINT>;

export function endpointOf({ url, url_file: urlFile = '', header }: EndpointConfig): Endpoint {
  return { address: url === undefined ? { urlFile } : { url }, header };
}

/** Two addresses of one host are one opinion. */
export function sameHost(endpoints: readonly EndpointConfig[]): readonly string[] {
  // What is no address is told of where it stands.
  const hosts = endpoints.flatMap(({ url }) => (url !== undefined && URL.canParse(url) ? [new URL(url).origin] : []));
  return [...new Set(hosts.filter((host, index) => hosts.indexOf(host) !== index))].map(
    (host) => `${host} is listed twice; its agreement with itself proves nothing`,
  );
}

/** A node during one reading. */
export interface Node {
  /** Scheme, host and port: a path or a query often is a key. */
  readonly name: string;
  /**
   * One POST of JSON, one JSON answer.
   * @throws `wallet.unanswered` (upstream), never with more of the address than its name
   */
  post(path: string, body: string): Promise<ExactJson>;
}

/** A reading takes many requests, and must end all the same. */
const BUDGET_IN_TIMEOUTS = 6;
const MAX_BYTES = 4 * 1024 * 1024;
const SECRET_BYTES = 4_096;

/** @throws `files.*`, `secret.*` where what the endpoint needs is not there */
export async function openNode(deps: EndpointDeps, { address, header }: Endpoint): Promise<Node> {
  const base = 'url' in address ? address.url : await readSecret(deps.files, address.urlFile, SECRET_BYTES);
  if (!URL_TEXT.safeParse(base).success) {
    throw walletFault('wallet.unanswered', 'the file of the address holds no http(s) address');
  }
  const url = new URL(base);
  const name = url.origin;
  const headers = { 'content-type': 'application/json', ...(await headersOf(deps.files, header)) };
  const { http, clock, timeoutMs } = deps;
  const end = clock.monotonic() + BUDGET_IN_TIMEOUTS * timeoutMs;
  return {
    name,
    async post(path, body) {
      const left = end - clock.monotonic();
      if (left <= 0)
        throw walletFault('wallet.unanswered', `no complete reading within ${BUDGET_IN_TIMEOUTS * timeoutMs} ms`);
      const target = new URL(url);
      target.pathname = `${url.pathname.replace(/\/$/, '')}${path}`;
      const request = { url: target.href, method: 'POST' as const, headers, body, maxBytes: MAX_BYTES };
      const response = await http.send({ ...request, timeoutMs: Math.min(timeoutMs, left) }).catch((error: unknown) => {
        throw walletFault('wallet.unanswered', withoutAddress(error, target), error);
      });
      if (response.status !== 200) throw walletFault('wallet.unanswered', `answered with status ${response.status}`);
      if (response.body.trim() === '') throw walletFault('wallet.unanswered', 'answered with an empty body');
      try {
        return parseExactJson(response.body);
      } catch (error) {
        throw walletFault('wallet.unanswered', `the answer is ${messageOf(error)}`, error);
      }
    },
  };
}

/** The HTTP client's message begins with the address it asked; its path may be a key. */
function withoutAddress(error: unknown, target: URL): string {
  const place = isPlumblineError(error) && typeof error.details.place === 'string' ? error.details.place : '';
  const text = place === '' ? messageOf(error) : messageOf(error).replaceAll(`${place}: `, '').replaceAll(place, '');
  return text.replaceAll(target.href, target.origin);
}

/** What one node did wrong; the reading names the node. */
export const walletFault = (code: `wallet.${string}`, message: string, cause?: unknown): PlumblineError =>
  new PlumblineError('upstream', code, printable(message, 500), { cause });

/** @throws `wallet.malformed` (upstream) */
export function shaped<Schema extends z.ZodType>(schema: Schema, value: unknown, what: string): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const place = issue === undefined || issue.path.length === 0 ? '' : ` at ${issue.path.join('.')}`;
  throw walletFault('wallet.malformed', `${what} answered something else${place}: ${issue?.message ?? 'unknown'}`);
}
