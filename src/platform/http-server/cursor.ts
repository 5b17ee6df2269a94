/** Opaque cursors of pages that run from the newest row to the oldest: the last row's time and id, or its mark. */
import { PlumblineError } from '../../kernel/errors.ts';
import { type Id, isUuid, parseId } from '../../kernel/ids.ts';

export const encodeCursor = (at: Date, id: string): string =>
  Buffer.from(`${at.toISOString()} ${id}`).toString('base64url');

/** @throws `page.cursor_malformed` (invalid) */
export function decodeCursor<Of extends string>(what: Of, cursor: string): { readonly at: Date; readonly id: Id<Of> } {
  const [time = '', id = ''] = Buffer.from(cursor, 'base64url').toString('utf8').split(' ');
  const at = new Date(time);
  if (!/^\d{4}-/.test(time) || Number.isNaN(at.getTime()) || !isUuid(id)) throw malformed();
  return { at, id: parseId(what, id) };
}

/** A cursor of rows that have a place of their own, such as a number. */
export const encodeMark = (mark: string): string => Buffer.from(`at ${mark}`).toString('base64url');

/** @param form what a mark looks like. @throws `page.cursor_malformed` (invalid) */
export function decodeMark(cursor: string, form: RegExp): string {
  const [word, mark = ''] = Buffer.from(cursor, 'base64url').toString('utf8').split(' ');
  if (word !== 'at' || !form.test(mark) || encodeMark(mark) !== cursor) throw malformed();
  return mark;
}

const malformed = (): PlumblineError =>
  new PlumblineError('invalid', 'page.cursor_malformed', 'cursor is not one that this API gave; start without it', {
    faults: [{ pointer: 'query/cursor', message: 'take it from `next` of the page before' }],
  });
