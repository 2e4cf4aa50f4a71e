/**
 * Lifecycle: how a serving process ends (threats: The process).
 * In: what to drain. Out: exit codes: 0 after a drain, 129, 130 or 143 on a second signal, 70 after an internal error.
 * Never: goes on after an uncaught exception as if nothing had been.
 */
import type { Log } from '../telemetry/log.ts';
import { serveOn } from './guard.ts';
import { watch } from './watchdog.ts';

/** What a process serves. */
export interface Served {
  /** @param within ms that open requests may take; the default of the gateway if not given */
  drain(within?: number): Promise<void>;
}

/** After an internal error, how long open requests get to finish, ms. */
const FATAL_DRAIN = 1_000;
/** After a signal, how long the whole drain may take before the process exits anyway, ms; open requests get 10 s of it. */
const DRAIN_MOST = 30_000;
const INTERNAL = 70;
const HANGUP = 129;
const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;

/** Handles the process's signals and uncaught errors from now until its end. @returns `fail`: ends it as an uncaught error does */
export function live(
  served: Served,
  log: Log,
  atEnd: () => Promise<void> | void = () => undefined,
  /** Called as the first thing of a drain. */
  atStop: () => void = () => undefined,
): { readonly fail: (error: unknown) => void } {
  let isEnding = false;

  const end = async (code: number, within?: number): Promise<void> => {
    setTimeout(() => leave(log, INTERNAL), DRAIN_MOST).unref();
    atStop();
    await served.drain(within);
    await atEnd();
    leave(log, code);
  };

  const fail = (error: unknown): void => {
    log.write('failed', { reason: messageOf(error), stack: error instanceof Error ? (error.stack ?? '') : '' });
    if (isEnding) leave(log, INTERNAL);
    isEnding = true;
    setTimeout(() => leave(log, INTERNAL), FATAL_DRAIN * 5).unref();
    end(INTERNAL, FATAL_DRAIN).catch(() => leave(log, INTERNAL));
  };

  const stop = (signal: string, code: number): void => {
    if (isEnding) leave(log, code);
    isEnding = true;
    log.write('stopping', { signal });
    end(0).catch(fail);
  };
  for (const [signal, code] of Object.entries(SIGNALS)) process.on(signal, () => stop(signal, code));
  // Asked at the start: once the terminal is gone nothing tells that there was one.
  const hasTerminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;
  process.on('SIGHUP', () => {
    if (hasTerminal) stop('SIGHUP', HANGUP);
    else
      log.write('ignored', { signal: 'SIGHUP', reason: 'options are read at the start only: restart to change them' });
  });
  // Log rotation sends SIGUSR2, which ends a process without a handler for it.
  process.on('SIGUSR2', () =>
    log.write('ignored', { signal: 'SIGUSR2', reason: 'the log goes to stderr: no file is to be opened again' }),
  );
  shield();
  watch();
  process.on('uncaughtException', fail);
  process.on('unhandledRejection', fail);
  return { fail };
}

/** Outputs that are closed or full end nothing. */
function shield(): void {
  serveOn();
  process.on('SIGPIPE', () => undefined);
}

function leave(log: Log, code: number): never {
  log.flush();
  process.exit(code);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
