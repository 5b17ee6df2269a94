/** Time in the browser: the one place that reads it. */

export const now = (): number => Date.now();

/** Milliseconds that only grow. */
export const monotonic = (): number => performance.now();

/** @returns how to call it off */
export function every(ms: number, act: () => void): () => void {
  const timer = setInterval(act, ms);
  return () => clearInterval(timer);
}

/** @returns how to call it off */
export function after(ms: number, act: () => void): () => void {
  const timer = setTimeout(act, ms);
  return () => clearTimeout(timer);
}
