/** What is wrong with the options of the library: collected, so that none hides another. */
import { type Fault, PlumblineError } from '../../kernel/errors.ts';

/** A whole number within bounds. */
export interface Range {
  readonly min: number;
  readonly max: number;
  readonly unit: string;
}

/** What a nested object of whole numbers may hold. */
export type Ranges = Range | { readonly [name: string]: Ranges };

export class Faults {
  readonly #faults: Fault[] = [];

  add(pointer: string, message: string): void {
    this.#faults.push({ pointer, message });
  }

  /** @returns whether it is an object, and so can be looked into. An absent one is none. */
  object(pointer: string, value: unknown, known: readonly string[]): value is object {
    if (value === undefined) return false;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      this.add(pointer, `is not an object; it may hold ${known.join(', ')}`);
      return false;
    }
    for (const name of Object.keys(value).filter((each) => !known.includes(each))) {
      this.add(`${pointer}/${name}`, `there is no "${name.slice(0, 40)}"; there are ${known.join(', ')}`);
    }
    return true;
  }

  /** Every number below `value`, an absent one excepted. */
  ranges(pointer: string, value: unknown, ranges: Ranges): void {
    if (value === undefined) return;
    if (isRange(ranges)) {
      const { min, max, unit } = ranges;
      if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return;
      this.add(pointer, `${shown(value)} is not a whole number of ${unit} from ${min} to ${max}`);
      return;
    }
    if (!this.object(pointer, value, Object.keys(ranges))) return;
    const given = new Map<string, unknown>(Object.entries(value));
    for (const [name, each] of Object.entries(ranges)) this.ranges(`${pointer}/${name}`, given.get(name), each);
  }

  /** Not shown in its message: it may hold a password. */
  url(pointer: string, value: unknown, protocols: readonly string[]): void {
    if (value === undefined) return;
    if (typeof value === 'string' && URL.canParse(value) && protocols.includes(new URL(value).protocol)) return;
    this.add(pointer, `is not a URL that starts with ${protocols.map((each) => `${each}//`).join(' or ')}`);
  }

  /** @throws `rates.options_invalid` (invalid) */
  assertNone(): void {
    if (this.#faults.length === 0) return;
    const said = this.#faults.map(({ pointer, message }) => `${pointer} ${message}`);
    throw new PlumblineError('invalid', 'rates.options_invalid', `the options of the rates: ${said.join('; ')}`, {
      faults: this.#faults,
    });
  }
}

const isRange = (ranges: Ranges): ranges is Range => typeof ranges.min === 'number';

/** A value of any kind, short and harmless. */
function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 40));
  return typeof value === 'object' && value !== null ? 'an object' : String(value).slice(0, 40);
}
