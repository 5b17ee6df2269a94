/** Types, lint and house rules, all at once: none of them uses every processor from its first moment to its last. */
import { spawn } from 'node:child_process';

const CHECKS = ['typecheck', 'lint:code', 'lint:house', 'lint:unused'];

/** What it says is shown when it has ended, so that two of them do not mix. @returns the exit code */
function check(name: string): Promise<number> {
  const child = spawn('npm', ['run', '--silent', name], { stdio: ['ignore', 'pipe', 'pipe'] });
  const said: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => said.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => said.push(chunk));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      process.stdout.write(`${name}: ${code === 0 ? 'passed' : 'FAILED'}\n${Buffer.concat(said).toString()}`);
      resolve(code ?? 1);
    });
  });
}

const codes = await Promise.all(CHECKS.map(check));
process.exitCode = Math.max(...codes);
