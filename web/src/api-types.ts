/** What the service answers to, made from its OpenAPI document by scripts/api-types.ts. Not to be edited. */

export interface Operations {
  'DELETE /v1/audit/watches/{table}': {
    readonly path: {
      readonly table: string;
    };
    readonly query: Readonly<Record<string, never>>;
    readonly body: undefined;
    readonly answer: undefined;
  };
  'GET /healthz': {
    readonly path: Readonly<Record<string, never>>;
    readonly query: Readonly<Record<string, never>>;
    readonly body: undefined;
    readonly answer: {
      readonly status: 'ok';
      readonly mode: 'live' | 'sandbox';
      readonly version: string;
    };
  };
  'GET /metrics': {
    readonly path: Readonly<Record<string, never>>;
    readonly query: Readonly<Record<string, never>>;
    readonly body: undefined;
    readonly answer: string;
  };
  'GET /readyz': {
    readonly path: Readonly<Record<string, never>>;
    readonly query: Readonly<Record<string, never>>;
    readonly body: undefined;
    readonly answer: {
      readonly ready: boolean;
      readonly parts: Readonly<Record<string, {
        readonly ok: boolean;
        readonly error?: string | undefined;
      }>>;
    };
  };
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
  'GET /v1/approvals/actions': {
    readonly path: Readonly<Record<string, never>>;
    readonly query: Readonly<Record<string, never>>;
    readonly body: undefined;
    readonly answer: {
      readonly required: boolean;
      readonly data: readonly {
        readonly action: string;
        readonly about: string;
        readonly scope: string;
        readonly ask_at: string | null;
      }[];
    };
  };
  'GET /v1/approvals/denials': {
    readonly path: Readonly<Record<string, never>>;
    readonly query: {
      readonly limit?: number | undefined;
      readonly cursor?: string | undefined;
    };
    readonly body: undefined;
    readonly answer: {
      readonly data: readonly {
        readonly id: string;
        readonly at: string;
        readonly subject: string;
        readonly via: string;
        readonly attempt: 'request' | 'approve' | 'reject' | 'withdraw' | 'break_glass' | 'review';
        readonly action: string;
        readonly approval_id: string | null;
        readonly code: string;
        readonly message: string;
      }[];
      readonly next: string | null;
    };
  };
  'GET /v1/approvals/{id}': {
    readonly path: {
      readonly id: string;
    };
    readonly query: Readonly<Record<string, never>>;
    readonly body: undefined;
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
  'GET /v1/archive/checksums/{job}': {
    readonly path: {
      readonly job: string;
    };
    readonly query: Readonly<Record<string, never>>;
    readonly body: undefined;
    readonly answer: {
      readonly state: 'running' | 'done';
      readonly objects: number;
      readonly findings: readonly {
        readonly archive_path: string;
        readonly batches: readonly number[];
        readonly message: string;
      }[];
    };
  };
  'GET /v1/archive/holds': {
    readonly path: Readonly<Record<string, never>>;
    readonly query: {
      readonly table?: string | undefined;
      readonly released?: string | undefined;
      readonly limit?: number | undefined;
    };
    readonly body: undefined;
    readonly answer: {
      readonly data: readonly {
        readonly id: string;
        readonly table: string;
        readonly rows: {
          readonly kind: 'time';
          readonly from: string;
          readonly to: string;
        } | {
          readonly kind: 'keys';
          readonly from: string;
          readonly to: string;
        };
        readonly reason: string;
        readonly placed_by: string;
        readonly placed_at: string;
        readonly released: {
          readonly by: string;
          readonly at: string;
          readonly reason: string;
          readonly approved_by: string | null;
        } | null;
        readonly objects: number;
        readonly objects_kept: number;
        readonly error: {
          readonly code: string;
          readonly message: string;
        } | null;
      }[];
    };
  };
  'GET /v1/archive/holds/{id}': {
    readonly path: {
      readonly id: string;
    };
    readonly query: Readonly<Record<string, never>>;
    readonly body: undefined;
    readonly answer: {
      readonly id: string;
      readonly table: string;
      readonly rows: {
        readonly kind: 'time';
        readonly from: string;
        readonly to: string;
      } | {
        readonly kind: 'keys';
        readonly from: string;
        readonly to: string;
      };
      readonly reason: string;
      readonly placed_by: string;
      readonly placed_at: string;
      readonly released: {
        readonly by: string;
        readonly at: string;
        readonly reason: string;
        readonly approved_by: string | null;
      } | null;
      readonly objects: number;
      readonly objects_kept: number;
      readonly error: {
        readonly code: string;
        readonly message: string;
      } | null;
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
  'GET /v1/archive/policies/{table}': {
    readonly path: {
      readonly table: string;
    };
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
  'GET /v1/archive/reconciliation': {
    readonly path: Readonly<Record<string, never>>;
    readonly query: Readonly<Record<string, never>>;
    readonly body: undefined;
    readonly answer: {
      readonly sound: boolean;
      readonly differences: readonly {
        readonly kind: 'orphan' | 'phantom' | 'mismatch' | 'unlogged' | 'forgotten' | 'chain';
        readonly key: string;
        readonly message: string;
      }[];
      readonly batches: number;
      readonly objects: number;
      readonly manifests: number;
      readonly logged: number;
      readonly foreign: number;
    };
  };
  'GET /v1/archive/records': {
    readonly path: Readonly<Record<string, never>>;
    readonly query: {
      readonly table: string;
      readonly id: string;
    };
    readonly body: undefined;
    readonly answer: {
      readonly data: readonly {
        readonly row: number;
        readonly data_hash: string;
        readonly batch: {
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
        };
      }[];
    };
  };
  'GET /v1/archive/records/{table}/{id}': {
    readonly path: {
      readonly table: string;
      readonly id: string;
    };
    readonly query: Readonly<Record<string, never>>;
    readonly body: undefined;
    readonly answer: {
      readonly table: string;
      readonly row: string;
      readonly data_hash: string;
      readonly proof: {
        readonly row_number: number;
        readonly rows: number;
        readonly path: readonly string[];
        readonly merkle_root: string;
        readonly manifest_path: string;
        readonly manifest_sha256: string;
      };
      readonly archive_path: string;
      readonly bytes_read: number;
    };
  };
  'GET /v1/archive/restores': {
    readonly path: Readonly<Record<string, never>>;
    readonly query: {
      readonly limit?: number | undefined;
    };
    readonly body: undefined;
    readonly answer: {
      readonly data: readonly {
        readonly id: string;
        readonly table: string;
        readonly what: {
          readonly kind: 'row';
          readonly id: string;
        } | {
          readonly kind: 'batch';
          readonly batch: number;
        } | {
          readonly kind: 'object';
          readonly archive_path: string;
        } | {
          readonly kind: 'range';
          readonly from: string;
          readonly to: string;
        };
        readonly purpose: 'read' | 'land' | 'return';
        readonly tier: 'Expedited' | 'Standard' | 'Bulk';
        readonly days: number;
        readonly mapping: {
          readonly columns: Readonly<Record<string, string | null>>;
          readonly fill: Readonly<Record<string, 'default' | 'null'>>;
        } | null;
        readonly state: 'requested' | 'restoring' | 'readable' | 'landed' | 'expired' | 'failed';
        readonly cost: string | null;
        readonly currency: string;
        readonly wait_seconds: number;
        readonly requested_by: string;
        readonly requested_at: string;
        readonly approved_by: string | null;
        readonly landed_rows: number;
        readonly returned_rows: number;
        readonly objects: readonly {
          readonly batch: number;
          readonly state: 'requested' | 'restoring' | 'readable' | 'landed' | 'expired' | 'failed';
          readonly tier: 'Expedited' | 'Standard' | 'Bulk';
          readonly asked_at: string | null;
          readonly readable_until: string | null;
          readonly landed_rows: number;
          readonly returned_rows: number;
          readonly attempts: number;
          readonly error: {
            readonly code: string;
            readonly message: string;
          } | null;
        }[];
      }[];
    };
  };
  'GET /v1/archive/restores/{id}': {
    readonly path: {
      readonly id: string;
    };
    readonly query: Readonly<Record<string, never>>;
    readonly body: undefined;
    readonly answer: {
      readonly id: string;
      readonly table: string;
      readonly what: {
        readonly kind: 'row';
        readonly id: string;
      } | {
        readonly kind: 'batch';
        readonly batch: number;
      } | {
        readonly kind: 'object';
        readonly archive_path: string;
      } | {
        readonly kind: 'range';
        readonly from: string;
        readonly to: string;
      };
      readonly purpose: 'read' | 'land' | 'return';
      readonly tier: 'Expedited' | 'Standard' | 'Bulk';
      readonly days: number;
      readonly mapping: {
        readonly columns: Readonly<Record<string, string | null>>;
        readonly fill: Readonly<Record<string, 'default' | 'null'>>;
      } | null;
      readonly state: 'requested' | 'restoring' | 'readable' | 'landed' | 'expired' | 'failed';
      readonly cost: string | null;
      readonly currency: string;
      readonly wait_seconds: number;
      readonly requested_by: string;
      readonly requested_at: string;
      readonly approved_by: string | null;
      readonly landed_rows: number;
      readonly returned_rows: number;
      readonly objects: readonly {
        readonly batch: number;
        readonly state: 'requested' | 'restoring' | 'readable' | 'landed' | 'expired' | 'failed';
        readonly tier: 'Expedited' | 'Standard' | 'Bulk';
        readonly asked_at: string | null;
        readonly readable_until: string | null;
        readonly landed_rows: number;
        readonly returned_rows: number;
        readonly attempts: number;
        readonly error: {
          readonly code: string;
          readonly message: string;
        } | null;
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
  'GET /v1/archive/runs/{id}': {
    readonly path: {
      readonly id: string;
    };
    readonly query: Readonly<Record<string, never>>;
    readonly body: undefined;
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
  'GET /v1/archive/summary': {
    readonly path: Readonly<Record<string, never>>;
    readonly query: Readonly<Record<string, never>>;
    readonly body: undefined;
    readonly answer: {
      readonly tables: readonly {
        readonly table: string;
        readonly before: string;
        readonly due_rows: number | null;
        readonly oldest_due_at: string | null;
      }[];
      readonly archived_rows: string;
      readonly objects: number;
      readonly stored_bytes: string;
      readonly currency: string;
      readonly prices_dated: string;
      readonly database_month: string;
      readonly archive_month: string | null;
      readonly saving_month: string | null;
      readonly upload: string | null;
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
  'GET /v1/audit/bundle': {
    readonly path: Readonly<Record<string, never>>;
    readonly query: {
      readonly day?: string | undefined;
      readonly stream?: string | undefined;
      readonly record_id?: string | undefined;
      readonly first?: number | undefined;
      readonly end?: number | undefined;
    };
    readonly body: undefined;
    readonly answer: {
      readonly format: 'plumbline/audit-bundle@v1';
      readonly origin: string;
      readonly vkeys: readonly string[];
      readonly checkpoint: string;
      readonly about: Readonly<Record<string, string | number>>;
      readonly entries: readonly {
        readonly index: number;
        readonly leaf: string;
        readonly salt?: string | undefined;
        readonly record?: string | undefined;
        readonly proof: readonly string[];
      }[];
    };
  };
  'GET /v1/audit/checkpoint': {
    readonly path: Readonly<Record<string, never>>;
    readonly query: Readonly<Record<string, never>>;
    readonly body: undefined;
    readonly answer: string;
  };
  'GET /v1/audit/days': {
    readonly path: Readonly<Record<string, never>>;
    readonly query: {
      readonly limit?: number | undefined;
      readonly cursor?: string | undefined;
    };
    readonly body: undefined;
    readonly answer: {
      readonly data: readonly {
        readonly date: string;
        readonly first_index: number;
        readonly size: number;
        readonly entries: number;
        readonly merkle_root: string;
      }[];
      readonly next: string | null;
    };
  };
  'GET /v1/audit/days/{date}': {
    readonly path: {
      readonly date: string;
    };
    readonly query: Readonly<Record<string, never>>;
    readonly body: undefined;
    readonly answer: {
      readonly date: string;
      readonly first_index: number;
      readonly size: number;
      readonly entries: number;
      readonly merkle_root: string;
      readonly checkpoint: string | null;
    };
  };
  'GET /v1/audit/entries': {
    readonly path: Readonly<Record<string, never>>;
    readonly query: {
      readonly limit?: number | undefined;
      readonly cursor?: string | undefined;
      readonly stream?: string | undefined;
      readonly record_id?: string | undefined;
      readonly actor?: string | undefined;
      readonly from?: string | undefined;
      readonly to?: string | undefined;
    };
    readonly body: undefined;
    readonly answer: {
      readonly data: readonly {
        readonly index: number;
        readonly stream: string;
        readonly seq: number;
        readonly record_id: string;
        readonly op: string;
        readonly actor: string;
        readonly at: string;
        readonly business_date: string;
        readonly data_hash: string;
        readonly previous_hash: string;
        readonly leaf_hash: string;
      }[];
      readonly next: string | null;
    };
  };
  'GET /v1/audit/entries/{index}': {
    readonly path: {
      readonly index: string;
    };
    readonly query: Readonly<Record<string, never>>;
    readonly body: undefined;
    readonly answer: {
      readonly index: number;
      readonly stream: string;
      readonly seq: number;
      readonly record_id: string;
      readonly op: string;
      readonly actor: string;
      readonly at: string;
      readonly business_date: string;
      readonly data_hash: string;
      readonly previous_hash: string;
      readonly leaf_hash: string;
      readonly leaf: string;
      readonly record: unknown | null;
      readonly salt: string | null;
      readonly forgotten_by: number | null;
    };
  };
  'GET /v1/audit/entries/{index}/receipt': {
    readonly path: {
      readonly index: string;
    };
    readonly query: Readonly<Record<string, never>>;
    readonly body: undefined;
    readonly answer: string;
  };
  'GET /v1/audit/log': {
    readonly path: Readonly<Record<string, never>>;
    readonly query: Readonly<Record<string, never>>;
    readonly body: undefined;
    readonly answer: {
      readonly origin: string;
      readonly zone: string;
      readonly size: number;
      readonly root: string;
      readonly open_date: string;
      readonly published: {
        readonly size: number;
        readonly signed_at: string;
      } | null;
      readonly waiting: number;
      readonly keys: readonly {
        readonly vkey: string;
        readonly from: number;
        readonly until: number | null;
      }[];
    };
  };
  'GET /v1/audit/proof/consistency': {
    readonly path: Readonly<Record<string, never>>;
    readonly query: {
      readonly from: string;
      readonly to: string;
    };
    readonly body: undefined;
    readonly answer: {
      readonly from: number;
      readonly from_root: string;
      readonly to: number;
      readonly to_root: string;
      readonly hashes: readonly string[];
    };
  };
  'GET /v1/audit/proof/inclusion': {
    readonly path: Readonly<Record<string, never>>;
    readonly query: {
      readonly index: string;
      readonly size?: string | undefined;
    };
    readonly body: undefined;
    readonly answer: {
      readonly size: number;
      readonly root: string;
      readonly hashes: readonly string[];
      readonly index: number;
      readonly leaf_hash: string;
    };
  };
  'GET /v1/audit/records/{stream}/{record_id}': {
    readonly path: {
      readonly stream: string;
      readonly record_id: string;
    };
    readonly query: {
      readonly limit?: number | undefined;
      readonly cursor?: string | undefined;
      readonly proofs?: 'true' | 'false' | undefined;
    };
    readonly body: undefined;
    readonly answer: {
      readonly data: readonly {
        readonly index: number;
        readonly stream: string;
        readonly seq: number;
        readonly record_id: string;
        readonly op: string;
        readonly actor: string;
        readonly at: string;
        readonly business_date: string;
        readonly data_hash: string;
        readonly previous_hash: string;
        readonly leaf_hash: string;
        readonly record: unknown | null;
        readonly salt: string | null;
        readonly forgotten_by: number | null;
        readonly before: {
          readonly record: unknown | null;
          readonly salt: string | null;
          readonly forgotten_by: number | null;
          readonly index: number;
        } | null;
        readonly proof: {
          readonly size: number;
          readonly root: string;
          readonly hashes: readonly string[];
        } | null;
      }[];
      readonly next: string | null;
    };
  };
  'GET /v1/audit/streams': {
    readonly path: Readonly<Record<string, never>>;
    readonly query: Readonly<Record<string, never>>;
    readonly body: undefined;
    readonly answer: {
      readonly data: readonly {
        readonly name: string;
        readonly salted: boolean;
        readonly size: number;
        readonly head: string | null;
      }[];
    };
  };
  'GET /v1/audit/watches': {
    readonly path: Readonly<Record<string, never>>;
    readonly query: Readonly<Record<string, never>>;
    readonly body: undefined;
    readonly answer: {
      readonly data: readonly {
        readonly table: string;
        readonly stream: string;
        readonly key: readonly string[];
        readonly without: readonly string[];
        readonly enabled: boolean;
      }[];
    };
  };
  'GET /v1/incident-catalogue': {
    readonly path: Readonly<Record<string, never>>;
    readonly query: Readonly<Record<string, never>>;
    readonly body: undefined;
    readonly answer: {
      readonly data: readonly {
        readonly event: string;
        readonly severity: string | null;
        readonly scope: readonly string[];
        readonly steps: readonly {
          readonly after_minutes: number;
          readonly teams: readonly string[];
        }[];
        readonly repeat_minutes: number | null;
        readonly inhibits: readonly string[];
        readonly urgency: 'page' | 'message';
        readonly may_be_silenced: boolean;
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
  'GET /v1/jobs': {
    readonly path: Readonly<Record<string, never>>;
    readonly query: Readonly<Record<string, never>>;
    readonly body: undefined;
    readonly answer: {
      readonly data: readonly {
        readonly name: string;
        readonly cron: string;
        readonly zone: string;
        readonly next_at: string | null;
        readonly last: {
          readonly outcome: 'waiting' | 'running' | 'done' | 'failed';
          readonly started_at: string | null;
          readonly ended_at: string | null;
          readonly duration_ms: number | null;
          readonly error: string | null;
        } | null;
        readonly failures: number;
      }[];
    };
  };
  'GET /v1/keys': {
    readonly path: Readonly<Record<string, never>>;
    readonly query: Readonly<Record<string, never>>;
    readonly body: undefined;
    readonly answer: {
      readonly data: readonly {
        readonly id: string;
        readonly name: string;
        readonly prefix: string;
        readonly role: 'viewer' | 'auditor' | 'operator' | 'admin' | 'service';
        readonly owner: string | null;
        readonly scopes: readonly string[];
        readonly addresses: readonly string[];
        readonly created_by: string | null;
        readonly approval_id: string | null;
        readonly created_at: string;
        readonly expires_at: string | null;
        readonly revoked_at: string | null;
        readonly last_used_at: string | null;
        readonly last_address: string | null;
      }[];
    };
  };
  'GET /v1/liability-proofs': {
    readonly path: Readonly<Record<string, never>>;
    readonly query: {
      readonly asset?: string | undefined;
      readonly limit?: number | undefined;
      readonly before?: number | undefined;
    };
    readonly body: undefined;
    readonly answer: {
      readonly data: readonly {
        readonly id: string;
        readonly report_id: string;
        readonly header: {
          readonly v: 'pol/v1';
          readonly book: string;
          readonly businessDate: string;
          readonly asset: string;
          readonly decimals: number;
          readonly cut: string | null;
          readonly report: string;
          readonly runTag: string;
          readonly leaves: number;
          readonly split: number;
          readonly total: string;
          readonly digest: string;
          readonly negatives: {
            readonly merchants: number;
            readonly total: string;
          };
          readonly seq: number;
          readonly prev: string;
          readonly snapshot: string;
          readonly ratesHash: string | null;
          readonly reportHash: string | null;
        };
        readonly header_hash: string;
        readonly signature: string;
        readonly public_key: string;
        readonly merchants: number;
        readonly total: string;
        readonly negative_count: number;
        readonly negative_total: string;
        readonly created_at: string;
      }[];
      readonly next: number | null;
    };
  };
  'GET /v1/liability-proofs/dates/{date}': {
    readonly path: {
      readonly date: string;
    };
    readonly query: {
      readonly asset?: string | undefined;
    };
    readonly body: undefined;
    readonly answer: {
      readonly id: string;
      readonly report_id: string;
      readonly header: {
        readonly v: 'pol/v1';
        readonly book: string;
        readonly businessDate: string;
        readonly asset: string;
        readonly decimals: number;
        readonly cut: string | null;
        readonly report: string;
        readonly runTag: string;
        readonly leaves: number;
        readonly split: number;
        readonly total: string;
        readonly digest: string;
        readonly negatives: {
          readonly merchants: number;
          readonly total: string;
        };
        readonly seq: number;
        readonly prev: string;
        readonly snapshot: string;
        readonly ratesHash: string | null;
        readonly reportHash: string | null;
      };
      readonly header_hash: string;
      readonly signature: string;
      readonly public_key: string;
      readonly merchants: number;
      readonly total: string;
      readonly negative_count: number;
      readonly negative_total: string;
      readonly created_at: string;
      readonly negatives: readonly {
        readonly merchant: string;
        readonly part: string;
        readonly amount: string;
      }[];
      readonly verified: number;
    };
  };
  'GET /v1/liability-proofs/{id}': {
    readonly path: {
      readonly id: string;
    };
    readonly query: Readonly<Record<string, never>>;
    readonly body: undefined;
    readonly answer: {
      readonly id: string;
      readonly report_id: string;
      readonly header: {
        readonly v: 'pol/v1';
        readonly book: string;
        readonly businessDate: string;
        readonly asset: string;
        readonly decimals: number;
        readonly cut: string | null;
        readonly report: string;
        readonly runTag: string;
        readonly leaves: number;
        readonly split: number;
        readonly total: string;
        readonly digest: string;
        readonly negatives: {
          readonly merchants: number;
          readonly total: string;
        };
        readonly seq: number;
        readonly prev: string;
        readonly snapshot: string;
        readonly ratesHash: string | null;
        readonly reportHash: string | null;
      };
      readonly header_hash: string;
      readonly signature: string;
      readonly public_key: string;
      readonly merchants: number;
      readonly total: string;
      readonly negative_count: number;
      readonly negative_total: string;
      readonly created_at: string;
      readonly negatives: readonly {
        readonly merchant: string;
        readonly part: string;
        readonly amount: string;
      }[];
      readonly verified: number;
    };
  };
  'GET /v1/liability-proofs/{id}/merchants/{merchant}': {
    readonly path: {
      readonly id: string;
      readonly merchant: string;
    };
    readonly query: Readonly<Record<string, never>>;
    readonly body: undefined;
    readonly answer: {
      readonly format: 'pol/v1 proof';
      readonly header: {
        readonly v: 'pol/v1';
        readonly book: string;
        readonly businessDate: string;
        readonly asset: string;
        readonly decimals: number;
        readonly cut: string | null;
        readonly report: string;
        readonly runTag: string;
        readonly leaves: number;
        readonly split: number;
        readonly total: string;
        readonly digest: string;
        readonly negatives: {
          readonly merchants: number;
          readonly total: string;
        };
        readonly seq: number;
        readonly prev: string;
        readonly snapshot: string;
        readonly ratesHash: string | null;
        readonly reportHash: string | null;
      };
      readonly signature: string;
      readonly merchant: string;
      readonly salt: string;
      readonly parts: readonly {
        readonly part: number;
        readonly index: number;
        readonly available: string;
        readonly pending: string;
        readonly reserved: string;
        readonly path: readonly (readonly [string, string])[];
      }[];
    };
  };
  'GET /v1/liability-proofs/{id}/merchants/{merchant}/packed': {
    readonly path: {
      readonly id: string;
      readonly merchant: string;
    };
    readonly query: Readonly<Record<string, never>>;
    readonly body: undefined;
    readonly answer: {
      readonly header_hash: string;
      readonly packed: string;
    };
  };
  'GET /v1/liability-proofs/{id}/publication': {
    readonly path: {
      readonly id: string;
    };
    readonly query: {
      readonly first?: number | undefined;
      readonly count?: number | undefined;
    };
    readonly body: undefined;
    readonly answer: string;
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
  'GET /v1/notification-endpoints/{id}': {
    readonly path: {
      readonly id: string;
    };
    readonly query: Readonly<Record<string, never>>;
    readonly body: undefined;
    readonly answer: {
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
  'GET /v1/payouts/halts': {
    readonly path: Readonly<Record<string, never>>;
    readonly query: {
      readonly limit?: number | undefined;
      readonly cursor?: string | undefined;
    };
    readonly body: undefined;
    readonly answer: {
      readonly data: readonly {
        readonly id: string;
        readonly version: string;
        readonly at: string;
        readonly kind: 'halted' | 'released' | 'override_requested' | 'override_approved' | 'override_ended';
        readonly subject: string;
        readonly reason: string;
        readonly report_id: string | null;
        readonly as_of: string | null;
        readonly difference: string | null;
        readonly override_id: string | null;
        readonly requested_by: string | null;
        readonly until: string | null;
        readonly unwaited: boolean;
      }[];
      readonly next: string | null;
    };
  };
  'GET /v1/payouts/permission': {
    readonly path: Readonly<Record<string, never>>;
    readonly query: Readonly<Record<string, never>>;
    readonly body: undefined;
    readonly answer: {
      readonly book: string;
      readonly permitted: boolean;
      readonly state: 'permitted' | 'halted' | 'overridden';
      readonly since: string;
      readonly reason: string;
      readonly report_id: string | null;
      readonly difference: string | null;
      readonly override: {
        readonly id: string;
        readonly until: string;
      } | null;
      readonly verdict: {
        readonly outcome: 'solvent' | 'deficit';
        readonly report_id: string;
        readonly as_of: string;
        readonly observed_at: string;
        readonly age_seconds: number;
      } | null;
      readonly version: string;
      readonly read_at: string;
    };
  };
  'GET /v1/quotes/{id}': {
    readonly path: {
      readonly id: string;
    };
    readonly query: Readonly<Record<string, never>>;
    readonly body: undefined;
    readonly answer: {
      readonly id: string;
      readonly pair: string;
      readonly side: 'sell' | 'buy';
      readonly fixed: 'base' | 'quote';
      readonly base_amount: string;
      readonly quote_amount: string;
      readonly rate: string;
      readonly rate_quote_id: string;
      readonly level: string;
      readonly agreement: string;
      readonly rate_as_of: string;
      readonly status: 'open' | 'accepted' | 'expired';
      readonly created_by: string;
      readonly created_at: string;
      readonly expires_at: string;
      readonly reference: string | null;
      readonly accepted_at: string | null;
      readonly accepted_by: string | null;
    };
  };
  'GET /v1/rates/manual': {
    readonly path: Readonly<Record<string, never>>;
    readonly query: Readonly<Record<string, never>>;
    readonly body: undefined;
    readonly answer: {
      readonly data: readonly {
        readonly id: string;
        readonly pair: string;
        readonly rate: string;
        readonly reason: string;
        readonly max_deviation_bps: number;
        readonly set_by: string;
        readonly set_at: string;
        readonly expires_at: string;
        readonly ended_at: string | null;
        readonly ended_by: string | null;
        readonly end_reason: string | null;
      }[];
    };
  };
  'GET /v1/rates/operations': {
    readonly path: Readonly<Record<string, never>>;
    readonly query: {
      readonly limit?: number | undefined;
    };
    readonly body: undefined;
    readonly answer: {
      readonly data: readonly {
        readonly id: string;
        readonly at: string;
        readonly subject: string;
        readonly action: string;
        readonly target: string;
        readonly reason: string;
        readonly details: Readonly<Record<string, unknown>>;
      }[];
    };
  };
  'GET /v1/rates/providers': {
    readonly path: Readonly<Record<string, never>>;
    readonly query: Readonly<Record<string, never>>;
    readonly body: undefined;
    readonly answer: {
      readonly data: readonly {
        readonly source: string;
        readonly role: string;
        readonly routes: readonly string[];
        readonly enabled: boolean;
        readonly disabled_reason: string | null;
        readonly breaker: {
          readonly state: 'closed' | 'open' | 'half-open' | 'forced-open' | 'forced-closed';
          readonly failures: number;
          readonly retry_in_ms: number | null;
        };
        readonly held_until: string | null;
        readonly held_reason: string | null;
        readonly next_call_at: string | null;
        readonly every_ms: number;
        readonly calls_left: number | null;
        readonly last_outcome: string | null;
        readonly last_message: string | null;
        readonly last_success_at: string | null;
        readonly consecutive_failures: number;
        readonly disputed: number;
        readonly latency_ms: number | null;
        readonly figures: readonly {
          readonly pair: string;
          readonly rate: string;
          readonly as_of: string;
        }[];
      }[];
    };
  };
  'GET /v1/rates/providers/{source}': {
    readonly path: {
      readonly source: string;
    };
    readonly query: Readonly<Record<string, never>>;
    readonly body: undefined;
    readonly answer: {
      readonly source: string;
      readonly role: string;
      readonly routes: readonly string[];
      readonly enabled: boolean;
      readonly disabled_reason: string | null;
      readonly breaker: {
        readonly state: 'closed' | 'open' | 'half-open' | 'forced-open' | 'forced-closed';
        readonly failures: number;
        readonly retry_in_ms: number | null;
      };
      readonly held_until: string | null;
      readonly held_reason: string | null;
      readonly next_call_at: string | null;
      readonly every_ms: number;
      readonly calls_left: number | null;
      readonly last_outcome: string | null;
      readonly last_message: string | null;
      readonly last_success_at: string | null;
      readonly consecutive_failures: number;
      readonly disputed: number;
      readonly latency_ms: number | null;
      readonly figures: readonly {
        readonly pair: string;
        readonly rate: string;
        readonly as_of: string;
      }[];
    };
  };
  'GET /v1/rates/quotes/{id}': {
    readonly path: {
      readonly id: string;
    };
    readonly query: Readonly<Record<string, never>>;
    readonly body: undefined;
    readonly answer: {
      readonly evidence: string;
      readonly policy: string;
    };
  };
  'GET /v1/rates/stream': {
    readonly path: Readonly<Record<string, never>>;
    readonly query: {
      readonly pairs?: string | undefined;
    };
    readonly body: undefined;
    readonly answer: string;
  };
  'GET /v1/rates/{base}/{quote}': {
    readonly path: {
      readonly base: string;
      readonly quote: string;
    };
    readonly query: {
      readonly purpose?: 'quote' | 'reconcile' | 'display' | undefined;
      readonly deadline_ms?: number | undefined;
    };
    readonly body: undefined;
    readonly answer: {
      readonly quote_id: string;
      readonly pair: string;
      readonly bid: string;
      readonly mid: string;
      readonly ask: string;
      readonly as_of: string;
      readonly age_ms: number;
      readonly level: 'fresh' | 'aging' | 'stale' | 'manual';
      readonly agreement: 'corroborated' | 'single' | 'unverified' | 'contested' | 'manual';
      readonly sources: readonly {
        readonly source: string;
        readonly route: string;
        readonly pair: string;
        readonly rate: string;
        readonly as_of: string;
        readonly published_at: string;
      }[];
      readonly witnesses: readonly {
        readonly route: string;
        readonly rate: string | null;
        readonly verdict: 'chosen' | 'supports' | 'rejected' | 'silent' | 'reference';
        readonly why: string | null;
      }[];
      readonly attempts: readonly {
        readonly source: string;
        readonly outcome: string;
        readonly message?: string | undefined;
        readonly ms: number;
      }[];
      readonly basis: string;
      readonly expires_at: string;
    };
  };
  'GET /v1/rates/{base}/{quote}/history': {
    readonly path: {
      readonly base: string;
      readonly quote: string;
    };
    readonly query: {
      readonly from?: string | undefined;
      readonly to?: string | undefined;
      readonly format?: 'json' | 'csv' | undefined;
      readonly bucket?: '1m' | '5m' | '15m' | '1h' | '1d' | undefined;
      readonly zone?: string | undefined;
    };
    readonly body: undefined;
    readonly answer: {
      readonly pair: string;
      readonly bucket: string;
      readonly data: readonly {
        readonly from: string;
        readonly open: string;
        readonly high: string;
        readonly low: string;
        readonly close: string;
        readonly quotes: number;
        readonly widest_half_spread_bps: number;
        readonly contested: boolean;
      }[];
    };
  };
  'GET /v1/rates/{base}/{quote}/quotes': {
    readonly path: {
      readonly base: string;
      readonly quote: string;
    };
    readonly query: {
      readonly from?: string | undefined;
      readonly to?: string | undefined;
      readonly format?: 'json' | 'csv' | undefined;
      readonly limit?: number | undefined;
      readonly cursor?: string | undefined;
    };
    readonly body: undefined;
    readonly answer: {
      readonly data: readonly {
        readonly quote_id: string;
        readonly pair: string;
        readonly bid: string;
        readonly mid: string;
        readonly ask: string;
        readonly half_spread_bps: number;
        readonly agreement: 'corroborated' | 'single' | 'unverified' | 'contested' | 'manual';
        readonly basis: string;
        readonly sources: readonly string[];
        readonly as_of: string;
        readonly published_at: string;
        readonly policy_hash: string;
      }[];
      readonly next: string | null;
    };
  };
  'GET /v1/reconciliation-breaks': {
    readonly path: Readonly<Record<string, never>>;
    readonly query: {
      readonly limit?: number | undefined;
      readonly cursor?: string | undefined;
      readonly state?: 'open' | 'accepted' | 'resolved' | undefined;
    };
    readonly body: undefined;
    readonly answer: {
      readonly data: readonly {
        readonly id: string;
        readonly book: string;
        readonly key: string;
        readonly kind: 'native' | 'late' | 'unexplained';
        readonly line: string | null;
        readonly account: string | null;
        readonly currency: string;
        readonly amount: string;
        readonly text: string;
        readonly state: 'open' | 'accepted' | 'resolved';
        readonly age_days: number;
        readonly business_date: string;
        readonly first_as_of: string;
        readonly first_seen_report: string;
        readonly last_as_of: string;
        readonly last_seen_report: string;
        readonly accepted: {
          readonly by: string;
          readonly at: string;
          readonly reason: string;
          readonly up_to: string;
          readonly until: string | null;
        } | null;
        readonly resolved_as_of: string | null;
        readonly resolved_by_report: string | null;
      }[];
      readonly next: string | null;
    };
  };
  'GET /v1/reconciliation-breaks/{id}': {
    readonly path: {
      readonly id: string;
    };
    readonly query: Readonly<Record<string, never>>;
    readonly body: undefined;
    readonly answer: {
      readonly id: string;
      readonly book: string;
      readonly key: string;
      readonly kind: 'native' | 'late' | 'unexplained';
      readonly line: string | null;
      readonly account: string | null;
      readonly currency: string;
      readonly amount: string;
      readonly text: string;
      readonly state: 'open' | 'accepted' | 'resolved';
      readonly age_days: number;
      readonly business_date: string;
      readonly first_as_of: string;
      readonly first_seen_report: string;
      readonly last_as_of: string;
      readonly last_seen_report: string;
      readonly accepted: {
        readonly by: string;
        readonly at: string;
        readonly reason: string;
        readonly up_to: string;
        readonly until: string | null;
      } | null;
      readonly resolved_as_of: string | null;
      readonly resolved_by_report: string | null;
      readonly events: readonly {
        readonly event: 'opened' | 'changed' | 'seen_earlier' | 'accepted' | 'reopened' | 'resolved';
        readonly at: string;
        readonly report: string | null;
        readonly actor: string | null;
        readonly amount: string;
        readonly until: string | null;
        readonly reason: string | null;
      }[];
    };
  };
  'GET /v1/reconciliations': {
    readonly path: Readonly<Record<string, never>>;
    readonly query: {
      readonly limit?: number | undefined;
      readonly cursor?: string | undefined;
      readonly status?: 'in_progress' | 'balanced' | 'surplus' | 'deficit' | 'error' | undefined;
      readonly kind?: 'daily' | 'intraday' | 'all' | undefined;
    };
    readonly body: undefined;
    readonly answer: {
      readonly data: readonly {
        readonly id: string;
        readonly book: string;
        readonly kind: 'daily' | 'intraday';
        readonly business_date: string;
        readonly attempt: number;
        readonly supersedes: string | null;
        readonly started_by: string;
        readonly worker: string | null;
        readonly status: 'in_progress' | 'balanced' | 'surplus' | 'deficit' | 'error';
        readonly total_assets_vnd: string | null;
        readonly total_liabilities_vnd: string | null;
        readonly difference_vnd: string | null;
        readonly tolerance_vnd: string;
        readonly asset_breakdown: Readonly<Record<string, string | null>> | null;
        readonly solvent: boolean | null;
        readonly explained: boolean | null;
        readonly net_low_vnd: string | null;
        readonly net_high_vnd: string | null;
        readonly unexplained_vnd: string | null;
        readonly as_of: string | null;
        readonly as_of_basis: 'cut' | 'snapshot' | null;
        readonly alert_triggered: boolean;
        readonly error_message: string | null;
        readonly started_at: string;
        readonly observed_at: string | null;
        readonly reconciled_at: string | null;
      }[];
      readonly next: string | null;
    };
  };
  'GET /v1/reconciliations/bundle': {
    readonly path: Readonly<Record<string, never>>;
    readonly query: {
      readonly from?: string | undefined;
      readonly to?: string | undefined;
      readonly year?: string | undefined;
    };
    readonly body: undefined;
    readonly answer: {
      readonly payload: Readonly<Record<string, unknown>>;
      readonly signature: {
        readonly algorithm: string;
        readonly key_id: string;
        readonly public_key: string;
        readonly value: string;
      };
    };
  };
  'GET /v1/reconciliations/dates/{date}': {
    readonly path: {
      readonly date: string;
    };
    readonly query: Readonly<Record<string, never>>;
    readonly body: undefined;
    readonly answer: {
      readonly id: string;
      readonly book: string;
      readonly kind: 'daily' | 'intraday';
      readonly business_date: string;
      readonly attempt: number;
      readonly supersedes: string | null;
      readonly started_by: string;
      readonly worker: string | null;
      readonly status: 'in_progress' | 'balanced' | 'surplus' | 'deficit' | 'error';
      readonly total_assets_vnd: string | null;
      readonly total_liabilities_vnd: string | null;
      readonly difference_vnd: string | null;
      readonly tolerance_vnd: string;
      readonly asset_breakdown: Readonly<Record<string, string | null>> | null;
      readonly solvent: boolean | null;
      readonly explained: boolean | null;
      readonly net_low_vnd: string | null;
      readonly net_high_vnd: string | null;
      readonly unexplained_vnd: string | null;
      readonly as_of: string | null;
      readonly as_of_basis: 'cut' | 'snapshot' | null;
      readonly alert_triggered: boolean;
      readonly error_message: string | null;
      readonly started_at: string;
      readonly observed_at: string | null;
      readonly reconciled_at: string | null;
      readonly report: Readonly<Record<string, unknown>> | null;
      readonly report_hash: string | null;
    };
  };
  'GET /v1/reconciliations/signing-key': {
    readonly path: Readonly<Record<string, never>>;
    readonly query: Readonly<Record<string, never>>;
    readonly body: undefined;
    readonly answer: {
      readonly algorithm: 'Ed25519';
      readonly key_id: string;
      readonly public_key: string;
      readonly pem: string;
    };
  };
  'GET /v1/reconciliations/{id}': {
    readonly path: {
      readonly id: string;
    };
    readonly query: Readonly<Record<string, never>>;
    readonly body: undefined;
    readonly answer: {
      readonly id: string;
      readonly book: string;
      readonly kind: 'daily' | 'intraday';
      readonly business_date: string;
      readonly attempt: number;
      readonly supersedes: string | null;
      readonly started_by: string;
      readonly worker: string | null;
      readonly status: 'in_progress' | 'balanced' | 'surplus' | 'deficit' | 'error';
      readonly total_assets_vnd: string | null;
      readonly total_liabilities_vnd: string | null;
      readonly difference_vnd: string | null;
      readonly tolerance_vnd: string;
      readonly asset_breakdown: Readonly<Record<string, string | null>> | null;
      readonly solvent: boolean | null;
      readonly explained: boolean | null;
      readonly net_low_vnd: string | null;
      readonly net_high_vnd: string | null;
      readonly unexplained_vnd: string | null;
      readonly as_of: string | null;
      readonly as_of_basis: 'cut' | 'snapshot' | null;
      readonly alert_triggered: boolean;
      readonly error_message: string | null;
      readonly started_at: string;
      readonly observed_at: string | null;
      readonly reconciled_at: string | null;
      readonly report: Readonly<Record<string, unknown>> | null;
      readonly report_hash: string | null;
    };
  };
  'GET /v1/reconciliations/{id}/bundle.json': {
    readonly path: {
      readonly id: string;
    };
    readonly query: Readonly<Record<string, never>>;
    readonly body: undefined;
    readonly answer: {
      readonly payload: Readonly<Record<string, unknown>>;
      readonly signature: {
        readonly algorithm: string;
        readonly key_id: string;
        readonly public_key: string;
        readonly value: string;
      };
    };
  };
  'GET /v1/reconciliations/{id}/compare': {
    readonly path: {
      readonly id: string;
    };
    readonly query: {
      readonly with?: string | undefined;
    };
    readonly body: undefined;
    readonly answer: {
      readonly before: {
        readonly id: string;
        readonly business_date: string;
        readonly status: 'in_progress' | 'balanced' | 'surplus' | 'deficit' | 'error';
        readonly as_of: string | null;
      };
      readonly after: {
        readonly id: string;
        readonly business_date: string;
        readonly status: 'in_progress' | 'balanced' | 'surplus' | 'deficit' | 'error';
        readonly as_of: string | null;
      };
      readonly currency: string;
      readonly same_book: boolean;
      readonly rates: readonly {
        readonly pair: string;
        readonly before: string | null;
        readonly after: string | null;
      }[];
      readonly assets: {
        readonly before: string | null;
        readonly after: string | null;
        readonly change: string | null;
      };
      readonly liabilities: {
        readonly before: string | null;
        readonly after: string | null;
        readonly change: string | null;
      };
      readonly difference: {
        readonly before: string | null;
        readonly after: string | null;
        readonly change: string | null;
        readonly amount_effect: string | null;
        readonly rate_effect: string | null;
      };
      readonly net: {
        readonly before: string | null;
        readonly after: string | null;
        readonly change: string | null;
      };
      readonly unexplained: {
        readonly before: string | null;
        readonly after: string | null;
        readonly change: string | null;
      };
      readonly lines: readonly {
        readonly id: string;
        readonly title: string;
        readonly currency: string;
        readonly is: 'kept' | 'new' | 'gone';
        readonly amount: {
          readonly before: string | null;
          readonly after: string | null;
          readonly change: string | null;
        };
        readonly value: {
          readonly before: string | null;
          readonly after: string | null;
          readonly change: string | null;
        };
        readonly amount_effect: string | null;
        readonly rate_effect: string | null;
        readonly side: 'asset' | 'liability';
      }[];
      readonly observed: readonly {
        readonly id: string;
        readonly title: string;
        readonly currency: string;
        readonly is: 'kept' | 'new' | 'gone';
        readonly amount: {
          readonly before: string | null;
          readonly after: string | null;
          readonly change: string | null;
        };
        readonly value: {
          readonly before: string | null;
          readonly after: string | null;
          readonly change: string | null;
        };
        readonly amount_effect: string | null;
        readonly rate_effect: string | null;
        readonly ledger: {
          readonly before: string | null;
          readonly after: string | null;
          readonly change: string | null;
        };
      }[];
      readonly explained_by: readonly {
        readonly id: string;
        readonly title: string;
        readonly value: {
          readonly before: string | null;
          readonly after: string | null;
          readonly change: string | null;
        };
      }[];
      readonly breaks: {
        readonly opened: readonly {
          readonly key: string;
          readonly currency: string;
          readonly amount: string;
          readonly text: string;
        }[];
        readonly resolved: readonly {
          readonly key: string;
          readonly currency: string;
          readonly amount: string;
          readonly text: string;
        }[];
        readonly changed: readonly {
          readonly key: string;
          readonly currency: string;
          readonly amount: string;
          readonly text: string;
          readonly before: string;
        }[];
      };
    };
  };
  'GET /v1/reconciliations/{id}/lines/{line}/movements': {
    readonly path: {
      readonly id: string;
      readonly line: string;
    };
    readonly query: {
      readonly since?: string | undefined;
      readonly limit?: number | undefined;
      readonly cursor?: string | undefined;
    };
    readonly body: undefined;
    readonly answer: {
      readonly line: string;
      readonly title: string;
      readonly account: string;
      readonly currency: string;
      readonly before: {
        readonly id: string;
        readonly business_date: string;
        readonly status: 'in_progress' | 'balanced' | 'surplus' | 'deficit' | 'error';
        readonly as_of: string | null;
      } | null;
      readonly after: {
        readonly id: string;
        readonly business_date: string;
        readonly status: 'in_progress' | 'balanced' | 'surplus' | 'deficit' | 'error';
        readonly as_of: string | null;
      };
      readonly observed: {
        readonly before: string | null;
        readonly after: string | null;
        readonly change: string | null;
      };
      readonly ledger: {
        readonly before: string | null;
        readonly after: string | null;
        readonly change: string | null;
      };
      readonly entries_count: number;
      readonly entries_amount: string;
      readonly unexplained: string | null;
      readonly rewritten: string | null;
      readonly counter_accounts: readonly {
        readonly account: string;
        readonly currency: string;
        readonly entries: number;
        readonly amount: string;
      }[];
      readonly other_currencies: readonly {
        readonly account: string;
        readonly currency: string;
        readonly entries: number;
        readonly amount: string;
      }[];
      readonly data: readonly {
        readonly id: string;
        readonly counter_account: string;
        readonly currency: string;
        readonly amount: string;
        readonly reference: string | null;
        readonly created_at: string;
      }[];
      readonly next: string | null;
    };
  };
  'GET /v1/reconciliations/{id}/report.csv': {
    readonly path: {
      readonly id: string;
    };
    readonly query: {
      readonly bom?: string | undefined;
    };
    readonly body: undefined;
    readonly answer: string;
  };
  'GET /v1/reconciliations/{id}/report.pdf': {
    readonly path: {
      readonly id: string;
    };
    readonly query: {
      readonly lang?: 'vi' | 'en' | undefined;
    };
    readonly body: undefined;
    readonly answer: string;
  };
  'GET /v1/sandbox': {
    readonly path: Readonly<Record<string, never>>;
    readonly query: Readonly<Record<string, never>>;
    readonly body: undefined;
    readonly answer: {
      readonly sandbox: Readonly<Record<string, unknown>> | null;
      readonly providers: Readonly<Record<string, {
        readonly kind: 'none';
      } | {
        readonly kind: 'dead';
      } | {
        readonly kind: 'hang';
      } | {
        readonly kind: 'slow';
        readonly ms: number;
      } | {
        readonly kind: 'status';
        readonly status: number;
        readonly body?: string | undefined;
      } | {
        readonly kind: 'html';
      } | {
        readonly kind: 'empty-object';
      } | {
        readonly kind: 'zero';
      } | {
        readonly kind: 'huge';
      } | {
        readonly kind: 'string-with-commas';
      } | {
        readonly kind: 'error-under-200';
      } | {
        readonly kind: 'rate-limited';
        readonly retryAfterSeconds: number;
      } | {
        readonly kind: 'lying';
        readonly factorPercent: number;
      } | {
        readonly kind: 'inverted';
      } | {
        readonly kind: 'frozen';
      }>>;
      readonly depeg_percent: number;
      readonly tampered: readonly {
        readonly index: number;
        readonly tampered_at: string;
      }[];
    };
  };
  'GET /v1/settings': {
    readonly path: Readonly<Record<string, never>>;
    readonly query: Readonly<Record<string, never>>;
    readonly body: undefined;
    readonly answer: {
      readonly data: readonly {
        readonly name: string;
        readonly about: string;
        readonly expected: string;
        readonly secret: boolean;
        readonly origin: 'environment' | 'file' | 'default' | 'absent';
        readonly value: string | null;
      }[];
    };
  };
  'GET /v1/statement-matchings': {
    readonly path: Readonly<Record<string, never>>;
    readonly query: {
      readonly limit?: number | undefined;
      readonly cursor?: string | undefined;
      readonly account?: string | undefined;
    };
    readonly body: undefined;
    readonly answer: {
      readonly data: readonly {
        readonly id: string;
        readonly account: string;
        readonly from: string;
        readonly to: string;
        readonly attempt: number;
        readonly supersedes: string | null;
        readonly started_by: string;
        readonly policy: {
          readonly name: string;
          readonly version: number;
          readonly hash: string;
        };
        readonly engine: number;
        readonly status: 'complete' | 'open';
        readonly matches: number;
        readonly totals: readonly {
          readonly currency: string;
          readonly external: {
            readonly all: {
              readonly lines: number;
              readonly sum: string;
            };
            readonly matched: {
              readonly lines: number;
              readonly sum: string;
            };
            readonly ambiguous: {
              readonly lines: number;
              readonly sum: string;
            };
            readonly unmatched: {
              readonly lines: number;
              readonly sum: string;
            };
          };
          readonly ledger: {
            readonly all: {
              readonly lines: number;
              readonly sum: string;
            };
            readonly matched: {
              readonly lines: number;
              readonly sum: string;
            };
            readonly ambiguous: {
              readonly lines: number;
              readonly sum: string;
            };
            readonly unmatched: {
              readonly lines: number;
              readonly sum: string;
            };
          };
          readonly difference: string;
        }[];
        readonly external_hash: string;
        readonly ledger_hash: string;
        readonly result_hash: string;
        readonly created_at: string;
      }[];
      readonly next: string | null;
    };
  };
  'GET /v1/statement-matchings/{id}': {
    readonly path: {
      readonly id: string;
    };
    readonly query: Readonly<Record<string, never>>;
    readonly body: undefined;
    readonly answer: {
      readonly id: string;
      readonly account: string;
      readonly from: string;
      readonly to: string;
      readonly attempt: number;
      readonly supersedes: string | null;
      readonly started_by: string;
      readonly policy: {
        readonly name: string;
        readonly version: number;
        readonly hash: string;
      };
      readonly engine: number;
      readonly status: 'complete' | 'open';
      readonly matches: number;
      readonly totals: readonly {
        readonly currency: string;
        readonly external: {
          readonly all: {
            readonly lines: number;
            readonly sum: string;
          };
          readonly matched: {
            readonly lines: number;
            readonly sum: string;
          };
          readonly ambiguous: {
            readonly lines: number;
            readonly sum: string;
          };
          readonly unmatched: {
            readonly lines: number;
            readonly sum: string;
          };
        };
        readonly ledger: {
          readonly all: {
            readonly lines: number;
            readonly sum: string;
          };
          readonly matched: {
            readonly lines: number;
            readonly sum: string;
          };
          readonly ambiguous: {
            readonly lines: number;
            readonly sum: string;
          };
          readonly unmatched: {
            readonly lines: number;
            readonly sum: string;
          };
        };
        readonly difference: string;
      }[];
      readonly external_hash: string;
      readonly ledger_hash: string;
      readonly result_hash: string;
      readonly created_at: string;
    };
  };
  'GET /v1/statement-matchings/{id}/matches': {
    readonly path: {
      readonly id: string;
    };
    readonly query: {
      readonly limit?: number | undefined;
      readonly cursor?: string | undefined;
      readonly side?: 'external' | 'ledger' | undefined;
    };
    readonly body: undefined;
    readonly answer: {
      readonly data: readonly {
        readonly side: 'external' | 'ledger';
        readonly id: string;
        readonly booked_on: string;
        readonly age_days: number;
        readonly currency: string;
        readonly amount: string;
        readonly reference: string;
        readonly counterparty: string;
        readonly outcome: 'matched' | 'ambiguous' | 'unmatched';
        readonly set: number | null;
        readonly rule: string | null;
        readonly reason: string | null;
      }[];
      readonly next: string | null;
    };
  };
  'GET /v1/statement-matchings/{id}/unmatched': {
    readonly path: {
      readonly id: string;
    };
    readonly query: {
      readonly limit?: number | undefined;
      readonly cursor?: string | undefined;
      readonly side?: 'external' | 'ledger' | undefined;
    };
    readonly body: undefined;
    readonly answer: {
      readonly data: readonly {
        readonly side: 'external' | 'ledger';
        readonly id: string;
        readonly booked_on: string;
        readonly age_days: number;
        readonly currency: string;
        readonly amount: string;
        readonly reference: string;
        readonly counterparty: string;
        readonly outcome: 'matched' | 'ambiguous' | 'unmatched';
        readonly set: number | null;
        readonly rule: string | null;
        readonly reason: string | null;
      }[];
      readonly next: string | null;
    };
  };
  'POST /v1/approvals': {
    readonly path: Readonly<Record<string, never>>;
    readonly query: Readonly<Record<string, never>>;
    readonly body: {
      readonly action: string;
      readonly payload: unknown;
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
  'POST /v1/approvals/break-glass': {
    readonly path: Readonly<Record<string, never>>;
    readonly query: Readonly<Record<string, never>>;
    readonly body: {
      readonly action: string;
      readonly payload: unknown;
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
  'POST /v1/approvals/{id}/review': {
    readonly path: {
      readonly id: string;
    };
    readonly query: Readonly<Record<string, never>>;
    readonly body: {
      readonly note: string;
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
  'POST /v1/archive/checksums': {
    readonly path: Readonly<Record<string, never>>;
    readonly query: Readonly<Record<string, never>>;
    readonly body: {
      readonly table?: string | undefined;
    };
    readonly answer: {
      readonly job: string;
      readonly objects: number;
    };
  };
  'POST /v1/archive/events': {
    readonly path: Readonly<Record<string, never>>;
    readonly query: Readonly<Record<string, never>>;
    readonly body: {
      readonly Records: readonly {
        readonly eventName: string;
        readonly s3: {
          readonly bucket: {
            readonly name: string;
          };
          readonly object: {
            readonly key: string;
          };
        };
      }[];
    } | {
      readonly source: 'aws.s3';
      readonly 'detail-type': string;
      readonly detail: {
        readonly bucket: {
          readonly name: string;
        };
        readonly object: {
          readonly key: string;
        };
      };
    } | {
      readonly Service: 'Amazon S3';
      readonly Event: 's3:TestEvent';
    };
    readonly answer: {
      readonly waiting: number;
    };
  };
  'POST /v1/archive/holds': {
    readonly path: Readonly<Record<string, never>>;
    readonly query: Readonly<Record<string, never>>;
    readonly body: {
      readonly table: string;
      readonly rows: {
        readonly kind: 'time';
        readonly from: string;
        readonly to: string;
      } | {
        readonly kind: 'keys';
        readonly from: string;
        readonly to: string;
      };
      readonly reason: string;
    };
    readonly answer: {
      readonly id: string;
      readonly table: string;
      readonly rows: {
        readonly kind: 'time';
        readonly from: string;
        readonly to: string;
      } | {
        readonly kind: 'keys';
        readonly from: string;
        readonly to: string;
      };
      readonly reason: string;
      readonly placed_by: string;
      readonly placed_at: string;
      readonly released: {
        readonly by: string;
        readonly at: string;
        readonly reason: string;
        readonly approved_by: string | null;
      } | null;
      readonly objects: number;
      readonly objects_kept: number;
      readonly error: {
        readonly code: string;
        readonly message: string;
      } | null;
    };
  };
  'POST /v1/archive/holds/{id}/release': {
    readonly path: {
      readonly id: string;
    };
    readonly query: Readonly<Record<string, never>>;
    readonly body: {
      readonly reason: string;
    };
    readonly answer: {
      readonly id: string;
      readonly table: string;
      readonly rows: {
        readonly kind: 'time';
        readonly from: string;
        readonly to: string;
      } | {
        readonly kind: 'keys';
        readonly from: string;
        readonly to: string;
      };
      readonly reason: string;
      readonly placed_by: string;
      readonly placed_at: string;
      readonly released: {
        readonly by: string;
        readonly at: string;
        readonly reason: string;
        readonly approved_by: string | null;
      } | null;
      readonly objects: number;
      readonly objects_kept: number;
      readonly error: {
        readonly code: string;
        readonly message: string;
      } | null;
    } | {
      readonly approval_id: string;
      readonly action: string;
      readonly target: string;
      readonly payload_hash: string;
      readonly requested_by: string;
      readonly expires_at: string;
      readonly detail: string;
    };
  };
  'POST /v1/archive/plan': {
    readonly path: Readonly<Record<string, never>>;
    readonly query: Readonly<Record<string, never>>;
    readonly body: {
      readonly table: string;
      readonly policy: {
        readonly column: string;
        readonly key?: string | undefined;
        readonly age_days: number;
        readonly storage_class?: 'STANDARD' | 'GLACIER' | 'DEEP_ARCHIVE' | undefined;
        readonly format?: 'zstd' | 'gzip' | undefined;
        readonly rows_per_object?: number | undefined;
        readonly window?: {
          readonly from: string;
          readonly to: string;
        } | null | undefined;
        readonly throttle?: {
          readonly busy_percent?: number | undefined;
          readonly max_lag_ms?: number | undefined;
          readonly max_statement_ms?: number | undefined;
          readonly max_wal_kb_per_second?: number | null | undefined;
        } | undefined;
        readonly legal_hold?: boolean | undefined;
        readonly hold_days?: number | undefined;
        readonly retention?: {
          readonly mode: 'GOVERNANCE' | 'COMPLIANCE';
          readonly days: number;
        } | null | undefined;
        readonly purge_only?: boolean | undefined;
        readonly cooling_hours?: number | undefined;
        readonly enabled?: boolean | undefined;
      };
    };
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
  'POST /v1/archive/policies': {
    readonly path: Readonly<Record<string, never>>;
    readonly query: Readonly<Record<string, never>>;
    readonly body: {
      readonly table: string;
      readonly policy: {
        readonly column: string;
        readonly key?: string | undefined;
        readonly age_days: number;
        readonly storage_class?: 'STANDARD' | 'GLACIER' | 'DEEP_ARCHIVE' | undefined;
        readonly format?: 'zstd' | 'gzip' | undefined;
        readonly rows_per_object?: number | undefined;
        readonly window?: {
          readonly from: string;
          readonly to: string;
        } | null | undefined;
        readonly throttle?: {
          readonly busy_percent?: number | undefined;
          readonly max_lag_ms?: number | undefined;
          readonly max_statement_ms?: number | undefined;
          readonly max_wal_kb_per_second?: number | null | undefined;
        } | undefined;
        readonly legal_hold?: boolean | undefined;
        readonly hold_days?: number | undefined;
        readonly retention?: {
          readonly mode: 'GOVERNANCE' | 'COMPLIANCE';
          readonly days: number;
        } | null | undefined;
        readonly purge_only?: boolean | undefined;
        readonly cooling_hours?: number | undefined;
        readonly enabled?: boolean | undefined;
      };
      readonly reason?: string | undefined;
    };
    readonly answer: {
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
    } | {
      readonly approval_id: string;
      readonly action: string;
      readonly target: string;
      readonly payload_hash: string;
      readonly requested_by: string;
      readonly expires_at: string;
      readonly detail: string;
    };
  };
  'POST /v1/archive/query': {
    readonly path: Readonly<Record<string, never>>;
    readonly query: Readonly<Record<string, never>>;
    readonly body: {
      readonly sql: string;
      readonly limit?: number | undefined;
      readonly max_bytes?: number | undefined;
    };
    readonly answer: {
      readonly columns: readonly string[];
      readonly rows: readonly (readonly (string | null)[])[];
      readonly more: boolean;
      readonly complete: boolean;
      readonly objects_read: number;
      readonly bytes_read: number;
      readonly not_readable: readonly {
        readonly batch: number;
        readonly archive_path: string;
        readonly rows: number;
      }[];
    };
  };
  'POST /v1/archive/rebuild': {
    readonly path: Readonly<Record<string, never>>;
    readonly query: Readonly<Record<string, never>>;
    readonly body: Readonly<Record<string, unknown>>;
    readonly answer: {
      readonly data: readonly {
        readonly batch: string;
        readonly table: string;
        readonly archive_path: string;
        readonly state: 'rebuilt' | 'known' | 'pending' | 'unfinished' | 'damaged';
        readonly message: string;
      }[];
    };
  };
  'POST /v1/archive/restores': {
    readonly path: Readonly<Record<string, never>>;
    readonly query: Readonly<Record<string, never>>;
    readonly body: {
      readonly table: string;
      readonly what: {
        readonly kind: 'row';
        readonly id: string;
      } | {
        readonly kind: 'batch';
        readonly batch: number;
      } | {
        readonly kind: 'object';
        readonly archive_path: string;
      } | {
        readonly kind: 'range';
        readonly from: string;
        readonly to: string;
      };
      readonly purpose?: 'read' | 'land' | 'return' | undefined;
      readonly tier?: 'Expedited' | 'Standard' | 'Bulk' | undefined;
      readonly days?: number | undefined;
      readonly mapping?: {
        readonly columns?: Readonly<Record<string, string | null>> | undefined;
        readonly fill?: Readonly<Record<string, 'default' | 'null'>> | undefined;
      } | undefined;
      readonly max_cost?: string | undefined;
      readonly reason?: string | undefined;
    };
    readonly answer: {
      readonly id: string;
      readonly table: string;
      readonly what: {
        readonly kind: 'row';
        readonly id: string;
      } | {
        readonly kind: 'batch';
        readonly batch: number;
      } | {
        readonly kind: 'object';
        readonly archive_path: string;
      } | {
        readonly kind: 'range';
        readonly from: string;
        readonly to: string;
      };
      readonly purpose: 'read' | 'land' | 'return';
      readonly tier: 'Expedited' | 'Standard' | 'Bulk';
      readonly days: number;
      readonly mapping: {
        readonly columns: Readonly<Record<string, string | null>>;
        readonly fill: Readonly<Record<string, 'default' | 'null'>>;
      } | null;
      readonly state: 'requested' | 'restoring' | 'readable' | 'landed' | 'expired' | 'failed';
      readonly cost: string | null;
      readonly currency: string;
      readonly wait_seconds: number;
      readonly requested_by: string;
      readonly requested_at: string;
      readonly approved_by: string | null;
      readonly landed_rows: number;
      readonly returned_rows: number;
      readonly objects: readonly {
        readonly batch: number;
        readonly state: 'requested' | 'restoring' | 'readable' | 'landed' | 'expired' | 'failed';
        readonly tier: 'Expedited' | 'Standard' | 'Bulk';
        readonly asked_at: string | null;
        readonly readable_until: string | null;
        readonly landed_rows: number;
        readonly returned_rows: number;
        readonly attempts: number;
        readonly error: {
          readonly code: string;
          readonly message: string;
        } | null;
      }[];
    } | {
      readonly approval_id: string;
      readonly action: string;
      readonly target: string;
      readonly payload_hash: string;
      readonly requested_by: string;
      readonly expires_at: string;
      readonly detail: string;
    };
  };
  'POST /v1/archive/restores/quote': {
    readonly path: Readonly<Record<string, never>>;
    readonly query: Readonly<Record<string, never>>;
    readonly body: {
      readonly table: string;
      readonly what: {
        readonly kind: 'row';
        readonly id: string;
      } | {
        readonly kind: 'batch';
        readonly batch: number;
      } | {
        readonly kind: 'object';
        readonly archive_path: string;
      } | {
        readonly kind: 'range';
        readonly from: string;
        readonly to: string;
      };
      readonly purpose?: 'read' | 'land' | 'return' | undefined;
      readonly tier?: 'Expedited' | 'Standard' | 'Bulk' | undefined;
      readonly days?: number | undefined;
      readonly mapping?: {
        readonly columns?: Readonly<Record<string, string | null>> | undefined;
        readonly fill?: Readonly<Record<string, 'default' | 'null'>> | undefined;
      } | undefined;
    };
    readonly answer: {
      readonly table: string;
      readonly objects: number;
      readonly readable: number;
      readonly rows: number;
      readonly bytes: string;
      readonly cost: string | null;
      readonly currency: string;
      readonly prices_dated: string;
      readonly wait_seconds: number;
    };
  };
  'POST /v1/archive/restores/{id}/speed-up': {
    readonly path: {
      readonly id: string;
    };
    readonly query: Readonly<Record<string, never>>;
    readonly body: {
      readonly tier: 'Expedited' | 'Standard' | 'Bulk';
    };
    readonly answer: {
      readonly id: string;
      readonly table: string;
      readonly what: {
        readonly kind: 'row';
        readonly id: string;
      } | {
        readonly kind: 'batch';
        readonly batch: number;
      } | {
        readonly kind: 'object';
        readonly archive_path: string;
      } | {
        readonly kind: 'range';
        readonly from: string;
        readonly to: string;
      };
      readonly purpose: 'read' | 'land' | 'return';
      readonly tier: 'Expedited' | 'Standard' | 'Bulk';
      readonly days: number;
      readonly mapping: {
        readonly columns: Readonly<Record<string, string | null>>;
        readonly fill: Readonly<Record<string, 'default' | 'null'>>;
      } | null;
      readonly state: 'requested' | 'restoring' | 'readable' | 'landed' | 'expired' | 'failed';
      readonly cost: string | null;
      readonly currency: string;
      readonly wait_seconds: number;
      readonly requested_by: string;
      readonly requested_at: string;
      readonly approved_by: string | null;
      readonly landed_rows: number;
      readonly returned_rows: number;
      readonly objects: readonly {
        readonly batch: number;
        readonly state: 'requested' | 'restoring' | 'readable' | 'landed' | 'expired' | 'failed';
        readonly tier: 'Expedited' | 'Standard' | 'Bulk';
        readonly asked_at: string | null;
        readonly readable_until: string | null;
        readonly landed_rows: number;
        readonly returned_rows: number;
        readonly attempts: number;
        readonly error: {
          readonly code: string;
          readonly message: string;
        } | null;
      }[];
    };
  };
  'POST /v1/archive/runs': {
    readonly path: Readonly<Record<string, never>>;
    readonly query: Readonly<Record<string, never>>;
    readonly body: {
      readonly table: string;
      readonly reason?: string | undefined;
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
    } | {
      readonly approval_id: string;
      readonly action: string;
      readonly target: string;
      readonly payload_hash: string;
      readonly requested_by: string;
      readonly expires_at: string;
      readonly detail: string;
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
  'POST /v1/audit/entries': {
    readonly path: Readonly<Record<string, never>>;
    readonly query: {
      readonly wait?: 'sequenced' | 'published' | undefined;
    };
    readonly body: {
      readonly stream: string;
      readonly record_id: string;
      readonly op: string;
      readonly actor?: string | undefined;
      readonly record?: unknown | undefined;
      readonly data_hash?: string | undefined;
    } | {
      readonly entries: readonly {
        readonly stream: string;
        readonly record_id: string;
        readonly op: string;
        readonly actor?: string | undefined;
        readonly record?: unknown | undefined;
        readonly data_hash?: string | undefined;
      }[];
    };
    readonly answer: {
      readonly index: number;
      readonly stream: string;
      readonly seq: number;
      readonly record_id: string;
      readonly op: string;
      readonly actor: string;
      readonly at: string;
      readonly business_date: string;
      readonly data_hash: string;
      readonly previous_hash: string;
      readonly leaf_hash: string;
      readonly receipt: string | null;
    } | {
      readonly data: readonly {
        readonly index: number;
        readonly stream: string;
        readonly seq: number;
        readonly record_id: string;
        readonly op: string;
        readonly actor: string;
        readonly at: string;
        readonly business_date: string;
        readonly data_hash: string;
        readonly previous_hash: string;
        readonly leaf_hash: string;
        readonly receipt: string | null;
      }[];
    };
  };
  'POST /v1/audit/redactions': {
    readonly path: Readonly<Record<string, never>>;
    readonly query: Readonly<Record<string, never>>;
    readonly body: {
      readonly reason: string;
      readonly dry_run?: boolean | undefined;
      readonly record?: {
        readonly stream: string;
        readonly record_id: string;
      } | undefined;
      readonly person?: {
        readonly actors?: readonly string[] | undefined;
        readonly record_ids?: readonly string[] | undefined;
      } | undefined;
      readonly range?: {
        readonly stream?: string | undefined;
        readonly from: string;
        readonly to: string;
      } | undefined;
    };
    readonly answer: {
      readonly forgotten: number;
      readonly leaves: readonly number[];
    };
  };
  'POST /v1/audit/streams': {
    readonly path: Readonly<Record<string, never>>;
    readonly query: Readonly<Record<string, never>>;
    readonly body: {
      readonly name: string;
      readonly salted?: boolean | undefined;
    };
    readonly answer: {
      readonly name: string;
      readonly salted: boolean;
    };
  };
  'POST /v1/audit/watches': {
    readonly path: Readonly<Record<string, never>>;
    readonly query: Readonly<Record<string, never>>;
    readonly body: {
      readonly table: string;
      readonly stream?: string | undefined;
      readonly without?: readonly string[] | undefined;
      readonly salted?: boolean | undefined;
      readonly snapshot?: boolean | undefined;
    };
    readonly answer: {
      readonly table: string;
      readonly stream: string;
      readonly key: readonly string[];
      readonly without: readonly string[];
      readonly enabled: boolean;
      readonly rows: number;
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
  'POST /v1/keys': {
    readonly path: Readonly<Record<string, never>>;
    readonly query: Readonly<Record<string, never>>;
    readonly body: {
      readonly name: string;
      readonly role?: 'viewer' | 'auditor' | 'operator' | 'admin' | 'service' | undefined;
      readonly owner?: string | undefined;
      readonly scopes?: readonly string[] | undefined;
      readonly addresses?: readonly string[] | undefined;
      readonly expires_at?: string | undefined;
      readonly reason?: string | undefined;
    };
    readonly answer: {
      readonly id: string;
      readonly name: string;
      readonly prefix: string;
      readonly role: 'viewer' | 'auditor' | 'operator' | 'admin' | 'service';
      readonly owner: string | null;
      readonly scopes: readonly string[];
      readonly addresses: readonly string[];
      readonly created_by: string | null;
      readonly approval_id: string | null;
      readonly created_at: string;
      readonly expires_at: string | null;
      readonly revoked_at: string | null;
      readonly secret: string | null;
    } | {
      readonly approval_id: string;
      readonly action: string;
      readonly target: string;
      readonly payload_hash: string;
      readonly requested_by: string;
      readonly expires_at: string;
      readonly detail: string;
      readonly secret: string | null;
    };
  };
  'POST /v1/keys/{id}/revoke': {
    readonly path: {
      readonly id: string;
    };
    readonly query: Readonly<Record<string, never>>;
    readonly body: undefined;
    readonly answer: {
      readonly id: string;
      readonly name: string;
      readonly prefix: string;
      readonly role: 'viewer' | 'auditor' | 'operator' | 'admin' | 'service';
      readonly owner: string | null;
      readonly scopes: readonly string[];
      readonly addresses: readonly string[];
      readonly created_by: string | null;
      readonly approval_id: string | null;
      readonly created_at: string;
      readonly expires_at: string | null;
      readonly revoked_at: string | null;
    };
  };
  'POST /v1/liability-proofs/{id}/merchants/{merchant}/verified': {
    readonly path: {
      readonly id: string;
      readonly merchant: string;
    };
    readonly query: Readonly<Record<string, never>>;
    readonly body: undefined;
    readonly answer: {
      readonly merchants: number;
      readonly verified: number;
    };
  };
  'POST /v1/notification-endpoints': {
    readonly path: Readonly<Record<string, never>>;
    readonly query: Readonly<Record<string, never>>;
    readonly body: {
      readonly merchant_id?: string | undefined;
      readonly team?: string | undefined;
      readonly channel: 'email' | 'webhook' | 'slack' | 'telegram' | 'zalo' | 'sms';
      readonly address: string;
      readonly label: string;
      readonly events?: readonly string[] | undefined;
      readonly min_severity?: 'info' | 'warning' | 'critical' | undefined;
      readonly locale?: 'vi' | 'en' | undefined;
      readonly zone?: string | undefined;
      readonly quiet?: {
        readonly from: number;
        readonly until: number;
      } | null | undefined;
      readonly digest?: 'off' | 'hourly' | 'daily' | undefined;
      readonly digest_at?: number | undefined;
    };
    readonly answer: {
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
    };
  };
  'POST /v1/notification-endpoints/{id}/delete': {
    readonly path: {
      readonly id: string;
    };
    readonly query: Readonly<Record<string, never>>;
    readonly body: Readonly<Record<string, unknown>>;
    readonly answer: {
      readonly deleted: boolean;
    };
  };
  'POST /v1/notification-endpoints/{id}/disable': {
    readonly path: {
      readonly id: string;
    };
    readonly query: Readonly<Record<string, never>>;
    readonly body: {
      readonly reason: string;
    };
    readonly answer: {
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
    };
  };
  'POST /v1/notification-endpoints/{id}/enable': {
    readonly path: {
      readonly id: string;
    };
    readonly query: Readonly<Record<string, never>>;
    readonly body: Readonly<Record<string, unknown>>;
    readonly answer: {
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
    };
  };
  'POST /v1/notification-endpoints/{id}/preferences': {
    readonly path: {
      readonly id: string;
    };
    readonly query: Readonly<Record<string, never>>;
    readonly body: {
      readonly label?: string | undefined;
      readonly events?: readonly string[] | undefined;
      readonly min_severity?: 'info' | 'warning' | 'critical' | undefined;
      readonly locale?: 'vi' | 'en' | undefined;
      readonly zone?: string | undefined;
      readonly quiet?: {
        readonly from: number;
        readonly until: number;
      } | null | undefined;
      readonly digest?: 'off' | 'hourly' | 'daily' | undefined;
      readonly digest_at?: number | undefined;
    };
    readonly answer: {
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
    };
  };
  'POST /v1/notification-endpoints/{id}/recover': {
    readonly path: {
      readonly id: string;
    };
    readonly query: Readonly<Record<string, never>>;
    readonly body: {
      readonly since: string;
    };
    readonly answer: {
      readonly recovered: number;
    };
  };
  'POST /v1/notification-endpoints/{id}/rotate': {
    readonly path: {
      readonly id: string;
    };
    readonly query: Readonly<Record<string, never>>;
    readonly body: {
      readonly overlap_hours?: number | undefined;
    };
    readonly answer: {
      readonly secret: string | null;
      readonly public_key: string;
    };
  };
  'POST /v1/notification-endpoints/{id}/secret': {
    readonly path: {
      readonly id: string;
    };
    readonly query: Readonly<Record<string, never>>;
    readonly body: Readonly<Record<string, unknown>>;
    readonly answer: {
      readonly secret: string | null;
      readonly public_key: string;
    };
  };
  'POST /v1/notification-endpoints/{id}/test': {
    readonly path: {
      readonly id: string;
    };
    readonly query: Readonly<Record<string, never>>;
    readonly body: Readonly<Record<string, unknown>>;
    readonly answer: {
      readonly notification_id: string;
    };
  };
  'POST /v1/notification-receipts': {
    readonly path: Readonly<Record<string, never>>;
    readonly query: Readonly<Record<string, never>>;
    readonly body: {
      readonly channel: 'email' | 'webhook' | 'slack' | 'telegram' | 'zalo' | 'sms';
      readonly provider_message_id: string;
      readonly delivered: boolean;
      readonly error?: string | undefined;
      readonly at?: string | undefined;
    };
    readonly answer: {
      readonly matched: number;
    };
  };
  'POST /v1/notification-templates': {
    readonly path: Readonly<Record<string, never>>;
    readonly query: Readonly<Record<string, never>>;
    readonly body: {
      readonly event: string | '*';
      readonly locale: 'vi' | 'en';
      readonly channel?: 'email' | 'webhook' | 'slack' | 'telegram' | 'zalo' | 'sms' | '*' | undefined;
      readonly subject: string;
      readonly body: string;
      readonly html?: string | null | undefined;
      readonly example?: Readonly<Record<string, string | number | boolean | null>> | undefined;
    };
    readonly answer: {
      readonly event: string;
      readonly locale: 'vi' | 'en';
      readonly channel: string;
      readonly version: number;
      readonly subject: string;
      readonly body: string;
      readonly html: string | null;
      readonly created_by: string;
      readonly created_at: string;
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
  'POST /v1/notifications': {
    readonly path: Readonly<Record<string, never>>;
    readonly query: Readonly<Record<string, never>>;
    readonly body: {
      readonly key: string;
      readonly event: string;
      readonly severity?: 'info' | 'warning' | 'critical' | undefined;
      readonly message: string;
      readonly data?: Readonly<Record<string, string | number | boolean | null>> | undefined;
      readonly merchant_id?: string | undefined;
      readonly payment_id?: string | undefined;
      readonly teams?: readonly string[] | undefined;
      readonly recipients?: readonly {
        readonly channel: 'email' | 'webhook' | 'slack' | 'telegram' | 'zalo' | 'sms';
        readonly address: string;
        readonly locale?: 'vi' | 'en' | undefined;
      }[] | undefined;
    };
    readonly answer: {
      readonly data: readonly {
        readonly id: string;
        readonly channel: 'email' | 'webhook' | 'slack' | 'telegram' | 'zalo' | 'sms';
        readonly recipient: string;
        readonly status: 'pending' | 'suppressed';
        readonly suppressed: string | null;
      }[];
      readonly known: number;
    };
  };
  'POST /v1/notifications/{id}/owner': {
    readonly path: {
      readonly id: string;
    };
    readonly query: Readonly<Record<string, never>>;
    readonly body: {
      readonly owner: string;
    };
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
  'POST /v1/notifications/{id}/reveal': {
    readonly path: {
      readonly id: string;
    };
    readonly query: Readonly<Record<string, never>>;
    readonly body: {
      readonly reason: string;
    };
    readonly answer: {
      readonly address: string | null;
    };
  };
  'POST /v1/payouts/overrides': {
    readonly path: Readonly<Record<string, never>>;
    readonly query: Readonly<Record<string, never>>;
    readonly body: {
      readonly reason: string;
      readonly hours: number;
    };
    readonly answer: {
      readonly id: string;
      readonly version: string;
      readonly at: string;
      readonly kind: 'halted' | 'released' | 'override_requested' | 'override_approved' | 'override_ended';
      readonly subject: string;
      readonly reason: string;
      readonly report_id: string | null;
      readonly as_of: string | null;
      readonly difference: string | null;
      readonly override_id: string | null;
      readonly requested_by: string | null;
      readonly until: string | null;
      readonly unwaited: boolean;
    };
  };
  'POST /v1/payouts/overrides/{id}/approve': {
    readonly path: {
      readonly id: string;
    };
    readonly query: Readonly<Record<string, never>>;
    readonly body: Readonly<Record<string, unknown>>;
    readonly answer: {
      readonly id: string;
      readonly version: string;
      readonly at: string;
      readonly kind: 'halted' | 'released' | 'override_requested' | 'override_approved' | 'override_ended';
      readonly subject: string;
      readonly reason: string;
      readonly report_id: string | null;
      readonly as_of: string | null;
      readonly difference: string | null;
      readonly override_id: string | null;
      readonly requested_by: string | null;
      readonly until: string | null;
      readonly unwaited: boolean;
    };
  };
  'POST /v1/payouts/overrides/{id}/end': {
    readonly path: {
      readonly id: string;
    };
    readonly query: Readonly<Record<string, never>>;
    readonly body: {
      readonly reason: string;
    };
    readonly answer: {
      readonly id: string;
      readonly version: string;
      readonly at: string;
      readonly kind: 'halted' | 'released' | 'override_requested' | 'override_approved' | 'override_ended';
      readonly subject: string;
      readonly reason: string;
      readonly report_id: string | null;
      readonly as_of: string | null;
      readonly difference: string | null;
      readonly override_id: string | null;
      readonly requested_by: string | null;
      readonly until: string | null;
      readonly unwaited: boolean;
    };
  };
  'POST /v1/quotes': {
    readonly path: Readonly<Record<string, never>>;
    readonly query: Readonly<Record<string, never>>;
    readonly body: {
      readonly pair: string;
      readonly side: 'sell' | 'buy';
      readonly amount: string;
      readonly currency: string;
      readonly lifetime_seconds?: number | undefined;
      readonly max_age_ms?: number | undefined;
    };
    readonly answer: {
      readonly id: string;
      readonly pair: string;
      readonly side: 'sell' | 'buy';
      readonly fixed: 'base' | 'quote';
      readonly base_amount: string;
      readonly quote_amount: string;
      readonly rate: string;
      readonly rate_quote_id: string;
      readonly level: string;
      readonly agreement: string;
      readonly rate_as_of: string;
      readonly status: 'open' | 'accepted' | 'expired';
      readonly created_by: string;
      readonly created_at: string;
      readonly expires_at: string;
      readonly reference: string | null;
      readonly accepted_at: string | null;
      readonly accepted_by: string | null;
    };
  };
  'POST /v1/quotes/{id}/accept': {
    readonly path: {
      readonly id: string;
    };
    readonly query: Readonly<Record<string, never>>;
    readonly body: {
      readonly reference?: string | undefined;
    };
    readonly answer: {
      readonly id: string;
      readonly pair: string;
      readonly side: 'sell' | 'buy';
      readonly fixed: 'base' | 'quote';
      readonly base_amount: string;
      readonly quote_amount: string;
      readonly rate: string;
      readonly rate_quote_id: string;
      readonly level: string;
      readonly agreement: string;
      readonly rate_as_of: string;
      readonly status: 'open' | 'accepted' | 'expired';
      readonly created_by: string;
      readonly created_at: string;
      readonly expires_at: string;
      readonly reference: string | null;
      readonly accepted_at: string | null;
      readonly accepted_by: string | null;
    };
  };
  'POST /v1/rates/providers/{source}/breaker': {
    readonly path: {
      readonly source: string;
    };
    readonly query: Readonly<Record<string, never>>;
    readonly body: {
      readonly action: 'open' | 'close' | 'reset';
      readonly reason: string;
    };
    readonly answer: {
      readonly source: string;
      readonly role: string;
      readonly routes: readonly string[];
      readonly enabled: boolean;
      readonly disabled_reason: string | null;
      readonly breaker: {
        readonly state: 'closed' | 'open' | 'half-open' | 'forced-open' | 'forced-closed';
        readonly failures: number;
        readonly retry_in_ms: number | null;
      };
      readonly held_until: string | null;
      readonly held_reason: string | null;
      readonly next_call_at: string | null;
      readonly every_ms: number;
      readonly calls_left: number | null;
      readonly last_outcome: string | null;
      readonly last_message: string | null;
      readonly last_success_at: string | null;
      readonly consecutive_failures: number;
      readonly disputed: number;
      readonly latency_ms: number | null;
      readonly figures: readonly {
        readonly pair: string;
        readonly rate: string;
        readonly as_of: string;
      }[];
    } | {
      readonly approval_id: string;
      readonly action: string;
      readonly target: string;
      readonly payload_hash: string;
      readonly requested_by: string;
      readonly expires_at: string;
      readonly detail: string;
    };
  };
  'POST /v1/rates/{base}/{quote}/manual': {
    readonly path: {
      readonly base: string;
      readonly quote: string;
    };
    readonly query: Readonly<Record<string, never>>;
    readonly body: {
      readonly rate: string;
      readonly reason: string;
      readonly max_deviation_bps: number;
      readonly expires_at: string;
    };
    readonly answer: {
      readonly id: string;
      readonly pair: string;
      readonly rate: string;
      readonly reason: string;
      readonly max_deviation_bps: number;
      readonly set_by: string;
      readonly set_at: string;
      readonly expires_at: string;
      readonly ended_at: string | null;
      readonly ended_by: string | null;
      readonly end_reason: string | null;
    } | {
      readonly approval_id: string;
      readonly action: string;
      readonly target: string;
      readonly payload_hash: string;
      readonly requested_by: string;
      readonly expires_at: string;
      readonly detail: string;
    };
  };
  'POST /v1/rates/{base}/{quote}/manual/end': {
    readonly path: {
      readonly base: string;
      readonly quote: string;
    };
    readonly query: Readonly<Record<string, never>>;
    readonly body: {
      readonly reason: string;
    };
    readonly answer: {
      readonly id: string;
      readonly pair: string;
      readonly rate: string;
      readonly reason: string;
      readonly max_deviation_bps: number;
      readonly set_by: string;
      readonly set_at: string;
      readonly expires_at: string;
      readonly ended_at: string | null;
      readonly ended_by: string | null;
      readonly end_reason: string | null;
    };
  };
  'POST /v1/reconciliation-breaks/{id}/accept': {
    readonly path: {
      readonly id: string;
    };
    readonly query: Readonly<Record<string, never>>;
    readonly body: {
      readonly reason: string;
      readonly until?: string | undefined;
      readonly up_to?: string | undefined;
    };
    readonly answer: {
      readonly id: string;
      readonly book: string;
      readonly key: string;
      readonly kind: 'native' | 'late' | 'unexplained';
      readonly line: string | null;
      readonly account: string | null;
      readonly currency: string;
      readonly amount: string;
      readonly text: string;
      readonly state: 'open' | 'accepted' | 'resolved';
      readonly age_days: number;
      readonly business_date: string;
      readonly first_as_of: string;
      readonly first_seen_report: string;
      readonly last_as_of: string;
      readonly last_seen_report: string;
      readonly accepted: {
        readonly by: string;
        readonly at: string;
        readonly reason: string;
        readonly up_to: string;
        readonly until: string | null;
      } | null;
      readonly resolved_as_of: string | null;
      readonly resolved_by_report: string | null;
    };
  };
  'POST /v1/reconciliations': {
    readonly path: Readonly<Record<string, never>>;
    readonly query: Readonly<Record<string, never>>;
    readonly body: {
      readonly business_date?: string | undefined;
      readonly again?: boolean | undefined;
      readonly kind?: 'daily' | 'intraday' | undefined;
    };
    readonly answer: {
      readonly id: string;
      readonly book: string;
      readonly kind: 'daily' | 'intraday';
      readonly business_date: string;
      readonly attempt: number;
      readonly supersedes: string | null;
      readonly started_by: string;
      readonly worker: string | null;
      readonly status: 'in_progress' | 'balanced' | 'surplus' | 'deficit' | 'error';
      readonly total_assets_vnd: string | null;
      readonly total_liabilities_vnd: string | null;
      readonly difference_vnd: string | null;
      readonly tolerance_vnd: string;
      readonly asset_breakdown: Readonly<Record<string, string | null>> | null;
      readonly solvent: boolean | null;
      readonly explained: boolean | null;
      readonly net_low_vnd: string | null;
      readonly net_high_vnd: string | null;
      readonly unexplained_vnd: string | null;
      readonly as_of: string | null;
      readonly as_of_basis: 'cut' | 'snapshot' | null;
      readonly alert_triggered: boolean;
      readonly error_message: string | null;
      readonly started_at: string;
      readonly observed_at: string | null;
      readonly reconciled_at: string | null;
      readonly report: Readonly<Record<string, unknown>> | null;
      readonly report_hash: string | null;
    };
  };
  'POST /v1/sandbox/depeg': {
    readonly path: Readonly<Record<string, never>>;
    readonly query: Readonly<Record<string, never>>;
    readonly body: {
      readonly factor_percent: number;
    };
    readonly answer: {
      readonly sandbox: Readonly<Record<string, unknown>> | null;
      readonly providers: Readonly<Record<string, {
        readonly kind: 'none';
      } | {
        readonly kind: 'dead';
      } | {
        readonly kind: 'hang';
      } | {
        readonly kind: 'slow';
        readonly ms: number;
      } | {
        readonly kind: 'status';
        readonly status: number;
        readonly body?: string | undefined;
      } | {
        readonly kind: 'html';
      } | {
        readonly kind: 'empty-object';
      } | {
        readonly kind: 'zero';
      } | {
        readonly kind: 'huge';
      } | {
        readonly kind: 'string-with-commas';
      } | {
        readonly kind: 'error-under-200';
      } | {
        readonly kind: 'rate-limited';
        readonly retryAfterSeconds: number;
      } | {
        readonly kind: 'lying';
        readonly factorPercent: number;
      } | {
        readonly kind: 'inverted';
      } | {
        readonly kind: 'frozen';
      }>>;
      readonly depeg_percent: number;
      readonly tampered: readonly {
        readonly index: number;
        readonly tampered_at: string;
      }[];
    };
  };
  'POST /v1/sandbox/faults': {
    readonly path: Readonly<Record<string, never>>;
    readonly query: Readonly<Record<string, never>>;
    readonly body: {
      readonly provider: 'coingecko' | 'binance' | 'cryptocompare' | 'vietcombank' | 'open-er-api' | 'frankfurter' | 'binance-p2p';
      readonly fault: {
        readonly kind: 'none';
      } | {
        readonly kind: 'dead';
      } | {
        readonly kind: 'hang';
      } | {
        readonly kind: 'slow';
        readonly ms: number;
      } | {
        readonly kind: 'status';
        readonly status: number;
        readonly body?: string | undefined;
      } | {
        readonly kind: 'html';
      } | {
        readonly kind: 'empty-object';
      } | {
        readonly kind: 'zero';
      } | {
        readonly kind: 'huge';
      } | {
        readonly kind: 'string-with-commas';
      } | {
        readonly kind: 'error-under-200';
      } | {
        readonly kind: 'rate-limited';
        readonly retryAfterSeconds: number;
      } | {
        readonly kind: 'lying';
        readonly factorPercent: number;
      } | {
        readonly kind: 'inverted';
      } | {
        readonly kind: 'frozen';
      };
    };
    readonly answer: {
      readonly sandbox: Readonly<Record<string, unknown>> | null;
      readonly providers: Readonly<Record<string, {
        readonly kind: 'none';
      } | {
        readonly kind: 'dead';
      } | {
        readonly kind: 'hang';
      } | {
        readonly kind: 'slow';
        readonly ms: number;
      } | {
        readonly kind: 'status';
        readonly status: number;
        readonly body?: string | undefined;
      } | {
        readonly kind: 'html';
      } | {
        readonly kind: 'empty-object';
      } | {
        readonly kind: 'zero';
      } | {
        readonly kind: 'huge';
      } | {
        readonly kind: 'string-with-commas';
      } | {
        readonly kind: 'error-under-200';
      } | {
        readonly kind: 'rate-limited';
        readonly retryAfterSeconds: number;
      } | {
        readonly kind: 'lying';
        readonly factorPercent: number;
      } | {
        readonly kind: 'inverted';
      } | {
        readonly kind: 'frozen';
      }>>;
      readonly depeg_percent: number;
      readonly tampered: readonly {
        readonly index: number;
        readonly tampered_at: string;
      }[];
    };
  };
  'POST /v1/sandbox/mend': {
    readonly path: Readonly<Record<string, never>>;
    readonly query: Readonly<Record<string, never>>;
    readonly body: undefined;
    readonly answer: {
      readonly sandbox: Readonly<Record<string, unknown>> | null;
      readonly providers: Readonly<Record<string, {
        readonly kind: 'none';
      } | {
        readonly kind: 'dead';
      } | {
        readonly kind: 'hang';
      } | {
        readonly kind: 'slow';
        readonly ms: number;
      } | {
        readonly kind: 'status';
        readonly status: number;
        readonly body?: string | undefined;
      } | {
        readonly kind: 'html';
      } | {
        readonly kind: 'empty-object';
      } | {
        readonly kind: 'zero';
      } | {
        readonly kind: 'huge';
      } | {
        readonly kind: 'string-with-commas';
      } | {
        readonly kind: 'error-under-200';
      } | {
        readonly kind: 'rate-limited';
        readonly retryAfterSeconds: number;
      } | {
        readonly kind: 'lying';
        readonly factorPercent: number;
      } | {
        readonly kind: 'inverted';
      } | {
        readonly kind: 'frozen';
      }>>;
      readonly depeg_percent: number;
      readonly tampered: readonly {
        readonly index: number;
        readonly tampered_at: string;
      }[];
    };
  };
  'POST /v1/sandbox/outages': {
    readonly path: Readonly<Record<string, never>>;
    readonly query: Readonly<Record<string, never>>;
    readonly body: {
      readonly source: 'treasury_wallets' | 'bank_accounts' | 'merchant_balances' | 'ledger_entries';
    };
    readonly answer: {
      readonly sandbox: Readonly<Record<string, unknown>> | null;
      readonly providers: Readonly<Record<string, {
        readonly kind: 'none';
      } | {
        readonly kind: 'dead';
      } | {
        readonly kind: 'hang';
      } | {
        readonly kind: 'slow';
        readonly ms: number;
      } | {
        readonly kind: 'status';
        readonly status: number;
        readonly body?: string | undefined;
      } | {
        readonly kind: 'html';
      } | {
        readonly kind: 'empty-object';
      } | {
        readonly kind: 'zero';
      } | {
        readonly kind: 'huge';
      } | {
        readonly kind: 'string-with-commas';
      } | {
        readonly kind: 'error-under-200';
      } | {
        readonly kind: 'rate-limited';
        readonly retryAfterSeconds: number;
      } | {
        readonly kind: 'lying';
        readonly factorPercent: number;
      } | {
        readonly kind: 'inverted';
      } | {
        readonly kind: 'frozen';
      }>>;
      readonly depeg_percent: number;
      readonly tampered: readonly {
        readonly index: number;
        readonly tampered_at: string;
      }[];
    };
  };
  'POST /v1/sandbox/tampering': {
    readonly path: Readonly<Record<string, never>>;
    readonly query: Readonly<Record<string, never>>;
    readonly body: Readonly<Record<string, unknown>>;
    readonly answer: {
      readonly sandbox: Readonly<Record<string, unknown>> | null;
      readonly providers: Readonly<Record<string, {
        readonly kind: 'none';
      } | {
        readonly kind: 'dead';
      } | {
        readonly kind: 'hang';
      } | {
        readonly kind: 'slow';
        readonly ms: number;
      } | {
        readonly kind: 'status';
        readonly status: number;
        readonly body?: string | undefined;
      } | {
        readonly kind: 'html';
      } | {
        readonly kind: 'empty-object';
      } | {
        readonly kind: 'zero';
      } | {
        readonly kind: 'huge';
      } | {
        readonly kind: 'string-with-commas';
      } | {
        readonly kind: 'error-under-200';
      } | {
        readonly kind: 'rate-limited';
        readonly retryAfterSeconds: number;
      } | {
        readonly kind: 'lying';
        readonly factorPercent: number;
      } | {
        readonly kind: 'inverted';
      } | {
        readonly kind: 'frozen';
      }>>;
      readonly depeg_percent: number;
      readonly tampered: readonly {
        readonly index: number;
        readonly tampered_at: string;
      }[];
    };
  };
  'POST /v1/sandbox/thefts': {
    readonly path: Readonly<Record<string, never>>;
    readonly query: Readonly<Record<string, never>>;
    readonly body: {
      readonly from: 'bank';
      readonly account?: 'vnd_pool' | 'operating' | undefined;
      readonly amount: string;
    } | {
      readonly from: 'wallet';
      readonly blockchain: 'tron' | 'ethereum' | 'bsc';
      readonly amount: string;
    };
    readonly answer: {
      readonly sandbox: Readonly<Record<string, unknown>> | null;
      readonly providers: Readonly<Record<string, {
        readonly kind: 'none';
      } | {
        readonly kind: 'dead';
      } | {
        readonly kind: 'hang';
      } | {
        readonly kind: 'slow';
        readonly ms: number;
      } | {
        readonly kind: 'status';
        readonly status: number;
        readonly body?: string | undefined;
      } | {
        readonly kind: 'html';
      } | {
        readonly kind: 'empty-object';
      } | {
        readonly kind: 'zero';
      } | {
        readonly kind: 'huge';
      } | {
        readonly kind: 'string-with-commas';
      } | {
        readonly kind: 'error-under-200';
      } | {
        readonly kind: 'rate-limited';
        readonly retryAfterSeconds: number;
      } | {
        readonly kind: 'lying';
        readonly factorPercent: number;
      } | {
        readonly kind: 'inverted';
      } | {
        readonly kind: 'frozen';
      }>>;
      readonly depeg_percent: number;
      readonly tampered: readonly {
        readonly index: number;
        readonly tampered_at: string;
      }[];
    };
  };
  'POST /v1/statement-matchings': {
    readonly path: Readonly<Record<string, never>>;
    readonly query: Readonly<Record<string, never>>;
    readonly body: {
      readonly account: string;
      readonly from: string;
      readonly to: string;
      readonly policy: Readonly<Record<string, unknown>>;
      readonly statement: readonly {
        readonly id: string;
        readonly booked_on: string;
        readonly amount: string;
        readonly currency: string;
        readonly reference?: string | undefined;
        readonly counterparty?: string | undefined;
        readonly batch?: string | undefined;
      }[];
      readonly ledger?: readonly {
        readonly id: string;
        readonly booked_on: string;
        readonly amount: string;
        readonly currency: string;
        readonly reference?: string | undefined;
        readonly counterparty?: string | undefined;
        readonly batch?: string | undefined;
      }[] | undefined;
    };
    readonly answer: {
      readonly id: string;
      readonly account: string;
      readonly from: string;
      readonly to: string;
      readonly attempt: number;
      readonly supersedes: string | null;
      readonly started_by: string;
      readonly policy: {
        readonly name: string;
        readonly version: number;
        readonly hash: string;
      };
      readonly engine: number;
      readonly status: 'complete' | 'open';
      readonly matches: number;
      readonly totals: readonly {
        readonly currency: string;
        readonly external: {
          readonly all: {
            readonly lines: number;
            readonly sum: string;
          };
          readonly matched: {
            readonly lines: number;
            readonly sum: string;
          };
          readonly ambiguous: {
            readonly lines: number;
            readonly sum: string;
          };
          readonly unmatched: {
            readonly lines: number;
            readonly sum: string;
          };
        };
        readonly ledger: {
          readonly all: {
            readonly lines: number;
            readonly sum: string;
          };
          readonly matched: {
            readonly lines: number;
            readonly sum: string;
          };
          readonly ambiguous: {
            readonly lines: number;
            readonly sum: string;
          };
          readonly unmatched: {
            readonly lines: number;
            readonly sum: string;
          };
        };
        readonly difference: string;
      }[];
      readonly external_hash: string;
      readonly ledger_hash: string;
      readonly result_hash: string;
      readonly created_at: string;
    };
  };
}
