/** Bundles of 256 entries as they are served (c2sp.org/tlog-tiles). */

const WIDTH = 256;

/** Paths of all bundles of a log of that size, in their order. */
export function entryPaths(size: number): readonly string[] {
  return Array.from({ length: Math.ceil(size / WIDTH) }, (_, index) => {
    const width = Math.min(WIDTH, size - index * WIDTH);
    return `tile/entries/${groups(index)}${width === WIDTH ? '' : `.p/${width}`}`;
  });
}

/** `x001/234`: three digits a group, all but the last after an x. */
function groups(index: number): string {
  const digits = String(index);
  const padded = digits.padStart(Math.ceil(digits.length / 3) * 3, '0');
  return (padded.match(/.{3}/g) ?? []).map((three, at, all) => (at === all.length - 1 ? three : `x${three}`)).join('/');
}

/**
 * Where each entry begins and ends, two numbers an entry, each with the byte before it, which becomes the 0x00 that
 * a leaf's hash begins with: so nothing is copied.
 * @returns undefined: the bundle is cut off
 */
export function leavesOf(bundle: Uint8Array): Uint32Array | undefined {
  const places: number[] = [];
  for (let at = 0; at < bundle.length; ) {
    const [high, low] = [bundle[at], bundle[at + 1]];
    if (high === undefined || low === undefined) return undefined;
    const end = at + 2 + high * 256 + low;
    if (end > bundle.length) return undefined;
    bundle[at + 1] = 0;
    places.push(at + 1, end);
    at = end;
  }
  return Uint32Array.from(places);
}
