/**
 * Which logs and witnesses are trusted, and how many witnesses must have cosigned: the file format of
 * c2sp.org/tlog-policy, so that one file serves the log, its witnesses and whoever verifies.
 */
import { PlumblineError } from '../../../kernel/errors.ts';
import { parseVerifierKey, type Verifier } from '../tlog/keys.ts';

export interface PolicyWitness {
  /** In the policy alone; its key has a name of its own. */
  readonly name: string;
  readonly vkey: string;
  readonly verifier: Verifier;
  /** Its submission prefix. */
  readonly url?: string;
}

export interface PolicyGroup {
  readonly name: string;
  readonly least: number;
  readonly members: readonly string[];
}

export interface Policy {
  readonly logs: readonly { readonly vkey: string; readonly verifier: Verifier; readonly url?: string }[];
  readonly witnesses: readonly PolicyWitness[];
  readonly groups: readonly PolicyGroup[];
  /** Name of a witness or a group, or `none`. */
  readonly quorum: string;
}

const NONE = 'none';
const LOG_KEYS: readonly number[] = [0x01, 0x06];
const WITNESS_KEYS: readonly number[] = [0x04, 0x06];

/** @throws `audit.policy_malformed` (invalid) naming the line */
export function parsePolicy(text: string): Policy {
  const logs: { vkey: string; verifier: Verifier; url?: string }[] = [];
  const witnesses: PolicyWitness[] = [];
  const groups: PolicyGroup[] = [];
  const grouped = new Set<string>();
  const publicKeys = new Set<string>();
  let quorum: string | undefined;

  const isDefined = (name: string): boolean => [...witnesses, ...groups].some((each) => each.name === name);
  const define = (name: string, at: number): string => {
    if (name === NONE) throw malformed(at, '"none" is no name for a witness or a group');
    if (isDefined(name)) throw malformed(at, `"${name}" is defined twice`);
    return name;
  };
  const key = (vkey: string, kinds: readonly number[], role: string, at: number): Verifier => {
    let verifier: Verifier;
    try {
      verifier = parseVerifierKey(vkey);
    } catch (error) {
      throw malformed(at, `"${vkey.slice(0, 80)}" is not a verifier key NAME+ID+BASE64`, error);
    }
    if (!kinds.includes(verifier.algorithm)) throw malformed(at, `the key ${verifier.name} is not one of a ${role}`);
    const bytes = `${role} ${Buffer.from(vkey.slice(vkey.indexOf('+', vkey.indexOf('+') + 1) + 1), 'base64')
      .subarray(1)
      .toString('hex')}`;
    if (publicKeys.has(bytes)) throw malformed(at, `the public key of ${verifier.name} stands twice`);
    publicKeys.add(bytes);
    return verifier;
  };

  for (const [index, line] of text.split('\n').entries()) {
    const at = index + 1;
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    if (/[\u0000-\u0008\u000b-\u001f\u007f]/.test(line)) throw malformed(at, 'it has a control character');
    const [word, ...items] = line.split(/[ \t]+/).filter((item) => item !== '');
    if (word === undefined || word.startsWith('#')) continue;
    const [first, second, third] = items;
    if (word === 'log' && first !== undefined && items.length <= 2) {
      logs.push({ vkey: first, verifier: key(first, LOG_KEYS, 'log', at), ...addressed(second, at) });
    } else if (word === 'witness' && first !== undefined && second !== undefined && items.length <= 3) {
      const verifier = key(second, WITNESS_KEYS, 'witness', at);
      witnesses.push({ name: define(first, at), vkey: second, verifier, ...addressed(third, at) });
    } else if (word === 'group' && first !== undefined && second !== undefined && third !== undefined) {
      const members = items.slice(2);
      for (const member of members) {
        if (!isDefined(member)) throw malformed(at, `"${member}" is not defined before it`);
        if (grouped.has(member)) throw malformed(at, `"${member}" is a member twice`);
        grouped.add(member);
      }
      groups.push({ name: define(first, at), least: leastOf(second, members.length, at), members });
    } else if (word === 'quorum' && first !== undefined && items.length === 1) {
      if (quorum !== undefined) throw malformed(at, 'there is one quorum line');
      if (first !== NONE && !isDefined(first)) throw malformed(at, `"${first}" is not defined before it`);
      quorum = first;
    } else {
      throw malformed(
        at,
        'it is not "log VKEY [URL]", "witness NAME VKEY [URL]", "group NAME all|any|K NAME..." or "quorum NAME"',
      );
    }
  }
  if (quorum === undefined) throw malformed(undefined, 'there is no quorum line; write "quorum none" for none');
  return { logs, witnesses, groups, quorum };
}

/** Whether these witnesses, by their names in the policy, are enough. */
export function isQuorum({ groups, quorum }: Policy, cosigned: ReadonlySet<string>): boolean {
  const has = (name: string): boolean => {
    const group = groups.find((each) => each.name === name);
    return group === undefined ? cosigned.has(name) : group.members.filter(has).length >= group.least;
  };
  return quorum === NONE || has(quorum);
}

function leastOf(text: string, members: number, at: number): number {
  if (text === 'all') return members;
  if (text === 'any') return 1;
  const least = /^[1-9]\d{0,5}$/.test(text) ? Number(text) : 0;
  if (least < 1 || least > members) throw malformed(at, `"${text}" is not all, any, or a number from 1 to ${members}`);
  return least;
}

function addressed(url: string | undefined, at: number): { readonly url?: string } {
  if (url === undefined) return {};
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw malformed(at, `"${url.slice(0, 80)}" is not a URL https://...`);
  }
  return { url };
}

const malformed = (at: number | undefined, what: string, cause?: unknown): PlumblineError =>
  new PlumblineError(
    'invalid',
    'audit.policy_malformed',
    `the witness policy ${at === undefined ? '' : `line ${at} `}is not as c2sp.org/tlog-policy says: ${what}`,
    { details: at === undefined ? {} : { line: at }, cause },
  );
