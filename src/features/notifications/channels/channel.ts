/** A channel: one way to reach somebody. What each adapter is given, and what it answers. */

export const CHANNELS = ['email', 'webhook', 'slack', 'telegram', 'zalo', 'sms'] as const;
export type ChannelName = (typeof CHANNELS)[number];

/** What is sent: made from a template, the same at every try. */
export interface Outgoing {
  /** What the receiver knows it by; two of the same are one. */
  readonly messageId: string;
  readonly event: string;
  readonly severity: 'info' | 'warning' | 'critical';
  /** In clear. */
  readonly address: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string | undefined;
  /** The body of a webhook, JSON. */
  readonly body: string;
  /** Signatures of a webhook: its endpoint, and which versions of its secret sign. */
  readonly signing: Signing | undefined;
  /** Whoever gets it can acknowledge this incident from there. */
  readonly incidentId: string | undefined;
}

export interface Signing {
  readonly endpointId: string;
  readonly versions: readonly number[];
}

export type Outcome =
  /** The receiver has it. */
  | { readonly kind: 'delivered'; readonly messageId?: string | undefined; readonly code?: number | undefined }
  /** Somebody on the way has it. */
  | { readonly kind: 'accepted'; readonly messageId?: string | undefined; readonly code?: number | undefined }
  /** Not now. */
  | {
      readonly kind: 'throttled';
      readonly error: string;
      readonly code?: number | undefined;
      readonly waitMs?: number | undefined;
    }
  /** It may work later. `provider`: it speaks against who carries it, and another one may. */
  | {
      readonly kind: 'failed';
      readonly blame: 'provider' | 'recipient';
      readonly error: string;
      readonly code?: number | undefined;
      readonly waitMs?: number | undefined;
    }
  /** It will never work so. */
  | { readonly kind: 'refused'; readonly error: string; readonly code?: number | undefined }
  /** The receiver wants nothing more. */
  | { readonly kind: 'gone'; readonly error: string; readonly code?: number | undefined };

/** One who carries messages of a channel. Never throws: what goes wrong is an outcome, without secrets in it. */
export interface Provider {
  readonly name: string;
  send(message: Outgoing, timeoutMs: number): Promise<Outcome>;
}

export interface Channel {
  readonly name: ChannelName;
  /** In the order in which they are asked. */
  readonly providers: readonly Provider[];
  /**
   * The address in its one form.
   * @throws `notifications.address_malformed` (invalid)
   */
  address(text: string): string | Promise<string>;
}
