/**
 * Service notify: tells systemd how the service is (sd_notify): ready, still turning, stopping.
 * In: what systemd put into the environment. Out: messages, each by a `systemd-notify` of its own, because Node opens no
 * Unix datagram sockets; the unit takes them with `NotifyAccess=all`. Never: ends or delays the gateway if that fails.
 */
import { spawn } from 'node:child_process';
import type { Log } from '../telemetry/log.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** What systemd is told. */
export interface Notify {
  /** The gateway listens. Starts the reports to systemd's watchdog. */
  ready(): void;
  /** The gateway takes no new connections. */
  stopping(): void;
}

const SILENT: Notify = { ready: () => undefined, stopping: () => undefined };

/**
 * The means to tell systemd; does nothing if the environment names no socket.
 * @param environment `NOTIFY_SOCKET`, and `WATCHDOG_USEC` with `WATCHDOG_PID` if there is a watchdog
 * @param command what is run with the message's words
 */
export function notifyOf(environment: Environment, log: Log, command = 'systemd-notify'): Notify {
  if (!environment['NOTIFY_SOCKET']) return SILENT;
  let isRunning = false;
  let hasFailed = false;
  const failed = (reason: string): void => {
    isRunning = false;
    if (!hasFailed) log.write('notify failed', { reason: `systemd is not told how the service is: ${reason}` });
    hasFailed = true;
  };
  const tell = (...words: string[]): void => {
    isRunning = true;
    const child = spawn(command, words, { stdio: 'ignore' });
    child.unref();
    child.once('error', ({ message }) => failed(message));
    child.once('exit', (code) => (code === 0 ? (isRunning = false) : failed(`${command} ended with ${code}`)));
  };
  const every = watchdogEvery(environment, process.pid);
  return {
    ready() {
      tell('READY=1', `STATUS=pid ${process.pid} listens`);
      if (every !== undefined) setInterval(() => isRunning || tell('WATCHDOG=1'), every).unref();
    },
    stopping: () => tell('STOPPING=1'),
  };
}

/**
 * How often to report to systemd's watchdog, ms: twice in its interval, as sd_watchdog_enabled(3) advises.
 * @param pid of this process: a watchdog that is another's is passed over
 * @returns undefined if there is none
 */
export function watchdogEvery(environment: Environment, pid: number): number | undefined {
  const { WATCHDOG_USEC: time = '', WATCHDOG_PID: whose } = environment;
  if (!/^[1-9]\d{0,14}$/.test(time) || (whose !== undefined && whose !== String(pid))) return undefined;
  return Math.max(1, Math.floor(Number(time) / 2_000));
}
