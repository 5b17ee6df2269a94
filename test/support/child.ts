/** Child processes of the tests: each is ended by its own handle, never by name. */
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** stdout and stderr, interleaved. */
  readonly output: string;
}

export interface Child {
  readonly process: ChildProcess;
  /** What it has written so far. */
  output(): string;
  readonly exited: Promise<Exit>;
  /** Resolves when it has written `text`; rejects when it ends first. */
  said(text: string, timeoutMs?: number): Promise<void>;
}

export function start(command: string, args: readonly string[], options: SpawnOptions = {}): Child {
  const child = spawn(command, [...args], { stdio: ['ignore', 'pipe', 'pipe'], ...options });
  let output = '';
  const collect = (chunk: Buffer): void => {
    output += chunk.toString();
  };
  child.stdout?.on('data', collect);
  child.stderr?.on('data', collect);
  const exited = new Promise<Exit>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal, output }));
  });
  exited.catch(() => undefined); // whoever awaits it is told; nobody has to
  const said = async (text: string, timeoutMs = 20_000): Promise<void> => {
    const deadline = Date.now() + timeoutMs;
    while (!output.includes(text)) {
      if (child.exitCode !== null || child.signalCode !== null || Date.now() > deadline) {
        throw new Error(`${command} did not say "${text}"; it said:\n${output}`);
      }
      await delay(10);
    }
  };
  return { process: child, output: () => output, exited, said };
}

/** Runs to its end. @throws when the exit code is not 0 */
export async function run(command: string, args: readonly string[], options: SpawnOptions = {}): Promise<string> {
  const { code, signal, output } = await start(command, args, options).exited;
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code ?? signal}:\n${output}`);
  return output;
}

/** Asks it to end by `signal`, and kills it when it has not after ten seconds. */
export async function stop(child: Child, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  child.process.kill(signal);
  const kill = setTimeout(() => child.process.kill('SIGKILL'), 10_000);
  await child.exited.catch(() => undefined);
  clearTimeout(kill);
}

/**
 * Ends the child and removes the folder even when this process is killed and cannot: a shell waits for
 * the end of its standard input, which is ours. After a normal stop it finds nothing to do.
 */
export function endWithUs(child: Child, folder: string): void {
  const script = 'read -r _; kill -CONT "$1"; kill -INT "$1" && sleep 2; rm -rf "$2"';
  const args = ['-c', script, 'sh', String(child.process.pid), folder];
  const watcher = spawn('sh', args, { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  watcher.unref();
  const end = (): void => {
    watcher.kill('SIGKILL');
  };
  child.exited.then(end, end);
}
