/** What can be wrong with a bundle. */
export interface BundleFault {
  readonly code:
    | 'malformed' // it is no bundle
    | 'book' // a book is not the one that its hash names, or is not there
    | 'rules' // another version of the program made the report
    | 'inputs' // what was read, or at which rate, is not what the header names
    | 'report' // the report is not what the header names, or not what its inputs give
    | 'row' // the same of the columns
    | 'attempts' // the same of the attempts before
    | 'chain' // a header does not follow the one before it
    | 'order' // reports do not stand by their dates
    | 'missing' // a business date has no report
    | 'double' // a business date has two
    | 'superseded' // a later report has taken its place
    | 'key' // another key has signed
    | 'signature'; // what was signed is something else
  /** Business date, where it is the fault of one. */
  readonly date: string | null;
  readonly message: string;
}
