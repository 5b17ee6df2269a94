/**
 * The text form of PostgreSQL's arrays: `{1,NULL,"a \"b\""}`, nested, or with its bounds before it:
 * `[0:1]={1,2}`. https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO
 */

export function parseArray(text: string, element: (text: string) => unknown): readonly unknown[] {
  let at = text.indexOf('{') + 1;

  const quoted = (): unknown => {
    let value = '';
    for (at++; text[at] !== '"'; at++) {
      if (text[at] === '\\') at++;
      value += text[at];
    }
    at++;
    return element(value);
  };

  const bare = (): unknown => {
    const from = at;
    while (text[at] !== ',' && text[at] !== '}') at++;
    const value = text.slice(from, at);
    return value === 'NULL' ? null : element(value);
  };

  const members = (): unknown[] => {
    const values: unknown[] = [];
    while (at < text.length && text[at] !== '}') {
      if (text[at] === '{') {
        at++;
        values.push(members());
      } else {
        values.push(text[at] === '"' ? quoted() : bare());
      }
      if (text[at] === ',') at++;
    }
    at++;
    return values;
  };

  return members();
}
