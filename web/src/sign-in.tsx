/** Signing in: before the first page, and over a page whose session has ended, which keeps what was typed. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { useLocale } from './locale.ts';
import { offers } from './offers.ts';
import { href } from './router.ts';
import { enterWith, goesToSignIn, isKey, loginPath, resume } from './session.ts';
import { Languages } from './shell.tsx';
import { TextField } from './ui/field.tsx';

/** @param again why the session ended */
export function SignIn({ again }: { readonly again?: string }) {
  const { words } = useLocale();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  if (again === undefined) {
    return (
      <main class="gate">
        <h1>{words.session.title}</h1>
        <p class="soft">{words.session.about}</p>
        <Form />
        <p class="small">
          {words.session.local} <code>npx plumbline console</code>
        </p>
        <p class="small">
          <a href={href(['proof'])}>{words.session.merchant}</a> · <a href="/docs">{words.session.docs}</a>
        </p>
        <div>
          <Languages />
        </div>
      </main>
    );
  }
  return (
    <dialog ref={dialog} aria-labelledby="again" onCancel={(event) => event.preventDefault()}>
      <div class="form">
        <h2 id="again">{words.session.again}</h2>
        <p>{again}</p>
        <p>{words.session.kept}</p>
        <Form again />
      </div>
    </dialog>
  );
}

function Form({ again = false }: { readonly again?: boolean }) {
  const { words } = useLocale();
  const [key, setKey] = useState('');
  const [isWrong, setIsWrong] = useState(false);
  const [hasLogin, setHasLogin] = useState(false);
  useEffect(() => {
    void offers('GET /v1/session/login').then(setHasLogin, () => setHasLogin(false));
  }, []);
  return (
    <div class="form">
      {hasLogin && (
        <>
          {/* Beside the page that keeps what was typed, where there is one. */}
          <a
            class="button"
            href={loginPath(false)}
            onClick={goesToSignIn}
            {...(again ? { target: '_blank', rel: 'noreferrer' } : {})}
          >
            {words.session.login}
          </a>
          {again && (
            <button type="button" class="quiet" onClick={() => void resume().catch(() => undefined)}>
              {words.session.returned}
            </button>
          )}
        </>
      )}
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          const typed = key.trim();
          if (isKey(typed)) enterWith(typed);
          else setIsWrong(true);
        }}
      >
        <TextField
          label={words.session.keyLabel}
          hint={words.session.keyHint}
          fault={isWrong ? words.session.keyWrong : undefined}
          type="password"
          value={key}
          onText={setKey}
          required
        />
        <button type="submit" class="primary">
          {words.session.enter}
        </button>
      </form>
    </div>
  );
}
