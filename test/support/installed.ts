/** What tests need and the machine may not have: said loudly, and a failure where everything is required. */

/** @param remedy the command that installs it. @throws with PLUMBLINE_TEST_REQUIRE_ALL=1 */
export function sayMissing(what: string, remedy: string): void {
  const line = `TESTS ARE SKIPPED: ${what} is not installed; install it with: ${remedy}`;
  if (process.env.PLUMBLINE_TEST_REQUIRE_ALL === '1') throw new Error(line);
  process.stderr.write(`${line}\n`);
}
