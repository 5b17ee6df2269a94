/** What a part of a page shows while it loads, when it could not, and when there is nothing. */
import type { ComponentChildren } from 'preact';
import { isForbidden } from '../api.ts';
import type { Loaded } from '../load.ts';
import { useLocale } from '../locale.ts';
import { isStepUp, type Problem } from '../problem.ts';
import { goesToSignIn, loginPath } from '../session.ts';
import { Age } from './figure.tsx';
import { Icon } from './icon.tsx';

export interface PartProps<T> {
  readonly load: Loaded<T>;
  readonly children: (data: T) => ComponentChildren;
}

export function Part<T>({ load, children }: PartProps<T>) {
  const { words } = useLocale();
  const { data, problem, at, again } = load;
  if (data === undefined) {
    if (problem !== undefined) return <Failure problem={problem} again={again} />;
    return (
      <p class="loading" role="status">
        {words.common.loading}
      </p>
    );
  }
  return (
    <>
      {problem !== undefined && at !== undefined && (
        <p class="notice warn" role="status">
          <Icon name="warn" />
          <span>
            {words.common.old} <Age at={at} />. {sayProblem(problem, words)}
          </span>
        </p>
      )}
      {children(data)}
    </>
  );
}

type Words = ReturnType<typeof useLocale>['words'];

/** In the reader's words where the code is one that everybody meets; else as the service says it. */
function sayProblem(problem: Problem, words: Words): string {
  if (problem.code === 'unreachable') return words.problem.unreachable;
  if (isStepUp(problem)) return words.problem.stepUp;
  if (problem.status === 401) return words.problem.signedOut;
  if (isForbidden(problem)) return `${words.problem.forbidden} ${problem.message}`;
  return words.problem.codes[problem.code] ?? problem.message;
}

export interface FailureProps {
  readonly problem: Problem;
  readonly again?: () => void;
}

export function Failure({ problem, again }: FailureProps) {
  const { words } = useLocale();
  return (
    <div class="notice bad" role="alert">
      <Icon name="bad" />
      <div>
        <p>{sayProblem(problem, words)}</p>
        {words.problem.codes[problem.code] !== undefined && problem.faults.length === 0 && (
          <p class="small" lang="en">
            {problem.message}
          </p>
        )}
        {problem.faults.length > 0 && (
          <ul>
            {problem.faults.map(({ pointer, detail }) => (
              <li key={pointer}>
                <code>{pointer}</code> {detail}
              </li>
            ))}
          </ul>
        )}
        <p class="small">
          <code>{problem.code}</code>
          {problem.requestId !== undefined && (
            <>
              {' · '}
              {words.problem.requestId} <code>{problem.requestId}</code>
            </>
          )}
        </p>
        {isStepUp(problem) && (
          <p>
            <a href={loginPath(true)} onClick={goesToSignIn} target="_blank" rel="noreferrer">
              {words.session.stepUp}
            </a>
          </p>
        )}
        {again !== undefined && (
          <button type="button" class="quiet" onClick={again}>
            {words.common.again}
          </button>
        )}
      </div>
    </div>
  );
}

/** Nothing is there, and what would make it otherwise. */
export const Empty = ({ children }: { readonly children: ComponentChildren }) => <p class="empty">{children}</p>;
