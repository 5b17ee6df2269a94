/** A file of the API: fetched with the key, which a plain link could not send, and then saved. */
import { useState } from 'preact/hooks';
import { file } from '../api.ts';
import { saveFile } from '../browser/save.ts';
import { useLocale } from '../locale.ts';
import { asProblem, type Problem } from '../problem.ts';
import { Icon } from './icon.tsx';
import { Failure } from './part.tsx';

export interface DownloadProps {
  readonly path: string;
  readonly name: string;
  readonly label: string;
}

export function Download({ path, name, label }: DownloadProps) {
  const { words } = useLocale();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const save = (): void => {
    setBusy(true);
    setProblem(undefined);
    file(path)
      .then(
        (content) => saveFile(name, content),
        (error) => setProblem(asProblem(error)),
      )
      .finally(() => setBusy(false));
  };
  return (
    <>
      <button type="button" class="quiet" onClick={save} disabled={busy}>
        <Icon name="save" />
        {busy ? words.common.loading : label}
      </button>
      {problem !== undefined && <Failure problem={problem} />}
    </>
  );
}
