/** Threads that read segments; in this thread where there are none. */
import { Worker } from 'node:worker_threads';
import type { Segment } from './segment.ts';
import { readFolderSegment, type SegmentRequest, type SegmentResult } from './segment-job.ts';

type Waiting = { readonly resolve: (segment: Segment) => void; readonly reject: (error: unknown) => void };

/** As it is beside this file: in source, or compiled. */
const file = (): URL =>
  import.meta.url.endsWith('.ts')
    ? new URL('./segment-worker.ts', import.meta.url)
    : new URL('./segment-worker.js', import.meta.url);

export class Pool {
  readonly #workers: readonly Worker[];
  readonly #waiting = new Map<number, Waiting>();
  #asked = 0;

  constructor(threads: number) {
    this.#workers = Array.from({ length: threads }, () => new Worker(file()));
    for (const worker of this.#workers) {
      worker.on('message', ({ id, segment }: SegmentResult) => {
        this.#waiting.get(id)?.resolve(segment);
        this.#waiting.delete(id);
      });
      worker.on('error', (error) => this.#fail(error));
    }
  }

  /** So many at once keep every thread busy. */
  get depth(): number {
    return Math.max(1, this.#workers.length * 3);
  }

  read(request: Omit<SegmentRequest, 'id'>): Promise<Segment> {
    const id = this.#asked;
    this.#asked += 1;
    const worker = this.#workers[id % this.#workers.length];
    if (worker === undefined) return Promise.resolve(readFolderSegment({ ...request, id }));
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      worker.postMessage({ ...request, id });
    });
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }

  #fail(error: unknown): void {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}
