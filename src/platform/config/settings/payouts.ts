/** What payouts are held to when nobody knows, and who is told of a halt. */
import { HTTP, integer, oneOf, url, webhookSecrets } from '../kinds.ts';

export const PAYOUTS = {
  PAYOUTS_BEFORE_FIRST_REPORT: oneOf(['permitted', 'halted'], {
    about:
      'Whether payouts may be made while no report of the book has come to a verdict. It decides once, when the service of a book starts for the first time.',
    example: 'halted',
    fallback: 'permitted',
  }),
  PAYOUTS_OVERRIDE_MAX_HOURS: integer(
    { min: 1, max: 168, unit: 'hours' },
    {
      about: 'How long an override that two people made may let payouts pass in spite of a deficit.',
      example: '8',
      fallback: '24',
    },
  ),
  PAYOUTS_WEBHOOK_URL: url(HTTP, {
    about:
      'Where each decision about payouts is sent, as a Standard Webhook signed with PAYOUTS_WEBHOOK_SECRET. Absent: nothing is sent.',
    example: 'https://gateway.internal/hooks/payouts',
  }),
  PAYOUTS_WEBHOOK_SECRET: webhookSecrets({
    about: 'Signs PAYOUTS_WEBHOOK_URL; two with a space between them while it is changed: both sign.',
    example: 'whsec_...',
    secret: true,
  }),
} as const;
