/** Acting: a dialog that says what will happen, sends it once however often it is pressed, and keeps what was typed. */
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { useLocale } from '../locale.ts';
import { asProblem, type Problem } from '../problem.ts';
import { Failure } from './part.tsx';

export interface Act {
  /** The same act is sent under the same key, so that a second try is no second act. */
  run(send: (key: string) => Promise<unknown>, what: unknown): Promise<boolean>;
  readonly busy: boolean;
  readonly problem: Problem | undefined;
}

export function useAct(): Act {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const tried = useRef<{ readonly what: string; readonly key: string } | undefined>(undefined);
  return {
    busy,
    problem,
    async run(send, what) {
      const said = JSON.stringify(what);
      const key = tried.current?.what === said ? tried.current.key : crypto.randomUUID();
      tried.current = { what: said, key };
      setBusy(true);
      setProblem(undefined);
      try {
        await send(key);
        tried.current = undefined;
        return true;
      } catch (error) {
        setProblem(asProblem(error));
        return false;
      } finally {
        setBusy(false);
      }
    },
  };
}

export interface ActDialogProps {
  readonly title: string;
  /** What pressing the button does, in a sentence. */
  readonly about?: ComponentChildren;
  readonly submit: string;
  readonly danger?: boolean;
  readonly act: Act;
  readonly onSubmit: () => void;
  readonly onClose: () => void;
  readonly children?: ComponentChildren;
}

export function ActDialog({ title, about, submit, danger = false, act, onSubmit, onClose, children }: ActDialogProps) {
  const { words } = useLocale();
  const id = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} aria-labelledby={id} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (!act.busy) onSubmit();
        }}
      >
        <h2 id={id}>{title}</h2>
        {about !== undefined && <p>{about}</p>}
        {children}
        {act.problem !== undefined && <Failure problem={act.problem} />}
        <div class="buttons">
          <button type="button" class="quiet" onClick={() => dialog.current?.close()}>
            {words.common.cancel}
          </button>
          <button type="submit" class={danger ? 'danger' : 'primary'} disabled={act.busy}>
            {act.busy ? words.common.sending : submit}
          </button>
        </div>
      </form>
    </dialog>
  );
}
