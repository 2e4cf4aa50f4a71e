/**
 * Timers of more than ten minutes keep no process alive. Imported before mtcute, which leaves the one for its next
 * salt, half an hour later, behind when it is destroyed. Never: a change to timers that tests set.
 */
const TEN_MINUTES = 600_000;
const { setTimeout: original } = globalThis;

globalThis.setTimeout = ((job: () => void, ms?: number, ...rest: []) => {
  const timer = original(job, ms, ...rest);
  if ((ms ?? 0) > TEN_MINUTES) timer.unref();
  return timer;
}) as typeof setTimeout;
