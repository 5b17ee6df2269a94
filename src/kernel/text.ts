/** Text from elsewhere, made fit to be stored and shown. */

/**
 * Control characters (PostgreSQL refuses NUL, a terminal obeys others) and halves of surrogate pairs
 * become U+FFFD; what is longer than `max` code units is cut.
 */
export const printable = (text: string, max = 2_000): string =>
  text
    .slice(0, max)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    .replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g, '\ufffd')
    .toWellFormed();
