/**
 * The HTTP client over undici. Its own header and body timers are idle timers, which a server that
 * drips a byte at a time never trips, so they are off: one timer of ours covers the whole exchange.
 */
import { Agent, request as undiciRequest } from 'undici';
import type { Clock } from '../../kernel/clock.ts';
import { PlumblineError } from '../../kernel/errors.ts';
import type { AddressGuard } from './address-guard.ts';
import type {
  HttpBytesClient,
  HttpBytesRequest,
  HttpBytesResponse,
  HttpClient,
  HttpRequest,
  HttpResponse,
} from './port.ts';
import { type Hop, nextHop } from './redirect.ts';

const DEFAULT_MAX_BYTES = 64 * 1024;
const USER_AGENT = 'plumbline';

export interface HttpClientOptions {
  readonly clock: Clock;
  /** Connections kept to one origin; 16 unless told. */
  readonly connectionsPerOrigin?: number;
  /**
   * Milliseconds for a connection to be made, after which nobody waits for it any more; 10,000 unless
   * told. A process cannot end by itself before.
   */
  readonly connectTimeoutMs?: number;
  /** For addresses that somebody else chose: which may be called. Redirects are then answers like any other. */
  readonly guard?: AddressGuard;
}

export function createHttpClient(options: HttpClientOptions): HttpClient & HttpBytesClient {
  const { clock, connectionsPerOrigin = 16, connectTimeoutMs = 10_000, guard } = options;
  const agent = new Agent({
    connections: connectionsPerOrigin,
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: { timeout: connectTimeoutMs, ...(guard === undefined ? {} : { lookup: guard.lookup }) },
  });
  const exchange = (request: HttpRequest | HttpBytesRequest, signal: AbortSignal): Promise<HttpBytesResponse> => {
    guard?.assertLiteral(new URL(request.url));
    return follow(agent, request, signal, guard === undefined);
  };
  return {
    send: (request) => withDeadline(clock, request, async (signal) => textOf(request, await exchange(request, signal))),
    sendBytes: (request) => withDeadline(clock, request, (signal) => exchange(request, signal)),
    close: () => agent.destroy(),
  };
}

async function withDeadline<Response>(
  clock: Clock,
  request: Pick<HttpRequest, 'url' | 'timeoutMs'>,
  exchange: (signal: AbortSignal) => Promise<Response>,
): Promise<Response> {
  const place = whereOf(request.url);
  const controller = new AbortController();
  const wall = Promise.withResolvers<never>();
  const cancel = clock.after(request.timeoutMs, () => {
    controller.abort();
    wall.reject(controller.signal.reason);
  });
  try {
    // undici hears of the abort once it is connected, which may be long after.
    return await Promise.race([exchange(controller.signal), wall.promise]);
  } catch (error) {
    if (controller.signal.aborted) {
      throw upstream(
        'http.timeout',
        `${place}: no complete answer within ${Math.round(request.timeoutMs)} ms`,
        place,
        error,
      );
    }
    if (error instanceof PlumblineError) throw error;
    throw upstream('http.transport', `${place}: ${reasonOf(error)}`, place, error);
  } finally {
    cancel();
  }
}

async function follow(
  agent: Agent,
  request: HttpRequest | HttpBytesRequest,
  signal: AbortSignal,
  followsRedirects: boolean,
): Promise<HttpBytesResponse> {
  let hop: Hop = { url: request.url, method: request.method ?? 'GET', body: request.body };
  for (let redirects = 0; ; redirects += 1) {
    const response = await undiciRequest(hop.url, {
      dispatcher: agent,
      signal,
      method: hop.method,
      // Only identity: a compressed body could grow past the cap while it is decoded.
      headers: {
        'user-agent': USER_AGENT,
        accept: 'application/json',
        ...request.headers,
        'accept-encoding': 'identity',
      },
      body: hop.body ?? null,
    });
    // A body that is thrown away tells so by an error event, which nobody may leave unheard.
    response.body.on('error', () => undefined);
    try {
      const headers = joinHeaders(response.headers);
      const next = followsRedirects ? nextHop(hop, response.statusCode, headers.location, redirects) : undefined;
      if (next === undefined) {
        const body = await readBytes(response.body, headers, request.maxBytes ?? DEFAULT_MAX_BYTES, whereOf(hop.url));
        return { status: response.statusCode, headers, body };
      }
      hop = next;
    } finally {
      response.body.destroy(); // frees the connection where the body was not read to its end
    }
  }
}

async function readBytes(
  body: AsyncIterable<Uint8Array>,
  headers: HttpResponse['headers'],
  maxBytes: number,
  place: string,
): Promise<Uint8Array> {
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity') {
    throw upstream('http.not_text', `${place}: the body is ${encoding}-encoded although identity was asked for`, place);
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.byteLength;
    if (size > maxBytes) {
      throw upstream('http.too_large', `${place}: the body is larger than ${maxBytes} bytes`, place);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}

function textOf({ url }: HttpRequest, response: HttpBytesResponse): HttpResponse {
  try {
    return { ...response, body: new TextDecoder('utf-8', { fatal: true }).decode(response.body) };
  } catch (error) {
    const place = whereOf(url);
    throw upstream('http.not_text', `${place}: the body is not UTF-8 text`, place, error);
  }
}

function joinHeaders(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  const joined: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) joined[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : value;
  }
  return joined;
}

/** Origin and path only: a query may carry what a log must not. */
function whereOf(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || (parsed.protocol !== 'https:' && parsed.protocol !== 'http:')) {
    throw new PlumblineError('invalid', 'http.url_malformed', 'the URL of an outbound call must be http(s)://host/...');
  }
  return `${parsed.origin}${parsed.pathname}`;
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  return code === undefined || error.message.includes(code) ? error.message : `${error.message} (${code})`;
}

const upstream = (code: string, message: string, place: string, cause?: unknown): PlumblineError =>
  new PlumblineError('upstream', code, message, { details: { place }, cause });
