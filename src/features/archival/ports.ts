/** What archival needs of others; main/archival.ts joins them. */

/** What the audit log says of an object whose rows were let go. */
export interface LoggedManifest {
  readonly objectKey: string;
  readonly batch: string;
  /** Hex. */
  readonly manifestSha256: string;
}

export interface ManifestLog {
  /** All of them, those included that were said and are not in the log yet. */
  manifests(): AsyncIterable<LoggedManifest>;
}
