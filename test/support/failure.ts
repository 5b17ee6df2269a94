/** The error that `work` rejects with. @throws when it resolves */
export async function failure(work: Promise<unknown>): Promise<unknown> {
  let answer: unknown;
  try {
    answer = await work;
  } catch (error) {
    return error;
  }
  throw new Error(`it was to fail, and answered ${String(answer)}`);
}
