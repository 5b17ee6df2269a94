/**
 * What makes a checkpoint of a day provable without us: its copy and its tiles in the object store, a time
 * stamp, and the promise of the calendars. The store is the record of what was done: whatever is missing
 * beside a checkpoint is done when it is anchored again.
 */
import { messageOf } from '../../../kernel/errors.ts';
import type { ObjectStore } from '../../../platform/objects/port.ts';
import type { Calendars } from './ots.ts';
import { otsStatus, readOts } from './ots-file.ts';
import type { Publication } from './publication.ts';
import type { TimeStampAuthority } from './time-stamp-client.ts';

export interface AnchorsDeps {
  readonly objects: ObjectStore;
  readonly publication: Publication;
  readonly authority?: TimeStampAuthority;
  readonly calendars?: Calendars;
}

export interface Anchored {
  /** Of the checkpoint, in the object store. */
  readonly key: string;
  /** What stands beside it now. */
  readonly anchors: readonly string[];
  /** What could not be had; the next try may get it. */
  readonly faults: readonly string[];
}

export class Anchors {
  readonly #deps: AnchorsDeps;

  constructor(deps: AnchorsDeps) {
    this.#deps = deps;
  }

  /**
   * Publishes the checkpoint, and gets what is missing beside it.
   * @throws those of the publication; what an authority or a calendar fails at is among the faults
   */
  async anchor(note: string): Promise<Anchored> {
    const { publication, authority, calendars } = this.#deps;
    const key = await publication.publish(note);
    const there = await this.#beside(key);
    const faults: string[] = [];
    const get = async (kind: 'tsr' | 'ots', make: () => Promise<Uint8Array>): Promise<void> => {
      if (there.some((each) => each.endsWith(`.${kind}`))) return;
      try {
        await publication.anchor(key, kind, await make());
      } catch (error) {
        faults.push(messageOf(error));
      }
    };
    const document = Buffer.from(note);
    if (authority !== undefined) await get('tsr', async () => (await authority.stamp(document)).answer);
    if (calendars !== undefined) await get('ots', async () => (await calendars.stamp(document)).file);
    return { key, anchors: await this.#beside(key), faults };
  }

  /**
   * Asks the calendars again about a checkpoint whose proof no block attests yet; a better proof is put
   * beside the one before.
   * @returns whether a block attests by now, or none is asked for
   */
  async upgrade(key: string): Promise<boolean> {
    const { objects, publication, calendars } = this.#deps;
    if (calendars === undefined) return true;
    const files = (await this.#beside(key)).filter((each) => each.endsWith('.ots'));
    const proofs = await Promise.all(files.map((each) => objects.get(each)));
    if (proofs.some((each) => otsStatus(readOts(each)).blocks.length > 0)) return true;
    const [pending] = proofs;
    if (pending === undefined) return false;
    const upgraded = await calendars.upgrade(pending);
    if (upgraded.blocks.length === 0) return false;
    await publication.anchor(key, 'ots', upgraded.file);
    return true;
  }

  async #beside(key: string): Promise<readonly string[]> {
    const found: string[] = [];
    for await (const each of this.#deps.objects.list(`${key}.`)) found.push(each);
    return found;
  }
}
