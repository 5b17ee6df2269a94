/**
 * OpenTimestamps: a calendar gathers digests and commits their tree to the Bitcoin chain, which takes
 * hours. The file that it gives at once holds its promise; `upgrade` fetches what became of it.
 */
import type { Random } from '../../../kernel/clock.ts';
import { messageOf, PlumblineError } from '../../../kernel/errors.ts';
import type { HttpBytesClient } from '../../../platform/http-client/port.ts';
import { ByteReader, otsMalformed } from './ots-bytes.ts';
import { calendarOf, digestOf, type OtsStatus, otsStatus, readOts, writeOts } from './ots-file.ts';
import { APPEND, applyOp, mapTree, mergeTrees, type Op, type OtsTree, readTree, SHA256 } from './ots-tree.ts';

const ACCEPT = 'application/vnd.opentimestamps.v1';
const MAX_ANSWER = 10_000;
const NONCE_BYTES = 16;
const NOTHING: OtsTree = { attestations: [], ops: [] };

export interface CalendarOptions {
  readonly http: HttpBytesClient;
  readonly random: Random;
  /** To which digests are given, such as https://a.pool.opentimestamps.org */
  readonly calendars: readonly string[];
  /** Calendars that must have promised; two, or one where there is one, unless told. */
  readonly least?: number;
  /** Hosts, beside those of `calendars`, that proofs are fetched from: a pool's calendar has an address of its own. */
  readonly upgradeHosts?: readonly string[];
  /** Milliseconds that a calendar has to answer; 10,000 unless told. */
  readonly timeoutMs?: number;
}

export interface Stamped extends OtsStatus {
  /** The `.ots` file. */
  readonly file: Buffer;
}

export interface Calendars {
  /** @throws `audit.ots_unavailable` (upstream) when fewer calendars than needed have promised */
  stamp(document: Uint8Array | string): Promise<Stamped>;
  /** The same proof with what its calendars know by now. @throws `audit.ots_malformed` (upstream) where the file is none */
  upgrade(file: Uint8Array): Promise<Stamped & { readonly faults: readonly string[] }>;
}

export function createCalendars(options: CalendarOptions): Calendars {
  const { http, random, calendars, timeoutMs = 10_000 } = options;
  const least = options.least ?? Math.min(2, calendars.length);
  const hosts = new Set([...calendars.map((url) => new URL(url).host), ...(options.upgradeHosts ?? [])]);

  /** A calendar's tree over `message`; undefined where it knows of none. */
  const ask = async (url: string, message: Uint8Array, submit: boolean): Promise<OtsTree | undefined> => {
    const request = { url, headers: { accept: ACCEPT }, timeoutMs, maxBytes: MAX_ANSWER };
    const answer = await http.sendBytes(submit ? { ...request, method: 'POST', body: message } : request);
    if (answer.status === 404 && !submit) return undefined;
    if (answer.status !== 200) throw otsMalformed(`${url} answers ${answer.status}`);
    const reader = new ByteReader(answer.body);
    const tree = readTree(reader, message);
    reader.end();
    return tree;
  };

  return {
    async stamp(document) {
      const digest = digestOf(document);
      // The calendars are public: they see the hash of the digest and a nonce, which tells them nothing.
      const blind: Op = { tag: APPEND, argument: random.bytes(NONCE_BYTES) };
      const hashed: Op = { tag: SHA256 };
      const message = applyOp(hashed, applyOp(blind, digest));
      const answers = await Promise.allSettled(calendars.map((url) => ask(`${bare(url)}/digest`, message, true)));
      const trees = answers.flatMap((each) =>
        each.status === 'fulfilled' && each.value !== undefined ? [each.value] : [],
      );
      if (trees.length < Math.max(1, least)) throw unavailable(calendars, answers, Math.max(1, least));
      const promised = trees.reduce(mergeTrees, NOTHING);
      const tree = {
        attestations: [],
        ops: [{ op: blind, next: { attestations: [], ops: [{ op: hashed, next: promised }] } }],
      };
      return stamped(digest, tree);
    },

    async upgrade(file) {
      const { digest, tree } = readOts(file);
      const faults: string[] = [];
      const know = async (calendar: string, message: Uint8Array): Promise<OtsTree | undefined> => {
        try {
          return await ask(`${bare(calendar)}/timestamp/${Buffer.from(message).toString('hex')}`, message, false);
        } catch (error) {
          faults.push(messageOf(error)); // the other calendars may still know
          return undefined;
        }
      };
      const upgraded = await mapTree(tree, digest, async (node, message) => {
        let whole = node;
        for (const attestation of node.attestations) {
          const calendar = calendarOf(attestation);
          if (calendar === undefined || !URL.canParse(calendar) || !hosts.has(new URL(calendar).host)) continue;
          const more = await know(calendar, message);
          if (more === undefined) continue;
          const kept = whole.attestations.filter((each) => each !== attestation);
          whole = mergeTrees({ ...whole, attestations: kept }, more);
        }
        return whole;
      });
      return { ...stamped(digest, upgraded), faults };
    },
  };
}

const stamped = (digest: Buffer, tree: OtsTree): Stamped => ({
  file: writeOts({ digest, tree }),
  ...otsStatus({ digest, tree }),
});

const bare = (url: string): string => url.replace(/\/+$/, '');

function unavailable(
  calendars: readonly string[],
  answers: readonly PromiseSettledResult<unknown>[],
  least: number,
): PlumblineError {
  const reasons = answers.flatMap((each, index) =>
    each.status === 'rejected' ? [`${calendars[index]}: ${messageOf(each.reason)}`] : [],
  );
  return new PlumblineError(
    'upstream',
    'audit.ots_unavailable',
    `${answers.length - reasons.length} of ${calendars.length} calendars took the digest and ${least} must: ${reasons.join('; ')}`,
    { details: { reasons } },
  );
}
