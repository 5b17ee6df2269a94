/** The providers' error bodies: their shapes, our words. */
import type { ProviderName } from './faults.ts';

export interface ErrorBody {
  readonly text: string;
}

const page = (title: string): ErrorBody => ({
  text: `<!DOCTYPE html><html><head><title>${title}</title></head></html>`,
});
const json = (value: object): ErrorBody => ({ text: JSON.stringify(value) });

export const UNAUTHORIZED: ErrorBody = json({ Err: { type: 1, message: 'An API key is needed', other_info: {} } });

export const NOT_FOUND: Readonly<Record<ProviderName, ErrorBody>> = {
  coingecko: json({ error: 'not found' }),
  binance: json({ code: -1121, msg: 'Invalid symbol.' }),
  cryptocompare: json({ Response: 'Error', Message: 'Path does not exist', HasWarning: false, Type: 1, Data: {} }),
  vietcombank: page('404'),
  'open-er-api': json({ result: 'error', 'error-type': 'unsupported-code' }),
  frankfurter: json({ status: 404, message: 'not found' }),
  'binance-p2p': page('404'),
};

export const RATE_LIMITED: Readonly<Record<ProviderName, ErrorBody>> = {
  coingecko: json({ status: { error_code: 429, error_message: 'Too many calls; slow down or take a larger plan.' } }),
  binance: json({ code: -1003, msg: 'Too much request weight used; use the websocket instead.' }),
  cryptocompare: json({
    Response: 'Error',
    Message: 'You are over your rate limit.',
    HasWarning: false,
    Type: 99,
    RateLimit: { calls_made: { second: 1, minute: 301 }, max_calls: { second: 20, minute: 300 } },
    Data: {},
  }),
  vietcombank: page('429'),
  'open-er-api': json({ result: 'error', 'error-type': 'quota-reached' }),
  frankfurter: json({ status: 429, message: 'too many requests' }),
  'binance-p2p': json({ code: '100429', message: 'Too many requests', data: null, success: false }),
};

/** What each answers under HTTP 200 when something is wrong on its side. */
export const errorUnder200 = (provider: ProviderName): ErrorBody => UNDER_200[provider];

const UNDER_200: Readonly<Record<ProviderName, ErrorBody>> = {
  coingecko: json({ status: { error_code: 1000, error_message: 'Something went wrong on our side.' } }),
  binance: json({ code: -1000, msg: 'An unknown error occurred while processing the request.' }),
  cryptocompare: json({
    Response: 'Error',
    Message: 'tsyms param seems to be missing.',
    HasWarning: false,
    Type: 2,
    RateLimit: {},
    Data: {},
    ParamWithError: 'tsyms',
  }),
  vietcombank: json({ Count: 0, Date: null, UpdatedDate: null, Data: [] }),
  'open-er-api': json({ result: 'error', 'error-type': 'unsupported-code' }),
  frankfurter: json({ status: 500, message: 'internal error' }),
  'binance-p2p': json({ code: '000002', message: 'A parameter is wrong', data: null, success: false }),
};
