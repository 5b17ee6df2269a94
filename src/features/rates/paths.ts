/** Where a pair stands in the API. */
export function pathOf(pair: string): string {
  const [base = '', quote = ''] = pair.split('/');
  return `/v1/rates/${encodeURIComponent(base)}/${encodeURIComponent(quote)}`;
}
