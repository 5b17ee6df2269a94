/** As api-types.ts, of operations that not every service has: a page of them is shown where the service describes them. */

export interface OptionalOperations {
  'GET /v1/approvals': {
    readonly path: Readonly<Record<string, never>>;
    readonly query: {
      readonly limit?: number | undefined;
      readonly cursor?: string | undefined;
      readonly state?: 'pending' | 'executed' | 'rejected' | 'withdrawn' | 'expired' | 'void' | undefined;
    };
    readonly body: undefined;
    readonly answer: {
      readonly data: readonly {
        readonly id: string;
        readonly action: string;
        readonly target: string;
        readonly payload: unknown;
        readonly payload_hash: string;
        readonly reason: string;
        readonly requested_by: string;
        readonly requested_via: string;
        readonly requested_at: string;
        readonly expires_at: string;
        readonly state: 'pending' | 'executed' | 'rejected' | 'withdrawn' | 'expired' | 'void';
        readonly decided_by: string | null;
        readonly decided_via: string | null;
        readonly decided_at: string | null;
        readonly decision_reason: string | null;
        readonly result: unknown;
        readonly break_glass: boolean;
        readonly reviewed_by: string | null;
        readonly reviewed_at: string | null;
        readonly review_note: string | null;
      }[];
      readonly next: string | null;
    };
  };
  'GET /v1/archive/batches': {
    readonly path: Readonly<Record<string, never>>;
    readonly query: {
      readonly table?: string | undefined;
      readonly state?: 'claimed' | 'exported' | 'uploaded' | 'verified' | 'committing' | 'committed' | 'sealed' | 'purged' | 'abandoned' | undefined;
      readonly before?: number | undefined;
      readonly limit?: number | undefined;
    };
    readonly body: undefined;
    readonly answer: {
      readonly data: readonly {
        readonly no: number;
        readonly id: string;
        readonly table: string;
        readonly way: 'rows' | 'partition' | 'purge';
        readonly state: 'claimed' | 'exported' | 'uploaded' | 'verified' | 'committing' | 'committed' | 'sealed' | 'purged' | 'abandoned';
        readonly from: string;
        readonly to: string;
        readonly claimed_at: string;
        readonly committed_at: string | null;
        readonly archived_rows: number;
        readonly kept_rows: number;
        readonly abandoned_reason: string | null;
        readonly cooling_until: string | null;
        readonly object: {
          readonly s3_bucket: string;
          readonly archive_path: string;
          readonly storage_class: string;
          readonly codec: 'zstd' | 'gzip';
          readonly rows: number;
          readonly raw_bytes: number;
          readonly bytes: number;
          readonly sha256: string;
          readonly merkle_root: string;
          readonly manifest_path: string;
          readonly manifest_sha256: string;
          readonly previous_manifest_sha256: string | null;
        } | null;
      }[];
    };
  };
  'GET /v1/archive/plan': {
    readonly path: Readonly<Record<string, never>>;
    readonly query: {
      readonly table: string;
    };
    readonly body: undefined;
    readonly answer: {
      readonly table: string;
      readonly policy: {
        readonly column: string;
        readonly key: string;
        readonly age_days: number;
        readonly storage_class: 'STANDARD' | 'GLACIER' | 'DEEP_ARCHIVE';
        readonly format: 'zstd' | 'gzip';
        readonly rows_per_object: number;
        readonly window: {
          readonly from: string;
          readonly to: string;
        } | null;
        readonly throttle: {
          readonly busy_percent: number;
          readonly max_lag_ms: number;
          readonly max_statement_ms: number;
          readonly max_wal_kb_per_second: number | null;
        };
        readonly legal_hold: boolean;
        readonly hold_days: number;
        readonly retention: {
          readonly mode: 'GOVERNANCE' | 'COMPLIANCE';
          readonly days: number;
        } | null;
        readonly purge_only: boolean;
        readonly cooling_hours: number;
        readonly enabled: boolean;
      };
      readonly before: string;
      readonly possible: boolean;
      readonly faults: readonly {
        readonly pointer: string;
        readonly message: string;
      }[];
      readonly risks: readonly {
        readonly code: string;
        readonly message: string;
      }[];
      readonly months: readonly {
        readonly month: string;
        readonly rows: number;
      }[];
      readonly rows: number;
      readonly objects: number;
      readonly raw_bytes: string;
      readonly stored_bytes: string;
      readonly table_bytes: string;
      readonly freed_bytes: string;
      readonly pointer_bytes: string;
      readonly prices: {
        readonly dated: string;
        readonly currency: string;
        readonly region: string;
        readonly sources: readonly string[];
      };
      readonly cost_now_month: string | null;
      readonly cost_later_month: string | null;
      readonly cost_upload: string | null;
      readonly cost_minimum: string | null;
      readonly minimum_days: number | null;
      readonly retrieval: readonly {
        readonly tier: string;
        readonly cost: string;
      }[];
    };
  };
  'GET /v1/archive/policies': {
    readonly path: Readonly<Record<string, never>>;
    readonly query: Readonly<Record<string, never>>;
    readonly body: undefined;
    readonly answer: {
      readonly data: readonly {
        readonly table: string;
        readonly version: number;
        readonly policy: {
          readonly column: string;
          readonly key: string;
          readonly age_days: number;
          readonly storage_class: 'STANDARD' | 'GLACIER' | 'DEEP_ARCHIVE';
          readonly format: 'zstd' | 'gzip';
          readonly rows_per_object: number;
          readonly window: {
            readonly from: string;
            readonly to: string;
          } | null;
          readonly throttle: {
            readonly busy_percent: number;
            readonly max_lag_ms: number;
            readonly max_statement_ms: number;
            readonly max_wal_kb_per_second: number | null;
          };
          readonly legal_hold: boolean;
          readonly hold_days: number;
          readonly retention: {
            readonly mode: 'GOVERNANCE' | 'COMPLIANCE';
            readonly days: number;
          } | null;
          readonly purge_only: boolean;
          readonly cooling_hours: number;
          readonly enabled: boolean;
        };
        readonly set_by: string;
        readonly set_at: string;
      }[];
    };
  };
  'GET /v1/archive/runs': {
    readonly path: Readonly<Record<string, never>>;
    readonly query: {
      readonly limit?: number | undefined;
    };
    readonly body: undefined;
    readonly answer: {
      readonly data: readonly {
        readonly id: string;
        readonly table: string;
        readonly policy_version: number;
        readonly started_by: string;
        readonly started_at: string;
        readonly state: 'running' | 'done' | 'stopped' | 'failed';
        readonly wanted: 'run' | 'pause' | 'stop';
        readonly phase: string;
        readonly rows_total: string | null;
        readonly rows_done: string;
        readonly rows_kept: string;
        readonly objects_done: number;
        readonly bytes_done: string;
        readonly ended_at: string | null;
        readonly error: {
          readonly code: string;
          readonly message: string;
        } | null;
      }[];
    };
  };
  'GET /v1/archive/verification': {
    readonly path: Readonly<Record<string, never>>;
    readonly query: {
      readonly table?: string | undefined;
      readonly batch?: number | undefined;
      readonly before?: number | undefined;
      readonly bytes?: string | undefined;
      readonly limit?: number | undefined;
    };
    readonly body: undefined;
    readonly answer: {
      readonly data: readonly {
        readonly batch: number;
        readonly table: string;
        readonly archive_path: string | null;
        readonly sound: boolean;
        readonly object: 'bytes' | 'checksum' | 'not readable' | 'damaged';
        readonly findings: readonly {
          readonly kind: string;
          readonly where: string;
          readonly message: string;
        }[];
      }[];
    };
  };
  'GET /v1/incident-silences': {
    readonly path: Readonly<Record<string, never>>;
    readonly query: {
      readonly all?: 'true' | 'false' | undefined;
    };
    readonly body: undefined;
    readonly answer: {
      readonly data: readonly {
        readonly id: string;
        readonly event: string;
        readonly scope: Readonly<Record<string, unknown>>;
        readonly reason: string;
        readonly starts_at: string;
        readonly ends_at: string;
        readonly created_by: string;
        readonly ended_at: string | null;
        readonly ended_by: string | null;
      }[];
    };
  };
  'GET /v1/incidents': {
    readonly path: Readonly<Record<string, never>>;
    readonly query: {
      readonly status?: 'live' | 'open' | 'acknowledged' | 'resolved' | undefined;
      readonly limit?: number | undefined;
      readonly cursor?: string | undefined;
    };
    readonly body: undefined;
    readonly answer: {
      readonly data: readonly {
        readonly id: string;
        readonly event: string;
        readonly scope: Readonly<Record<string, unknown>>;
        readonly severity: 'info' | 'warning' | 'critical';
        readonly status: 'open' | 'acknowledged' | 'resolved';
        readonly title: string;
        readonly count: string;
        readonly opened_at: string;
        readonly last_seen_at: string;
        readonly pages: number;
        readonly step: number | null;
        readonly next_page_at: string | null;
        readonly inhibited_by: string | null;
        readonly acknowledged_at: string | null;
        readonly acknowledged_by: string | null;
        readonly resolved_at: string | null;
        readonly resolved_by: string | null;
        readonly resolution: string | null;
      }[];
      readonly next: string | null;
    };
  };
  'GET /v1/incidents/{id}': {
    readonly path: {
      readonly id: string;
    };
    readonly query: Readonly<Record<string, never>>;
    readonly body: undefined;
    readonly answer: {
      readonly id: string;
      readonly event: string;
      readonly scope: Readonly<Record<string, unknown>>;
      readonly severity: 'info' | 'warning' | 'critical';
      readonly status: 'open' | 'acknowledged' | 'resolved';
      readonly title: string;
      readonly count: string;
      readonly opened_at: string;
      readonly last_seen_at: string;
      readonly pages: number;
      readonly step: number | null;
      readonly next_page_at: string | null;
      readonly inhibited_by: string | null;
      readonly acknowledged_at: string | null;
      readonly acknowledged_by: string | null;
      readonly resolved_at: string | null;
      readonly resolved_by: string | null;
      readonly resolution: string | null;
      readonly timeline: readonly {
        readonly at: string;
        readonly kind: 'opened' | 'reopened' | 'paged' | 'unheard' | 'acknowledged' | 'acknowledgement_expired' | 'noted' | 'inhibited' | 'released' | 'silenced' | 'resolved';
        readonly subject: string;
        readonly text: string;
        readonly step: number | null;
      }[];
    };
  };
  'GET /v1/me': {
    readonly path: Readonly<Record<string, never>>;
    readonly query: Readonly<Record<string, never>>;
    readonly body: undefined;
    readonly answer: {
      readonly subject: string;
      readonly via: string;
      readonly name: string | null;
      readonly role: 'viewer' | 'auditor' | 'operator' | 'admin' | 'service';
      readonly scopes: readonly string[];
      readonly authenticated_at: string | null;
      readonly csrf_token: string | null;
      readonly approvals_required: boolean;
    };
  };
  'GET /v1/notification-channels': {
    readonly path: Readonly<Record<string, never>>;
    readonly query: Readonly<Record<string, never>>;
    readonly body: undefined;
    readonly answer: {
      readonly data: readonly {
        readonly channel: 'email' | 'webhook' | 'slack' | 'telegram' | 'zalo' | 'sms';
        readonly providers: readonly string[];
      }[];
      readonly breakers: readonly {
        readonly name: string;
        readonly state: string;
        readonly failures: number;
      }[];
      readonly backlog: {
        readonly due: number;
        readonly oldest_due_at: string | null;
        readonly dead: number;
      };
    };
  };
  'GET /v1/notification-endpoints': {
    readonly path: Readonly<Record<string, never>>;
    readonly query: {
      readonly merchant_id?: string | undefined;
      readonly team?: string | undefined;
    };
    readonly body: undefined;
    readonly answer: {
      readonly data: readonly {
        readonly id: string;
        readonly merchant_id: string | null;
        readonly team: string | null;
        readonly channel: 'email' | 'webhook' | 'slack' | 'telegram' | 'zalo' | 'sms';
        readonly address: string;
        readonly label: string;
        readonly events: readonly string[];
        readonly min_severity: 'info' | 'warning' | 'critical';
        readonly locale: 'vi' | 'en';
        readonly zone: string;
        readonly quiet: {
          readonly from: number;
          readonly until: number;
        } | null;
        readonly digest: 'off' | 'hourly' | 'daily';
        readonly digest_at: number;
        readonly status: 'enabled' | 'disabled';
        readonly disabled_reason: string | null;
        readonly health: {
          readonly failures: number;
          readonly failing_since: string | null;
          readonly last_error: string | null;
          readonly last_success_at: string | null;
        };
        readonly secret_overlap_until: string | null;
        readonly created_by: string;
        readonly created_at: string;
      }[];
    };
  };
  'GET /v1/notification-templates': {
    readonly path: Readonly<Record<string, never>>;
    readonly query: Readonly<Record<string, never>>;
    readonly body: undefined;
    readonly answer: {
      readonly data: readonly {
        readonly event: string;
        readonly locale: 'vi' | 'en';
        readonly channel: string;
        readonly version: number;
        readonly subject: string;
        readonly body: string;
        readonly html: string | null;
        readonly created_by: string;
        readonly created_at: string;
      }[];
    };
  };
  'GET /v1/notifications': {
    readonly path: Readonly<Record<string, never>>;
    readonly query: {
      readonly status?: 'pending' | 'sending' | 'sent' | 'delivered' | 'retrying' | 'dead' | 'suppressed' | undefined;
      readonly channel?: string | undefined;
      readonly event?: string | undefined;
      readonly merchant_id?: string | undefined;
      readonly endpoint_id?: string | undefined;
      readonly incident_id?: string | undefined;
      readonly limit?: number | undefined;
      readonly cursor?: string | undefined;
    };
    readonly body: undefined;
    readonly answer: {
      readonly data: readonly {
        readonly id: string;
        readonly event: string;
        readonly severity: 'info' | 'warning' | 'critical';
        readonly channel: string;
        readonly recipient: string;
        readonly status: 'pending' | 'sending' | 'sent' | 'delivered' | 'retrying' | 'dead' | 'suppressed';
        readonly suppressed: string | null;
        readonly merchant_id: string | null;
        readonly payment_id: string | null;
        readonly endpoint_id: string | null;
        readonly team: string | null;
        readonly incident_id: string | null;
        readonly message: string;
        readonly retry_count: number;
        readonly next_retry_at: string | null;
        readonly provider: string | null;
        readonly provider_message_id: string | null;
        readonly error_message: string | null;
        readonly owner: string | null;
        readonly test: boolean;
        readonly created_at: string;
        readonly sent_at: string | null;
        readonly delivered_at: string | null;
      }[];
      readonly next: string | null;
    };
  };
  'GET /v1/notifications/{id}': {
    readonly path: {
      readonly id: string;
    };
    readonly query: Readonly<Record<string, never>>;
    readonly body: undefined;
    readonly answer: {
      readonly id: string;
      readonly event: string;
      readonly severity: 'info' | 'warning' | 'critical';
      readonly channel: string;
      readonly recipient: string;
      readonly status: 'pending' | 'sending' | 'sent' | 'delivered' | 'retrying' | 'dead' | 'suppressed';
      readonly suppressed: string | null;
      readonly merchant_id: string | null;
      readonly payment_id: string | null;
      readonly endpoint_id: string | null;
      readonly team: string | null;
      readonly incident_id: string | null;
      readonly message: string;
      readonly retry_count: number;
      readonly next_retry_at: string | null;
      readonly provider: string | null;
      readonly provider_message_id: string | null;
      readonly error_message: string | null;
      readonly owner: string | null;
      readonly test: boolean;
      readonly created_at: string;
      readonly sent_at: string | null;
      readonly delivered_at: string | null;
      readonly attempts: readonly {
        readonly attempt: number;
        readonly ordinal: number;
        readonly provider: string;
        readonly outcome: 'delivered' | 'accepted' | 'throttled' | 'failed' | 'refused' | 'gone' | 'unknown';
        readonly status_code: number | null;
        readonly provider_message_id: string | null;
        readonly error: string | null;
        readonly started_at: string;
        readonly duration_ms: number;
      }[];
    };
  };
  'POST /v1/approvals/{id}/approve': {
    readonly path: {
      readonly id: string;
    };
    readonly query: Readonly<Record<string, never>>;
    readonly body: {
      readonly payload_hash: string;
    };
    readonly answer: {
      readonly id: string;
      readonly action: string;
      readonly target: string;
      readonly payload: unknown;
      readonly payload_hash: string;
      readonly reason: string;
      readonly requested_by: string;
      readonly requested_via: string;
      readonly requested_at: string;
      readonly expires_at: string;
      readonly state: 'pending' | 'executed' | 'rejected' | 'withdrawn' | 'expired' | 'void';
      readonly decided_by: string | null;
      readonly decided_via: string | null;
      readonly decided_at: string | null;
      readonly decision_reason: string | null;
      readonly result: unknown;
      readonly break_glass: boolean;
      readonly reviewed_by: string | null;
      readonly reviewed_at: string | null;
      readonly review_note: string | null;
    };
  };
  'POST /v1/approvals/{id}/reject': {
    readonly path: {
      readonly id: string;
    };
    readonly query: Readonly<Record<string, never>>;
    readonly body: {
      readonly reason: string;
    };
    readonly answer: {
      readonly id: string;
      readonly action: string;
      readonly target: string;
      readonly payload: unknown;
      readonly payload_hash: string;
      readonly reason: string;
      readonly requested_by: string;
      readonly requested_via: string;
      readonly requested_at: string;
      readonly expires_at: string;
      readonly state: 'pending' | 'executed' | 'rejected' | 'withdrawn' | 'expired' | 'void';
      readonly decided_by: string | null;
      readonly decided_via: string | null;
      readonly decided_at: string | null;
      readonly decision_reason: string | null;
      readonly result: unknown;
      readonly break_glass: boolean;
      readonly reviewed_by: string | null;
      readonly reviewed_at: string | null;
      readonly review_note: string | null;
    };
  };
  'POST /v1/approvals/{id}/withdraw': {
    readonly path: {
      readonly id: string;
    };
    readonly query: Readonly<Record<string, never>>;
    readonly body: Readonly<Record<string, unknown>> | null;
    readonly answer: {
      readonly id: string;
      readonly action: string;
      readonly target: string;
      readonly payload: unknown;
      readonly payload_hash: string;
      readonly reason: string;
      readonly requested_by: string;
      readonly requested_via: string;
      readonly requested_at: string;
      readonly expires_at: string;
      readonly state: 'pending' | 'executed' | 'rejected' | 'withdrawn' | 'expired' | 'void';
      readonly decided_by: string | null;
      readonly decided_via: string | null;
      readonly decided_at: string | null;
      readonly decision_reason: string | null;
      readonly result: unknown;
      readonly break_glass: boolean;
      readonly reviewed_by: string | null;
      readonly reviewed_at: string | null;
      readonly review_note: string | null;
    };
  };
  'POST /v1/archive/runs': {
    readonly path: Readonly<Record<string, never>>;
    readonly query: Readonly<Record<string, never>>;
    readonly body: {
      readonly table: string;
    };
    readonly answer: {
      readonly id: string;
      readonly table: string;
      readonly policy_version: number;
      readonly started_by: string;
      readonly started_at: string;
      readonly state: 'running' | 'done' | 'stopped' | 'failed';
      readonly wanted: 'run' | 'pause' | 'stop';
      readonly phase: string;
      readonly rows_total: string | null;
      readonly rows_done: string;
      readonly rows_kept: string;
      readonly objects_done: number;
      readonly bytes_done: string;
      readonly ended_at: string | null;
      readonly error: {
        readonly code: string;
        readonly message: string;
      } | null;
    };
  };
  'POST /v1/archive/runs/{id}/pause': {
    readonly path: {
      readonly id: string;
    };
    readonly query: Readonly<Record<string, never>>;
    readonly body: Readonly<Record<string, unknown>>;
    readonly answer: {
      readonly id: string;
      readonly table: string;
      readonly policy_version: number;
      readonly started_by: string;
      readonly started_at: string;
      readonly state: 'running' | 'done' | 'stopped' | 'failed';
      readonly wanted: 'run' | 'pause' | 'stop';
      readonly phase: string;
      readonly rows_total: string | null;
      readonly rows_done: string;
      readonly rows_kept: string;
      readonly objects_done: number;
      readonly bytes_done: string;
      readonly ended_at: string | null;
      readonly error: {
        readonly code: string;
        readonly message: string;
      } | null;
    };
  };
  'POST /v1/archive/runs/{id}/resume': {
    readonly path: {
      readonly id: string;
    };
    readonly query: Readonly<Record<string, never>>;
    readonly body: Readonly<Record<string, unknown>>;
    readonly answer: {
      readonly id: string;
      readonly table: string;
      readonly policy_version: number;
      readonly started_by: string;
      readonly started_at: string;
      readonly state: 'running' | 'done' | 'stopped' | 'failed';
      readonly wanted: 'run' | 'pause' | 'stop';
      readonly phase: string;
      readonly rows_total: string | null;
      readonly rows_done: string;
      readonly rows_kept: string;
      readonly objects_done: number;
      readonly bytes_done: string;
      readonly ended_at: string | null;
      readonly error: {
        readonly code: string;
        readonly message: string;
      } | null;
    };
  };
  'POST /v1/archive/runs/{id}/stop': {
    readonly path: {
      readonly id: string;
    };
    readonly query: Readonly<Record<string, never>>;
    readonly body: Readonly<Record<string, unknown>>;
    readonly answer: {
      readonly id: string;
      readonly table: string;
      readonly policy_version: number;
      readonly started_by: string;
      readonly started_at: string;
      readonly state: 'running' | 'done' | 'stopped' | 'failed';
      readonly wanted: 'run' | 'pause' | 'stop';
      readonly phase: string;
      readonly rows_total: string | null;
      readonly rows_done: string;
      readonly rows_kept: string;
      readonly objects_done: number;
      readonly bytes_done: string;
      readonly ended_at: string | null;
      readonly error: {
        readonly code: string;
        readonly message: string;
      } | null;
    };
  };
  'POST /v1/incident-silences': {
    readonly path: Readonly<Record<string, never>>;
    readonly query: Readonly<Record<string, never>>;
    readonly body: {
      readonly event: string;
      readonly scope?: Readonly<Record<string, string | number | boolean | null>> | undefined;
      readonly minutes: number;
      readonly reason: string;
    };
    readonly answer: {
      readonly id: string;
      readonly event: string;
      readonly scope: Readonly<Record<string, unknown>>;
      readonly reason: string;
      readonly starts_at: string;
      readonly ends_at: string;
      readonly created_by: string;
      readonly ended_at: string | null;
      readonly ended_by: string | null;
    };
  };
  'POST /v1/incident-silences/{id}/end': {
    readonly path: {
      readonly id: string;
    };
    readonly query: Readonly<Record<string, never>>;
    readonly body: Readonly<Record<string, unknown>>;
    readonly answer: {
      readonly ended: boolean;
    };
  };
  'POST /v1/incidents/{id}/acknowledge': {
    readonly path: {
      readonly id: string;
    };
    readonly query: Readonly<Record<string, never>>;
    readonly body: {
      readonly note?: string | undefined;
    };
    readonly answer: {
      readonly id: string;
      readonly event: string;
      readonly scope: Readonly<Record<string, unknown>>;
      readonly severity: 'info' | 'warning' | 'critical';
      readonly status: 'open' | 'acknowledged' | 'resolved';
      readonly title: string;
      readonly count: string;
      readonly opened_at: string;
      readonly last_seen_at: string;
      readonly pages: number;
      readonly step: number | null;
      readonly next_page_at: string | null;
      readonly inhibited_by: string | null;
      readonly acknowledged_at: string | null;
      readonly acknowledged_by: string | null;
      readonly resolved_at: string | null;
      readonly resolved_by: string | null;
      readonly resolution: string | null;
    };
  };
  'POST /v1/incidents/{id}/notes': {
    readonly path: {
      readonly id: string;
    };
    readonly query: Readonly<Record<string, never>>;
    readonly body: {
      readonly text: string;
    };
    readonly answer: {
      readonly data: readonly {
        readonly at: string;
        readonly kind: 'opened' | 'reopened' | 'paged' | 'unheard' | 'acknowledged' | 'acknowledgement_expired' | 'noted' | 'inhibited' | 'released' | 'silenced' | 'resolved';
        readonly subject: string;
        readonly text: string;
        readonly step: number | null;
      }[];
    };
  };
  'POST /v1/incidents/{id}/resolve': {
    readonly path: {
      readonly id: string;
    };
    readonly query: Readonly<Record<string, never>>;
    readonly body: {
      readonly reason: string;
    };
    readonly answer: {
      readonly id: string;
      readonly event: string;
      readonly scope: Readonly<Record<string, unknown>>;
      readonly severity: 'info' | 'warning' | 'critical';
      readonly status: 'open' | 'acknowledged' | 'resolved';
      readonly title: string;
      readonly count: string;
      readonly opened_at: string;
      readonly last_seen_at: string;
      readonly pages: number;
      readonly step: number | null;
      readonly next_page_at: string | null;
      readonly inhibited_by: string | null;
      readonly acknowledged_at: string | null;
      readonly acknowledged_by: string | null;
      readonly resolved_at: string | null;
      readonly resolved_by: string | null;
      readonly resolution: string | null;
    };
  };
  'POST /v1/notification-templates/preview': {
    readonly path: Readonly<Record<string, never>>;
    readonly query: Readonly<Record<string, never>>;
    readonly body: {
      readonly event: string | '*';
      readonly locale: 'vi' | 'en';
      readonly channel?: 'email' | 'webhook' | 'slack' | 'telegram' | 'zalo' | 'sms' | '*' | undefined;
      readonly text?: {
        readonly subject: string;
        readonly body: string;
        readonly html?: string | null | undefined;
      } | undefined;
      readonly data?: Readonly<Record<string, string | number | boolean | null>> | undefined;
    };
    readonly answer: {
      readonly subject: string;
      readonly text: string;
      readonly html: string | null;
    };
  };
  'POST /v1/notifications/{id}/redrive': {
    readonly path: {
      readonly id: string;
    };
    readonly query: Readonly<Record<string, never>>;
    readonly body: Readonly<Record<string, unknown>>;
    readonly answer: {
      readonly id: string;
      readonly event: string;
      readonly severity: 'info' | 'warning' | 'critical';
      readonly channel: string;
      readonly recipient: string;
      readonly status: 'pending' | 'sending' | 'sent' | 'delivered' | 'retrying' | 'dead' | 'suppressed';
      readonly suppressed: string | null;
      readonly merchant_id: string | null;
      readonly payment_id: string | null;
      readonly endpoint_id: string | null;
      readonly team: string | null;
      readonly incident_id: string | null;
      readonly message: string;
      readonly retry_count: number;
      readonly next_retry_at: string | null;
      readonly provider: string | null;
      readonly provider_message_id: string | null;
      readonly error_message: string | null;
      readonly owner: string | null;
      readonly test: boolean;
      readonly created_at: string;
      readonly sent_at: string | null;
      readonly delivered_at: string | null;
    };
  };
  'POST /v1/notifications/{id}/resend': {
    readonly path: {
      readonly id: string;
    };
    readonly query: Readonly<Record<string, never>>;
    readonly body: Readonly<Record<string, unknown>>;
    readonly answer: {
      readonly id: string;
      readonly event: string;
      readonly severity: 'info' | 'warning' | 'critical';
      readonly channel: string;
      readonly recipient: string;
      readonly status: 'pending' | 'sending' | 'sent' | 'delivered' | 'retrying' | 'dead' | 'suppressed';
      readonly suppressed: string | null;
      readonly merchant_id: string | null;
      readonly payment_id: string | null;
      readonly endpoint_id: string | null;
      readonly team: string | null;
      readonly incident_id: string | null;
      readonly message: string;
      readonly retry_count: number;
      readonly next_retry_at: string | null;
      readonly provider: string | null;
      readonly provider_message_id: string | null;
      readonly error_message: string | null;
      readonly owner: string | null;
      readonly test: boolean;
      readonly created_at: string;
      readonly sent_at: string | null;
      readonly delivered_at: string | null;
    };
  };
}
