/** Telling a running process from a later one that was given the same number. */
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

/** This process, for whoever reads later what it did: `host:pid`. */
export const processName = (): string => `${hostname()}:${process.pid}`;

/**
 * Boot and start time of the process, on Linux; undefined elsewhere or when it is gone.
 * https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html (field 22, clock ticks since boot)
 */
export function processIdentity(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the program's name in brackets and may hold spaces and brackets itself.
    const afterName = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state, startTime] = [afterName[0], afterName[19]];
    if (startTime === undefined || state === 'Z' || state === 'X') return undefined; // dead, not yet collected
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}:${startTime}`;
  } catch {
    return undefined; // no such process, or a system without /proc
  }
}

/** Whether the process that had this number and, where known, this identity still runs on this machine. */
export function isRunning(pid: number, identity: string | null): boolean {
  const now = processIdentity(pid);
  if (now !== undefined && identity !== null) return now === identity;
  if (identity !== null && processIdentity(process.pid) !== undefined) return false; // /proc works and knows no such pid
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'; // it runs, as somebody else
  }
}
