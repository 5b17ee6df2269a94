/**
 * A line's wallets: every node is asked for itself, then a quorum of them has to say the same exact
 * integers of the same block. Whatever else happens is a reason, never a figure.
 */
import type { Clock } from '../../../../kernel/clock.ts';
import { formatDecimal, pow10 } from '../../../../kernel/decimal.ts';
import { isPlumblineError, messageOf } from '../../../../kernel/errors.ts';
import { type Currency, formatMoney, type Money, money } from '../../../../kernel/money.ts';
import { printable } from '../../../../kernel/text.ts';
import type { Reading } from '../../ports.ts';
import type { OpenedChain, Sighting } from './chain.ts';
import type { WalletSource } from './config.ts';
import { type Endpoint, type EndpointDeps, type Node, openNode, walletFault } from './endpoint.ts';
import { openEvm } from './evm.ts';
import { type Agreement, agreementOf, balancesKey, blockKey, describe, type Said, type Voice } from './quorum.ts';
import { openSolana } from './solana.ts';
import { openTron } from './tron.ts';

/** A node's clock, or ours, may be off by this. */
const SKEW_MS = 60_000;
/** Of readings of now: nodes that stand at different blocks agree once nothing moves between them. */
const ROUNDS = 3;

interface Opened {
  readonly node: string;
  readonly chain: OpenedChain;
}
type Silent = Extract<Voice, { readonly kind: 'silent' }>;

/**
 * The sum of the wallets in the line's currency. `at` is `cut` where the figure is that of the last block
 * before the cut (less the confirmations), `now` where the chain's nodes keep no state that old.
 * @param cut absent: what stands now
 */
export async function readWallet(
  deps: EndpointDeps,
  source: WalletSource,
  currency: Currency,
  { cut }: { readonly cut?: Date | undefined },
): Promise<Reading> {
  const found = await Promise.all(source.endpoints.map((endpoint, index) => open(deps, source, endpoint, index)));
  const silent = found.filter((each): each is Silent => 'kind' in each);
  const opened = withoutDoubles(found.filter((each): each is Opened => 'chain' in each));
  const show = (sighting: Sighting): string =>
    `${formatMoney(total(source, currency, sighting))} ${currency.code} in block ${sighting.block.number} (${sighting.block.hash})`;
  const answer = (at: 'cut' | 'now', { agreed, others }: Agreement): Reading =>
    judge({ at, source, currency, agreed, dissent: others.map((voice) => describe(voice, show)) });

  let voices: readonly Voice[] = silent;
  if (cut !== undefined && opened.some(({ chain }) => chain.atCut !== undefined)) {
    voices = [...silent, ...(await Promise.all(opened.map((each) => sightAtCut(each, cut))))];
    const agreement = agreementOf(voices, blockKey, source.quorum);
    if (agreement !== undefined) return answer('cut', agreement);
    // Only where old state is what is lacking: a fault is no reason to look at another instant.
    if (!voices.some((voice) => voice.kind === 'silent' && LOOK_AT_NOW.has(voice.code)))
      return unreadable(voices, source, show);
  }
  for (let round = 1; round <= ROUNDS; round += 1) {
    voices = [...silent, ...(await sightNow(opened))];
    const agreement = await agreeOnNow(voices, opened, source);
    if (agreement !== undefined) return answer('now', agreement);
    const heard = voices.filter((voice) => voice.kind === 'said' || voice.code === 'wallet.moved');
    if (heard.length < source.quorum) break;
  }
  return unreadable(voices, source, show);
}

const NO_HISTORY = 'wallet.no_history';
const NO_BLOCK_AFTER = 'wallet.no_block_after';
const LOOK_AT_NOW = new Set([NO_HISTORY, NO_BLOCK_AFTER]);

async function open(
  deps: EndpointDeps,
  source: WalletSource,
  endpoint: Endpoint,
  index: number,
): Promise<Opened | Silent> {
  // Until its file was read an address has no name.
  let name = 'url' in endpoint.address ? new URL(endpoint.address.url).origin : `endpoint ${index + 1}`;
  try {
    const node = await openNode(deps, endpoint);
    name = node.name;
    const chain = await openChain(node, source);
    assertFresh(deps.clock, chain, source.maxHeadAgeMs);
    return { node: name, chain };
  } catch (error) {
    return silenceOf(name, error);
  }
}

function openChain(node: Node, source: WalletSource): Promise<OpenedChain> {
  switch (source.chain.family) {
    case 'evm':
      return openEvm(node, source, source.chain);
    case 'tron':
      return openTron(node, source, source.chain.genesis);
    case 'solana':
      return openSolana(node, source, source.chain.genesis);
  }
}

function assertFresh(clock: Clock, { head }: OpenedChain, maxAgeMs: number): void {
  const ageMs = clock.now() - head.timeMs;
  if (ageMs > maxAgeMs) {
    throw walletFault(
      'wallet.stale_head',
      `lags: its newest block, ${head.number}, is ${Math.floor(ageMs / 1_000)} s old, more than max_head_age_seconds ${maxAgeMs / 1_000}`,
    );
  }
  if (ageMs < -SKEW_MS) {
    throw walletFault(
      'wallet.stale_head',
      `is ahead: its newest block, ${head.number}, is ${Math.ceil(-ageMs / 1_000)} s in the future`,
    );
  }
}

/** Two files may hold one address; the book cannot tell. */
const withoutDoubles = (opened: readonly Opened[]): readonly Opened[] =>
  opened.filter(({ node }, index) => opened.findIndex((each) => each.node === node) === index);

async function sightAtCut({ node, chain }: Opened, cut: Date): Promise<Voice> {
  return voiceOf(node, async () => {
    const sighting = await chain.atCut?.(cut);
    if (sighting === undefined) throw walletFault(NO_BLOCK_AFTER, `knows no block after ${cut.toISOString()} yet`);
    return sighting;
  });
}

function sightNow(opened: readonly Opened[]): Promise<readonly Voice[]> {
  // The lowest head is the highest block that all of them know.
  const ceiling = Math.min(...opened.map(({ chain }) => chain.head.number));
  return Promise.all(opened.map(({ node, chain }) => voiceOf(node, () => chain.now(ceiling))));
}

async function voiceOf(node: string, look: () => Promise<Sighting>): Promise<Voice> {
  try {
    return { node, kind: 'said', sighting: await look() };
  } catch (error) {
    return silenceOf(node, error);
  }
}

const silenceOf = (node: string, error: unknown): Silent => ({
  node,
  kind: 'silent',
  code: isPlumblineError(error) ? error.code : 'wallet.refused',
  reason: messageOf(error),
});

/**
 * Where a family can look back, nodes agree on a block and what is in it. Where it cannot, each stands at
 * its own head: they agree on the figures, and each has the lowest of those blocks on its chain.
 */
async function agreeOnNow(
  voices: readonly Voice[],
  opened: readonly Opened[],
  source: WalletSource,
): Promise<Agreement | undefined> {
  if (source.chain.family === 'evm') return agreementOf(voices, blockKey, source.quorum);
  const onFigures = agreementOf(voices, balancesKey, source.quorum);
  if (onFigures === undefined || onFigures.agreed.length === 1) return onFigures;
  const lowest = lowestOf(onFigures.agreed).sighting.block;
  const checked = await Promise.all(
    onFigures.agreed.map((voice) =>
      voiceOf(voice.node, async () => {
        const said = await opened.find(({ node }) => node === voice.node)?.chain.hashAt(lowest.number);
        if (said === lowest.hash) return voice.sighting;
        throw walletFault(
          'wallet.wrong_chain',
          `has ${said} where another node has ${lowest.hash}, at ${lowest.number}`,
        );
      }),
    ),
  );
  return agreementOf([...onFigures.others, ...checked], balancesKey, source.quorum);
}

const lowestOf = (agreed: readonly Said[]): Said =>
  agreed.reduce((low, each) => (each.sighting.block.number < low.sighting.block.number ? each : low));

/** From what the chain counts in to the currency's minor units, which are as fine or finer. */
const inCurrency = ({ decimals }: WalletSource, currency: Currency, units: bigint): Money =>
  money(currency, units * pow10(currency.decimals - decimals));

const total = (source: WalletSource, currency: Currency, { balances }: Sighting): Money =>
  inCurrency(
    source,
    currency,
    balances.reduce((sum, each) => sum + each, 0n),
  );

interface Judged {
  readonly at: 'cut' | 'now';
  readonly source: WalletSource;
  readonly currency: Currency;
  readonly agreed: readonly Said[];
  readonly dissent: readonly string[];
}

function judge({ at, source, currency, agreed, dissent }: Judged): Reading {
  const { block, balances } = lowestOf(agreed).sighting;
  const empty = source.addresses.filter((_, index) => balances[index] === 0n);
  if (agreed.length < 2 && empty.length > 0 && !source.mayBeEmpty) {
    return {
      kind: 'unreadable',
      reason: `${agreed[0]?.node} alone says that ${empty.join(', ')} holds nothing; a node that fails may say so, too. Declare a second endpoint, or may_be_empty: true`,
    };
  }
  return {
    kind: 'read',
    at,
    amount: total(source, currency, { block, balances }),
    evidence: {
      chain: source.chain.family,
      chain_id: source.chain.family === 'evm' ? source.chain.chainId : source.chain.genesis,
      block: block.number,
      block_hash: block.hash,
      block_time: new Date(block.timeMs).toISOString(),
      token: source.token ?? null,
      wallets: source.addresses.map((address, index) => ({
        address,
        balance: formatDecimal({ units: balances[index] ?? 0n, scale: source.decimals }),
      })),
      agreed: agreed.map(({ node }) => node).sort(),
      dissent: dissent.map((text) => printable(text, 500)),
    },
  };
}

function unreadable(voices: readonly Voice[], source: WalletSource, show: (sighting: Sighting) => string): Reading {
  const said = voices.map((voice) => describe(voice, show)).join('; ');
  const { length: asked } = source.endpoints;
  const reason = asked === 1 ? said : `${source.quorum} of ${asked} nodes have to agree: ${said}`;
  return { kind: 'unreadable', reason: printable(reason) };
}
