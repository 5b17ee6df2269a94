/** Questions in SQL over files of JSON lines: read only, and nothing but those files can be reached. */
export interface QueryColumn {
  readonly name: string;
  /** As `format_type` of PostgreSQL writes it. */
  readonly type: string;
}

export interface QueryTable {
  /** Without a schema: `public` is where it stands unless told. */
  readonly schema: string;
  readonly name: string;
  readonly columns: readonly QueryColumn[];
  /** Compressed by zstd or gzip, as their names end; all in one folder. */
  readonly files: readonly string[];
  /** No line is longer. Bytes. */
  readonly longestLine: number;
}

export interface QueryAnswer {
  readonly columns: readonly string[];
  /** Texts as the engine writes the values, null where there is none: no digit is lost to a double. */
  readonly rows: readonly (readonly (string | null)[])[];
  /** There were more than were asked for. */
  readonly more: boolean;
}

export interface ColdQuery {
  /**
   * @param folder the only place that is read
   * @throws `archive.query_invalid` (invalid): no single SELECT, or one that the engine refuses;
   *   `archive.query_unavailable` (missing): the engine is not installed
   */
  ask(
    statement: string,
    given: { readonly folder: string; readonly tables: readonly QueryTable[]; readonly limit: number },
  ): Promise<QueryAnswer>;
}
