import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { generateSigningKey } from '../tlog/keys.ts';
import { isQuorum, parsePolicy } from './policy.ts';
import { formatRequest, parseRequest } from './protocol.ts';

const cosigner = (name: string): string => generateSigningKey(name, 'ed25519-cosignature', () => 0).vkey;
const log = generateSigningKey('log.example', 'ed25519', () => 0).vkey;
const [x1, x2, x3, y1, y2, y3] = ['x1', 'x2', 'x3', 'y1', 'y2', 'y3'].map((name) => cosigner(`${name}.example/w`));

const TWO_LEVELS = `
# the policy of the specification
log ${log} https://log.example/audit/

witness X1 ${x1} https://x1.example/
witness X2 ${x2}
witness\tX3  ${x3}
group X-witnesses 2 X1 X2 X3

witness Y1 ${y1}
witness Y2 ${y2}
witness Y3 ${y3}
group Y-witnesses any Y1 Y2 Y3

  group X-and-Y all X-witnesses Y-witnesses
quorum X-and-Y
`;
const at = (policy: string, ...names: readonly string[]): boolean => isQuorum(parsePolicy(policy), new Set(names));

describe('a policy', () => {
  it('names logs, witnesses and their addresses', () => {
    const { logs, witnesses, groups, quorum } = parsePolicy(TWO_LEVELS);
    expect(logs).toMatchObject([{ verifier: { name: 'log.example' }, url: 'https://log.example/audit/' }]);
    expect(witnesses.map(({ name, url }) => [name, url])).toEqual([
      ['X1', 'https://x1.example/'],
      ...['X2', 'X3', 'Y1', 'Y2', 'Y3'].map((name) => [name, undefined]),
    ]);
    expect(groups.map(({ least }) => least)).toEqual([2, 1, 2]);
    expect(quorum).toBe('X-and-Y');
  });

  it('counts in groups of groups', () => {
    const names = ['X1', 'X2', 'X3', 'Y1', 'Y2', 'Y3'];
    fc.assert(
      fc.property(fc.subarray(names), (cosigned) => {
        const [xs, ys] = ['X', 'Y'].map((letter) => cosigned.filter((name) => name.startsWith(letter)).length);
        expect(at(TWO_LEVELS, ...cosigned)).toBe((xs ?? 0) >= 2 && (ys ?? 0) >= 1);
      }),
    );
  });

  it('may ask for one witness, or for none', () => {
    expect(at(`witness a ${x1}\nquorum a`, 'a')).toBe(true);
    expect(at(`witness a ${x1}\nquorum a`)).toBe(false);
    expect(at('quorum none')).toBe(true);
  });

  it.each([
    ['no quorum line', `witness a ${x1}`],
    ['there is one quorum', `witness a ${x1}\nquorum a\nquorum a`],
    ['"b" is not defined', `witness a ${x1}\nquorum b`],
    ['"b" is not defined', `witness a ${x1}\ngroup g 1 b\nwitness b ${x2}\nquorum g`],
    ['"g" is not defined', 'group g any g\nquorum g'],
    ['"a" is a member twice', `witness a ${x1}\ngroup g all a a\nquorum g`],
    ['"a" is a member twice', `witness a ${x1}\ngroup g all a\ngroup h all a\nquorum g`],
    ['"a" is defined twice', `witness a ${x1}\nwitness a ${x2}\nquorum a`],
    ['line 2', `witness a ${x1}\nwitness b ${x1}\nquorum a`],
    ['stands twice', `witness a ${x1}\nwitness b ${x1}\nquorum a`],
    ['"3" is not all, any', `witness a ${x1}\nwitness b ${x2}\ngroup g 3 a b\nquorum g`],
    ['"0" is not all, any', `witness a ${x1}\ngroup g 0 a\nquorum g`],
    ['"none" is no name', `witness none ${x1}\nquorum none`],
    ['is not a verifier key', 'witness a b+c+d\nquorum a'],
    ['is not one of a witness', `witness a ${log}\nquorum a`],
    ['is not one of a log', `log ${x1}\nquorum none`],
    ['is not a URL', `witness a ${x1} ftp://x\nquorum a`],
    ['is not "log', `witness a ${x1} https://x more\nquorum a`],
    ['is not "log', 'quorums none'],
    ['control character', 'quorum none\r\n'],
  ])('is refused where %s', (message, text) => {
    expect(() => parsePolicy(text)).toThrow(
      expect.objectContaining({ code: 'audit.policy_malformed', message: expect.stringContaining(message) }),
    );
  });
});

describe('a request to a witness', () => {
  it('is read as it was written', () => {
    const hash = fc.uint8Array({ minLength: 32, maxLength: 32 });
    fc.assert(
      fc.property(fc.nat(Number.MAX_SAFE_INTEGER), fc.array(hash, { maxLength: 63 }), (old, hashes) => {
        const proof = hashes.map((each) => Buffer.from(each));
        const checkpoint = 'log.example\n1\nroot\n\n\u2014 log.example AAAA\n';
        expect(parseRequest(formatRequest({ old, proof, checkpoint }))).toEqual({ old, proof, checkpoint });
      }),
    );
  });

  const hash = Buffer.alloc(32).toString('base64');
  it.each([
    ['', 'empty line'],
    ['old 1\n', 'empty line'],
    ['old 01\n\nx', 'old SIZE'],
    ['old -1\n\nx', 'old SIZE'],
    ['old 9007199254740993\n\nx', 'old SIZE'],
    ['new 1\n\nx', 'old SIZE'],
    ['old 1 \n\nx', 'old SIZE'],
    [`old 1\n${hash} \n\nx`, 'no hash'],
    [`old 1\n${hash.replace('=', '')}\n\nx`, 'no hash'],
    [`old 1\n${Buffer.alloc(31).toString('base64')}\n\nx`, 'no hash'],
    [`old 1\n${`${hash}\n`.repeat(64)}\nx`, 'more than 63'],
  ])('%j is refused', (body, message) => {
    expect(() => parseRequest(body)).toThrow(
      expect.objectContaining({ code: 'audit.request_malformed', message: expect.stringContaining(message) }),
    );
  });
});
