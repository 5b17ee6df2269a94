/** What is in the store and in no batch: what it may be, and what is to be done with it. */

type Part = 'object' | 'manifest' | 'receipt';

const PARTS: readonly (readonly [Part, RegExp])[] = [
  ['object', /\.jsonl\.(zst|gz)$/],
  ['manifest', /\.[0-9a-f]{16}\.manifest\.json$/],
  ['receipt', /\.[0-9a-f]{16}\.receipt\.json$/],
];

/** The key of an object, a manifest or a receipt; undefined for any other. */
function partOf(key: string): { readonly part: Part; readonly stem: string } | undefined {
  for (const [part, end] of PARTS) if (end.test(key)) return { part, stem: key.replace(end, '') };
  return undefined;
}

export interface Orphan {
  readonly key: string;
  readonly message: string;
}

/**
 * @param keys in the store, that no batch knows
 * @param known whether a batch knows an object of this stem
 * @param logged keys of objects whose rows were let go, as the audit log says
 */
export function orphansOf(
  keys: readonly string[],
  known: (stem: string) => boolean,
  logged: ReadonlySet<string>,
): readonly Orphan[] {
  const parts = new Map<string, Set<Part>>();
  const gone = new Set([...logged].map((key) => partOf(key)?.stem));
  for (const key of keys) {
    const found = partOf(key);
    if (found === undefined) continue;
    const there = parts.get(found.stem) ?? new Set();
    parts.set(found.stem, there.add(found.part));
  }
  return keys.map((key) => {
    const found = partOf(key);
    const there = parts.get(found?.stem ?? '') ?? new Set<Part>();
    const said = found === undefined ? UNKNOWN : saidOf(there, known(found.stem), gone.has(found.stem));
    return { key, message: `${key} is in the store, and no batch knows it: ${said}` };
  });
}

const UNKNOWN = 'look at it';
const REBUILD = 'do not delete it; it comes back by: plumbline archive rebuild';

function saidOf(there: ReadonlySet<Part>, known: boolean, gone: boolean): string {
  if (!there.has('object') && !known) {
    return 'the object that it is of is not there. If a version or a copy of the bucket has that, bring it back first; without it these bytes prove that it was, and nothing more';
  }
  if (there.has('manifest') && there.has('receipt')) {
    return `its rows are archived, and this database has lost its batch, or is older than it: ${REBUILD}`;
  }
  if (there.has('manifest')) {
    return `it has no receipt, so its process ended while its rows left their table, or before: some may be nowhere else. Do not delete it; ${
      gone ? 'the audit log says that they began to leave. Compare' : 'compare'
    } its rows with the table (docs/operations/restore.md)`;
  }
  if (gone) {
    return 'the audit log says that its rows began to leave their table, and its manifest is lost: do not delete it; a version or a copy of the bucket may have the manifest';
  }
  if (there.has('receipt'))
    return 'it has a receipt, and its manifest is lost: do not delete it; a version or a copy of the bucket may have the manifest';
  return 'it has no manifest, and the audit log does not know it: its upload was not brought to its end, and no row left its table for it. When no run is under way, and no other database archives to this bucket, delete it';
}
