/** What a composed program is: what it is asked for, its parts, and how it is set to work. */
import type { AccessService } from '../features/access/service.ts';
import type { Approvals } from '../features/approvals/service.ts';
import type { AuditLog } from '../features/audit/service.ts';
import type { NotificationService } from '../features/notifications/service.ts';
import type { PayoutService } from '../features/payouts/service.ts';
import type { ExchangeRateService } from '../features/rates/service.ts';
import type { RatesSettings } from '../features/rates/settings.ts';
import type { Book, BookOverrides } from '../features/reconciliation/book.ts';
import type { ReconciliationService } from '../features/reconciliation/service.ts';
import type { Config } from '../platform/config/config.ts';
import type { RegisterRoutes, Routes } from '../platform/http-server/port.ts';
import type { Metrics } from '../platform/telemetry/metrics.ts';
import type { AuditSigning } from './audit-signing.ts';
import type { AdapterOptions, Adapters } from './service-adapters.ts';

export interface ComposeOptions extends AdapterOptions {
  /** Apply pending migrations to a database server, too; the embedded one always follows. */
  readonly migrate?: boolean;
  readonly book?: BookOverrides;
  readonly rates?: RatesSettings;
  readonly routes?: (app: Parts) => readonly RegisterRoutes[];
  /** For tests: each HTTP answer is held against its route's schema, and told here when it matches. */
  readonly onAnswerChecked?: ((answer: string) => void) | undefined;
}

export interface Parts extends Adapters {
  readonly config: Config;
  readonly metrics: Metrics;
  readonly book: Book;
  readonly rates: ExchangeRateService;
  readonly reconciliation: ReconciliationService;
  readonly payouts: PayoutService;
  readonly notifications: NotificationService;
  readonly access: AccessService;
  /** To which each feature adds what of it is dangerous. */
  readonly approvals: Approvals;
  readonly audit: AuditLog;
  /** Where this process signs the log. */
  readonly signing: AuditSigning | undefined;
}

export interface App extends Parts {
  readonly server: Routes;
  /** @returns the address */
  listen(): Promise<string>;
  startWorker(): Promise<void>;
  close(): Promise<void>;
}
