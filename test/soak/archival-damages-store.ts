/** Damages to what is in the store. */
import type { ColdDouble } from '../support/cold-double.ts';
import type { Damage, Sound } from './archival-damages.ts';
import type { Dice } from './month/dice.ts';

const KINDS = ['bit', 'bit', 'bit', 'bit', 'zeros', 'cut', 'longer', 'drop', 'swap', 'copy', 'frames'] as const;
type Part = 'object' | 'manifest' | 'receipt';

const keyOf = ({ object, receiptKey }: Sound, part: Part): string =>
  part === 'object' ? object.key : part === 'manifest' ? object.manifestKey : receiptKey;

export function damageStore(dice: Dice, cold: Pick<ColdDouble, 'objects'>, sound: readonly Sound[]): Damage {
  const { objects } = cold;
  const one = dice.pick(sound);
  const part = dice.pick(['object', 'object', 'object', 'manifest', 'receipt'] as const);
  const kind = dice.pick(KINDS);
  const key = keyOf(one, part);
  const stored = objects.get(key);
  if (stored === undefined) throw new Error(`there is no ${key}`);
  const bytes = Buffer.from(stored.bytes);
  const what = `${kind} of a ${part}`;
  const named = (message: string): boolean => message.includes(key);
  /** Of an object, the frame that has the byte. */
  const framed = (at: number) => (message: string) =>
    named(message) &&
    (part !== 'object' ||
      one.frames.some(
        ({ index, offset, bytes: size }) => at >= offset && at < offset + size && message.includes(`frame ${index} `),
      ));
  const put = (to: string, changed: Buffer): void => {
    objects.set(to, { ...stored, bytes: changed });
  };
  const at = dice.whole(0, bytes.length - 1);
  switch (kind) {
    case 'bit':
      bytes.writeUInt8((bytes[at] ?? 0) ^ (1 << dice.whole(0, 7)), at);
      put(key, bytes);
      return { what, located: framed(at) };
    case 'zeros': {
      const to = Math.min(bytes.length, at + dice.whole(8, 512));
      const first = bytes.subarray(at, to).findIndex((byte) => byte !== 0);
      if (first < 0) return damageStore(dice, cold, sound);
      bytes.fill(0, at, to);
      put(key, bytes);
      return { what, located: framed(at + first) };
    }
    case 'cut':
      put(key, bytes.subarray(0, at));
      return { what, located: named };
    case 'longer':
      put(key, Buffer.concat([bytes, dice.bytes(dice.whole(1, 100))]));
      return { what, located: named };
    case 'drop':
      objects.delete(key);
      return { what, located: named };
    case 'swap': {
      const other = keyOf(dice.pick(sound.filter((each) => each !== one)), part);
      const its = objects.get(other);
      if (its === undefined) throw new Error(`there is no ${other}`);
      put(key, its.bytes);
      objects.set(other, { ...its, bytes: stored.bytes });
      return { what, located: named };
    }
    case 'copy': {
      const twin = key.replace(/[0-9a-f]{32}/, Buffer.from(dice.bytes(16)).toString('hex'));
      put(twin, bytes);
      return { what, located: (message) => message.includes(twin) };
    }
    case 'frames': {
      const [first, second] = [one.frames[0], one.frames[1]];
      if (part !== 'object' || first === undefined || second === undefined) {
        put(key, Buffer.concat([bytes, bytes]));
        return { what: `doubling of a ${part}`, located: named };
      }
      const [a, b] = [bytes.subarray(0, first.bytes), bytes.subarray(first.bytes, first.bytes + second.bytes)];
      put(key, Buffer.concat([b, a, bytes.subarray(first.bytes + second.bytes)]));
      return { what, located: framed(0) };
    }
  }
}
