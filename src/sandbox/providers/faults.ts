/** How a simulated provider can misbehave: each way was seen with a real one. */
import { z } from 'zod';
import { PlumblineError } from '../../kernel/errors.ts';

export const PROVIDERS = [
  'coingecko',
  'binance',
  'cryptocompare',
  'vietcombank',
  'open-er-api',
  'frankfurter',
  'binance-p2p',
] as const;
export type ProviderName = (typeof PROVIDERS)[number];

const only = <Kind extends string>(kind: Kind) => z.strictObject({ kind: z.literal(kind) });

export const FAULT = z.discriminatedUnion('kind', [
  only('none'),
  /** The connection is reset. */
  only('dead'),
  /** One byte a second. */
  only('hang'),
  z.strictObject({ kind: z.literal('slow'), ms: z.int().min(0).max(600_000) }),
  z.strictObject({
    kind: z.literal('status'),
    status: z.int().min(300).max(599),
    body: z.string().max(10_000).exactOptional(),
  }),
  only('html'),
  only('empty-object'),
  only('zero'),
  /** 1e30. */
  only('huge'),
  /** "26,105.00" where a number belongs. */
  only('string-with-commas'),
  only('error-under-200'),
  z.strictObject({ kind: z.literal('rate-limited'), retryAfterSeconds: z.int().min(0).max(259_200) }),
  /** The true figure times this, in percent: 103 can be believed, 10000 is a mistake of units. */
  z.strictObject({ kind: z.literal('lying'), factorPercent: z.int().min(1).max(100_000) }),
  /** Every figure turned round: one over it. */
  only('inverted'),
  /** The figures and times of the moment at which the fault began. */
  only('frozen'),
]);
export type Fault = z.output<typeof FAULT>;
type FaultKind = Fault['kind'];

export interface ProviderFaults {
  setFault(provider: ProviderName, fault: Fault): void;
  faults(): Readonly<Record<ProviderName, Fault>>;
}

/** What the part after the colon of `slow:300` sets. */
const ARGUMENTS: { readonly [Kind in FaultKind]?: string } = {
  slow: 'ms',
  status: 'status',
  'rate-limited': 'retryAfterSeconds',
  lying: 'factorPercent',
};

/** `dead`, `slow:300`, `status:503`, `rate-limited:60`, `lying:103`. @throws `sandbox.fault_malformed` (invalid) */
export function parseFault(text: string): Fault {
  const [kind = '', argument, ...rest] = text.split(':');
  const name = Object.entries(ARGUMENTS).find(([each]) => each === kind)?.[1];
  const usual = kind === 'rate-limited' ? { retryAfterSeconds: 60 } : {};
  const given =
    argument === undefined ? usual : { [name ?? 'argument']: /^\d+$/.test(argument) ? Number(argument) : argument };
  const parsed = FAULT.safeParse({ kind, ...given });
  if (parsed.success && rest.length === 0) return parsed.data;
  const kinds = FAULT.options.map((option) => option.shape.kind.value);
  throw new PlumblineError(
    'invalid',
    'sandbox.fault_malformed',
    `"${text.slice(0, 60)}" is not a fault; write one of ${kinds.join(', ')}, with its figure where it has one: slow:300, status:503, rate-limited:60, lying:103`,
    { details: { value: text.slice(0, 60), accepted: kinds } },
  );
}
