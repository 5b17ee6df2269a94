/**
 * Outbound HTTP. One wall of time covers connection, headers and body; the body has a cap; a redirect
 * to another host is refused.
 */
export type Method = 'GET' | 'POST' | 'DELETE';

export interface HttpRequest {
  readonly url: string;
  readonly method?: Method;
  readonly headers?: { readonly [name: string]: string };
  readonly body?: string;
  /** Milliseconds for everything, the last byte of the body included. */
  readonly timeoutMs: number;
  /** Bytes of decoded body; 64 KiB unless told. */
  readonly maxBytes?: number;
}

export interface HttpResponse {
  readonly status: number;
  /** Names in lower case; repeated headers joined by ", ". */
  readonly headers: { readonly [name: string]: string };
  readonly body: string;
}

/** For what is no text, such as a time stamp. */
export interface HttpBytesRequest extends Omit<HttpRequest, 'body'> {
  readonly body?: Uint8Array;
}

export interface HttpBytesResponse extends Omit<HttpResponse, 'body'> {
  readonly body: Uint8Array;
}

export interface HttpBytesClient {
  /** As `send` of HttpClient, but for `http.not_text`, which means here that the body came encoded. */
  sendBytes(request: HttpBytesRequest): Promise<HttpBytesResponse>;
}

export interface HttpClient {
  /**
   * Any status is an answer, not an error.
   * @throws `http.timeout`, `http.transport`, `http.too_large`, `http.redirected`, `http.not_text` (upstream);
   * `http.url_malformed` (invalid)
   */
  send(request: HttpRequest): Promise<HttpResponse>;
  /** Ends what is under way. */
  close(): Promise<void>;
}
